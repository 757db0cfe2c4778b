/** Runs the transform over a block's lines that are not plain: judged ones go to the lane's table, refused ones come back with their reasons. */
import { SluiceError } from '../../contract/errors';
import type { LandingHour } from '../../contract/landing-hour';
import type { Reason } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import type { Suppression } from '../engine';
import { judgeSql } from '../judge-sql';
import type { Block } from './lines/block';
import type { Buckets } from './buckets';
import { quoteNumbers } from './lines/json-scan';
import { fill, type Lane } from './lane';
import { MARK_BYTES, type PaymentMarks } from './lines/payment-marks';
import type { CurrencySum } from './lines/sent-lines';
import { prepareSuppression, takeErasedOut } from './suppressed-rows';

const LF = Buffer.from('\n');
const BACKSLASH = 0x5c;
const DEL = 0x7f;

export interface JudgedBlock {
  /** `n` among these lines, here and below */
  readonly refused: readonly { readonly n: number; readonly reasons: readonly Reason[] }[];
  readonly unknown: readonly { readonly name: string; readonly count: number; readonly n: number }[];
  /** empty where nobody asked for it */
  readonly sent: readonly CurrencySum[];
  /** lines of persons who are erased: neither good nor refused */
  readonly erased: number;
}

/** A statement's number and a line's number in what it reads make an id that no other line has. */
export interface RunNumbers {
  next(): number;
}
/** More than a statement reads, and few enough that an hour's statements times it are exact. */
const LINES_OF_A_RUN = 2 ** 32;

export function firstLineId(runs: RunNumbers): number {
  return runs.next() * LINES_OF_A_RUN;
}

export interface Judge {
  readonly landingHour: LandingHour;
  readonly runs: RunNumbers;
  /** of the good lines' payments */
  readonly marks: PaymentMarks;
  /** lanes that have their table */
  readonly prepared: WeakSet<Lane>;
  /** null: nobody was ever erased */
  readonly suppression: Suppression | null;
}

export async function judgeBlock(lane: Lane, judge: Judge, block: Block, doubtful: number, countSent: boolean): Promise<JudgedBlock> {
  if (!judge.prepared.has(lane)) {
    await lane.run(readSql('curate/judged-table.duckdb.sql'));
    if (judge.suppression !== null) await prepareSuppression(lane, judge.suppression);
    judge.prepared.add(lane);
  }
  return block.otherLines === block.refused.length ? NOTHING : judgeOthers({ lane, judge, doubtful, countSent }, block);
}

interface BlockRun {
  readonly lane: Lane;
  readonly judge: Judge;
  readonly doubtful: number;
  readonly countSent: boolean;
}

const NOTHING: JudgedBlock = { refused: [], unknown: [], sent: [], erased: 0 };

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
  const from = firstLineId(judge.runs);
  const judged = fill(readSql('curate/judged-lines.duckdb.sql'), { from, doubtful, judge: sql });
  await lane.run(fill(readSql('curate/insert-judged.duckdb.sql'), { judged }));
  if (checked !== null) await checkPlain(lane, from, checked);
  const sent = run.countSent ? await sentTotals(lane, from) : [];
  const erased = judge.suppression === null ? 0 : await takeErasedOut(lane, from);
  await markPayments(lane, judge.marks, from);
  const refused = await lane.rows(fill(readSql('curate/refused-lines.duckdb.sql'), { from }));
  const unknown = await lane.rows(readSql('curate/unknown-fields.duckdb.sql'));
  return {
    refused: refused.map(([n, reasons]) => ({ n: Number(n), reasons: (reasons as string).split(',') as Reason[] })),
    unknown: unknown.map(([name, count, n]) => ({ name: name as string, count: Number(count), n: Number(n) })),
    sent,
    erased,
  };
}

/** Of the lines judged since `from`. */
async function sentTotals(lane: Lane, from: number): Promise<readonly CurrencySum[]> {
  const rows = await lane.rows(fill(readSql('control/sent-totals.sql'), { from }));
  return rows.map(([currency, count, cents]) => ({ currency: currency as string, count: Number(count), cents: BigInt(cents as string) }));
}

/** Whether one of them comes on a plain line too is asked when all lines are read. */
async function markPayments(lane: Lane, marks: PaymentMarks, from: number): Promise<void> {
  const mark = Buffer.alloc(MARK_BYTES);
  for (const [id] of await lane.rows(fill(readSql('curate/payments-of-lines.duckdb.sql'), { from }))) {
    const bytes = Buffer.from(id as string);
    marks.put(bytes, 0, bytes.length, mark, 0);
  }
}

/** Of a plain line the rules must say what was made of it without them: a defect of ours would otherwise curate other rows than Spark does, and no proof would see it. */
async function checkPlain(lane: Lane, from: number, block: Block): Promise<void> {
  const checked = new Map(block.checked());
  if (checked.size === 0) return;
  const hashes = new Map((await lane.rows(fill(readSql('curate/hashes-of-lines.duckdb.sql'), { from, lines: [...checked.keys()].join(', ') }))).map(([n, hash]) => [Number(n), hash]));
  for (const [n, hash] of checked) {
    if (hashes.get(n) === hash) continue;
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

/** Splits the lane's good lines by payment, which one of them gets. */
export async function flushGoodLines(lane: Lane, byPayment: Buckets): Promise<void> {
  await byPayment.add(lane, fill(readSql('curate/good-lines.duckdb.sql'), { canonical: readSql('curate/canonical.sql') }));
  await lane.run(readSql('curate/forget-judged.duckdb.sql'));
}
