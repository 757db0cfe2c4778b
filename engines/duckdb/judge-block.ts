/** Runs the transform over one block: judged lines go to the lane's table, refused ones come back with their reasons. */
import { SluiceError } from '../../contract/errors';
import type { LandingHour } from '../../contract/landing-hour';
import { hash60 } from '../../contract/md5';
import type { Reason } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import { judgeSql } from '../judge-sql';
import type { Block } from './block';
import type { Buckets } from './buckets';
import { quoteNumbers } from './json-scan';
import { fill, type Lane } from './lane';
import { sentTotals, type CurrencySum } from './sent-lines';
import type { Suppressed } from './suppressed';

const LF = Buffer.from('\n');
const BACKSLASH = 0x5c;
const DEL = 0x7f;

export interface JudgedBlock {
  /** `n` among the block's lines that are not plain, here and below */
  readonly refused: readonly { readonly n: number; readonly reasons: readonly Reason[] }[];
  readonly unknown: readonly { readonly name: string; readonly count: number; readonly n: number }[];
  /** empty where nobody asked for it */
  readonly sent: readonly CurrencySum[];
  /** lines of persons who are erased: neither good nor refused */
  readonly erased: number;
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
  if (!judge.prepared.has(lane)) {
    await lane.run(readSql('curate/judged-table.duckdb.sql'));
    await judge.suppressed?.prepare(lane);
    judge.prepared.add(lane);
  }
  const run = { lane, judge, doubtful, countSent };
  const plain = block.plain.lines === 0 ? NOTHING : await takePlain(run, block);
  const others = block.otherLines === block.refused.length ? NOTHING : await judgeOthers(run, block);
  return { refused: others.refused, unknown: others.unknown, sent: [...plain.sent, ...others.sent], erased: plain.erased + others.erased };
}

interface BlockRun {
  readonly lane: Lane;
  readonly judge: Judge;
  readonly doubtful: number;
  readonly countSent: boolean;
}

const NOTHING: JudgedBlock = { refused: [], unknown: [], sent: [], erased: 0 };

async function takePlain(run: BlockRun, block: Block): Promise<Pick<JudgedBlock, 'sent' | 'erased'>> {
  const from = run.judge.runs.next() * LINES_OF_A_RUN;
  const judged = fill(readSql('curate/plain-lines.duckdb.sql'), { from, doubtful: run.doubtful, status_rank: readSql('curate/status-rank.sql') });
  await run.lane.runWithBytes(fill(readSql('curate/insert-judged.duckdb.sql'), { judged }), block.plain.written());
  return sentAndErased(run, from);
}

async function judgeOthers(run: BlockRun, block: Block): Promise<JudgedBlock> {
  const { lane } = run;
  const sql = judgeSql(run.judge.landingHour, mayHoldControls(block.toParse()));
  await lane.runWithBytes(readSql('curate/lines.duckdb.sql'), block.toParse());
  const again = (await lane.rows(readSql('curate/read-again.duckdb.sql'))).map(([n]) => Number(n));
  if (again.length > 0) await lane.run(readSql('curate/forget-read-again.duckdb.sql'));
  const first = await judgeLines(run, sql, block);
  if (again.length === 0) return first;
  // The parser gave back `1.5` for a bare 1.50: these few lines are read once more with their numbers in quotes.
  const lines = again.map((n) => Buffer.from(quoteNumbers(block.place(n).raw.toString('latin1')), 'latin1'));
  await lane.runWithBytes(readSql('curate/lines.duckdb.sql'), Buffer.concat(lines.flatMap((line) => [line, LF])));
  const second = await judgeLines(run, sql, null);
  return {
    refused: [...first.refused, ...second.refused.map((line) => ({ ...line, n: again[line.n - 1]! }))],
    unknown: [...first.unknown, ...second.unknown.map((field) => ({ ...field, n: again[field.n - 1]! }))],
    sent: [...first.sent, ...second.sent],
    erased: first.erased + second.erased,
  };
}

/** `checked`: the block whose lines these are, where some of them are plain. */
async function judgeLines(run: BlockRun, sql: string, checked: Block | null): Promise<JudgedBlock> {
  const { lane, judge, doubtful } = run;
  const from = judge.runs.next() * LINES_OF_A_RUN;
  const judged = fill(readSql('curate/judged-lines.duckdb.sql'), { from, doubtful, judge: sql });
  await lane.run(fill(readSql('curate/insert-judged.duckdb.sql'), { judged }));
  if (checked !== null) await checkPlain(lane, from, checked);
  const { sent, erased } = await sentAndErased(run, from);
  const refused = await lane.rows(fill(readSql('curate/refused-lines.duckdb.sql'), { from }));
  const unknown = await lane.rows(readSql('curate/unknown-fields.duckdb.sql'));
  return {
    refused: refused.map(([n, reasons]) => ({ n: Number(n), reasons: (reasons as string).split(',') as Reason[] })),
    unknown: unknown.map(([name, count, n]) => ({ name: name as string, count: Number(count), n: Number(n) })),
    sent,
    erased,
  };
}

async function sentAndErased({ lane, judge, countSent }: BlockRun, from: number): Promise<Pick<JudgedBlock, 'sent' | 'erased'>> {
  return { sent: countSent ? await sentTotals(lane, from) : [], erased: await judge.suppressed?.takeOut(lane, from) ?? 0 };
}

/** Of a plain line the rules must say what was made of it without them: a defect of ours would otherwise curate other rows than Spark does, and no proof would see it. */
async function checkPlain(lane: Lane, from: number, block: Block): Promise<void> {
  const checked = new Map(block.checked());
  if (checked.size === 0) return;
  const hashes = new Map((await lane.rows(fill(readSql('curate/hashes-of-lines.duckdb.sql'), { from, lines: [...checked.keys()].join(', ') }))).map(([n, hash]) => [Number(n), hash]));
  for (const [n, canonical] of checked) {
    if (hashes.get(n) === hash60(canonical)) continue;
    const { object, lineNumber } = block.place(n);
    throw new SluiceError({
      kind: 'data',
      what: 'a line was read in two ways that do not agree',
      on: `${object.key}:${lineNumber}`,
      fix: 'Nothing was committed. This is a defect of Sluice: report the line’s shape, and run the hour with SLUICE_ENGINE=spark-local until it is mended',
      fields: { object: object.key, lineNumber },
    });
  }
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
