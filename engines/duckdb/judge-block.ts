/** Runs the transform over one block: good lines go to the lane's table, refused ones come back with their reasons. */
import { CURRENCIES } from '../../contract/currencies';
import { hourEnd, type LandingHour } from '../../contract/landing-hour';
import type { Reason } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import type { Block } from './block';
import { quoteNumbers } from './json-scan';
import { fill, type Lane } from './lane';

const DAY_MS = 86_400_000;
const LF = Buffer.from('\n');

export interface JudgedBlock {
  readonly refused: readonly { readonly n: number; readonly reasons: readonly Reason[] }[];
  readonly unknown: readonly { readonly name: string; readonly count: number; readonly n: number }[];
  readonly good: number;
}

export function judgeSql(landingHour: LandingHour): string {
  return fill(readSql('curate/judge.sql'), {
    currencies: CURRENCIES.join('|'),
    latest_created_at: BigInt(hourEnd(landingHour).getTime() + DAY_MS) * 1000n,
  });
}

export async function judgeBlock(lane: Lane, judge: string, block: Block, doubtful: number): Promise<JudgedBlock> {
  await lane.runWithBytes(readSql('curate/lines.duckdb.sql'), block.bytes());
  const again = (await lane.rows('select n from lines where read_again order by n')).map(([n]) => Number(n));
  if (again.length > 0) await lane.run('delete from lines where read_again');
  const first = await judgeLines(lane, judge, doubtful);
  if (again.length === 0) return first;
  // The parser gave back `1.5` for a bare 1.50: these few lines are read once more with their numbers in quotes.
  const lines = again.map((n) => Buffer.from(quoteNumbers(block.place(n).raw.toString('latin1')), 'latin1'));
  await lane.runWithBytes(readSql('curate/lines.duckdb.sql'), Buffer.concat(lines.flatMap((line) => [line, LF])));
  const second = await judgeLines(lane, judge, doubtful);
  return {
    refused: [...first.refused, ...second.refused.map((line) => ({ ...line, n: again[line.n - 1]! }))],
    unknown: [...first.unknown, ...second.unknown.map((field) => ({ ...field, n: again[field.n - 1]! }))],
    good: first.good + second.good,
  };
}

async function judgeLines(lane: Lane, judge: string, doubtful: number): Promise<JudgedBlock> {
  await lane.run(`create or replace temp table judged as ${judge}`);
  await lane.run(`
    create temp table if not exists good_lines as select * exclude (n, reasons), 0 as doubtful from judged limit 0;
    insert into good_lines select * exclude (n, reasons), ${doubtful} as doubtful from judged where reasons = ''`);
  const refused = await lane.rows("select n, reasons from judged where reasons <> '' order by n");
  const unknown = await lane.rows(readSql('curate/unknown-fields.duckdb.sql'));
  const good = await lane.number("select count(*) from judged where reasons = ''");
  return {
    refused: refused.map(([n, reasons]) => ({ n: Number(n), reasons: (reasons as string).split(',') as Reason[] })),
    unknown: unknown.map(([name, count, n]) => ({ name: name as string, count: Number(count), n: Number(n) })),
    good,
  };
}
