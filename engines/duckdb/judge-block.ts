/** Runs the transform over one block: judged lines go to the lane's table, refused ones come back with their reasons. */
import { CURRENCIES } from '../../contract/currencies';
import { hourEnd, type LandingHour } from '../../contract/landing-hour';
import type { Reason } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import type { Block } from './block';
import type { Buckets } from './buckets';
import { quoteNumbers } from './json-scan';
import { fill, type Lane } from './lane';
import { sentTotals, type CurrencySum } from './sent-lines';
import type { Suppressed } from './suppressed';

const DAY_MS = 86_400_000;
const LF = Buffer.from('\n');
const BACKSLASH = 0x5c;
const DEL = 0x7f;

export interface JudgedBlock {
  readonly refused: readonly { readonly n: number; readonly reasons: readonly Reason[] }[];
  readonly unknown: readonly { readonly name: string; readonly count: number; readonly n: number }[];
  /** empty where nobody asked for it */
  readonly sent: readonly CurrencySum[];
  /** lines of persons who are erased: neither good nor refused */
  readonly erased: readonly number[];
}

function judgeSql(landingHour: LandingHour, mayHoldControls: boolean): string {
  return fill(readSql('curate/judge.sql'), {
    currencies: CURRENCIES.join('|'),
    row_hash: readSql('curate/row-hash.sql'),
    latest_created_at: BigInt(hourEnd(landingHour).getTime() + DAY_MS) * 1000n,
    may_hold_controls: String(mayHoldControls),
  });
}

/** Numbers of a run of the transform: a line's number in its run and the run's make an id that no other line has. */
export interface RunNumbers {
  next(): number;
}
/** More than a block has lines. */
const LINES_OF_A_RUN = 1 << 24;

export interface Judge {
  readonly landingHour: LandingHour;
  readonly runs: RunNumbers;
  /** lanes that have their table */
  readonly prepared: WeakSet<Lane>;
  /** null: nobody was ever erased */
  readonly suppressed: Suppressed | null;
}

export async function judgeBlock(lane: Lane, judge: Judge, block: Block, doubtful: number, countSent: boolean): Promise<JudgedBlock> {
  const sql = judgeSql(judge.landingHour, mayHoldControls(block.bytes()));
  await lane.runWithBytes(readSql('curate/lines.duckdb.sql'), block.bytes());
  const again = (await lane.rows(readSql('curate/read-again.duckdb.sql'))).map(([n]) => Number(n));
  if (again.length > 0) await lane.run(readSql('curate/forget-read-again.duckdb.sql'));
  const first = await judgeLines(lane, judge, sql, doubtful, countSent);
  if (again.length === 0) return first;
  // The parser gave back `1.5` for a bare 1.50: these few lines are read once more with their numbers in quotes.
  const lines = again.map((n) => Buffer.from(quoteNumbers(block.place(n).raw.toString('latin1')), 'latin1'));
  await lane.runWithBytes(readSql('curate/lines.duckdb.sql'), Buffer.concat(lines.flatMap((line) => [line, LF])));
  const second = await judgeLines(lane, judge, sql, doubtful, countSent);
  return {
    refused: [...first.refused, ...second.refused.map((line) => ({ ...line, n: again[line.n - 1]! }))],
    unknown: [...first.unknown, ...second.unknown.map((field) => ({ ...field, n: again[field.n - 1]! }))],
    sent: [...first.sent, ...second.sent],
    erased: [...first.erased, ...second.erased.map((n) => again[n - 1]!)],
  };
}

async function judgeLines(lane: Lane, judge: Judge, sql: string, doubtful: number, countSent: boolean): Promise<JudgedBlock> {
  const from = judge.runs.next() * LINES_OF_A_RUN;
  const judged = fill(readSql('curate/judged-lines.duckdb.sql'), { from, doubtful, judge: sql });
  const prepared = judge.prepared.has(lane);
  await lane.run(fill(readSql(prepared ? 'curate/insert-judged.duckdb.sql' : 'curate/create-judged.duckdb.sql'), { judged }));
  if (!prepared) await judge.suppressed?.prepare(lane);
  judge.prepared.add(lane);
  const sent = countSent ? await sentTotals(lane, from) : [];
  const erased = await judge.suppressed?.takeOut(lane, from) ?? [];
  const refused = await lane.rows(fill(readSql('curate/refused-lines.duckdb.sql'), { from }));
  const unknown = await lane.rows(readSql('curate/unknown-fields.duckdb.sql'));
  return {
    refused: refused.map(([n, reasons]) => ({ n: Number(n), reasons: (reasons as string).split(',') as Reason[] })),
    unknown: unknown.map(([name, count, n]) => ({ name: name as string, count: Number(count), n: Number(n) })),
    sent,
    erased,
  };
}

/** The guard lets none pass that stands there as it is, but for DEL; the others come by an escape. */
function mayHoldControls(lines: Buffer): boolean {
  return lines.includes(BACKSLASH) || lines.includes(DEL);
}

/** Splits the lane's good lines: whole ones by merchant, for the files, and by payment what decides which of them wins. */
export async function flushGoodLines(lane: Lane, byMerchant: Buckets, byPayment: Buckets): Promise<void> {
  await byMerchant.add(lane, readSql('curate/good-lines.duckdb.sql'), 'merchant_id');
  await byPayment.add(lane, readSql('curate/good-lines-order.duckdb.sql'), 'payment_id');
  await lane.run(readSql('curate/forget-judged.duckdb.sql'));
}
