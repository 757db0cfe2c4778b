/** Reads and judges an hour's lines: what is counted over them, the dead letters, and good ones on their way to their payments. */
import { join } from 'node:path';
import type { Reason } from '../../contract/payment';
import type { CurateJob } from '../engine';
import type { LinePlace } from './lines/block';
import { readBlocks, type ReadBlock } from './lines/blocks';
import type { Buckets } from './buckets';
import { deadLetterOf, deadLetterOfLongLine } from './dead-letter';
import { DeadLetterFiles } from './dead-letter-files';
import type { JobContext } from './job-context';
import { flushGoodLines, judgeBlock, type JudgedBlock, type RunNumbers } from './judge-block';
import type { Lane } from './lane';
import type { Lanes } from './lanes';
import type { LineReaders } from './lines/line-readers';
import type { PaymentMarks } from './lines/payment-marks';
import { Suppressed } from './lines/suppressed';
import { Tally } from './tally';

/** Judged lines that a lane keeps before it splits them into buckets. */
const FLUSH_LINES = 25_000;
/** More than an object has, and few enough that an hour's objects times it are exact. */
const LINES_OF_AN_OBJECT = 2 ** 36;
/** Of such lines SQL knows no user, or only the first of several. */
const UNREAD: readonly Reason[] = ['malformed_json', 'duplicate_key'];

export interface ReadLines {
  readonly tally: Tally;
  readonly quarantined: ReadonlyMap<number, string>;
  readonly deadLetterFiles: readonly string[];
}

/** Where good lines go that are not plain. */
export interface GoodLines {
  readonly runs: RunNumbers;
  readonly byPayment: Buckets;
  readonly marks: PaymentMarks;
}

export async function readLines(job: CurateJob, context: JobContext, lanes: Lanes, readers: LineReaders, good: GoodLines): Promise<ReadLines> {
  const suppressed = job.suppression === undefined ? null : new Suppressed(job.suppression);
  const judge = { landingHour: job.landingHour, runs: good.runs, marks: good.marks, prepared: new WeakSet<Lane>(), suppression: job.suppression ?? null };
  const quarantined = new Map<number, string>();
  const letters = new DeadLetterFiles(join(job.outDir, 'dead-letters'));
  const tallies = new Map<number, Tally>();
  const linesIn = new Map<Lane, number>();
  const orderOf = new Map(job.objects.map((object, i) => [object, i * LINES_OF_AN_OBJECT]));
  const countSent = job.countSent === true;
  let bytes = 0;
  let lines = 0;
  // Results are taken in the order of the blocks, whichever lane is first: the same objects give the same files.
  let recorded: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  const judgeOn = async (lane: Lane, { block, doubtful, isSent }: ReadBlock): Promise<JudgedBlock> => {
    const judged = await judgeBlock(lane, judge, block, doubtful, isSent && countSent);
    const held = (linesIn.get(lane) ?? 0) + block.otherLines;
    linesIn.set(lane, held < FLUSH_LINES ? held : 0);
    if (held >= FLUSH_LINES) await flushGoodLines(lane, good.byPayment);
    return judged;
  };
  const record = async ({ block, doubtful, isSent }: ReadBlock, judged: JudgedBlock): Promise<void> => {
    const tally = tallies.get(doubtful) ?? new Tally();
    tallies.set(doubtful, tally);
    const { counts } = block;
    tally.lines += counts.lines;
    tally.blank += counts.blank;
    tally.cards += counts.cards;
    tally.erased += counts.erased + judged.erased;
    if (isSent) tally.sent.add(counts.lines - counts.blank, [...counts.sent, ...judged.sent]);
    const addUnknown = (name: string, count: number, { object, lineNumber }: Pick<LinePlace, 'object' | 'lineNumber'>): void => {
      tally.addUnknown(name, count, `${object.key}:${lineNumber}`, orderOf.get(object)! + lineNumber);
    };
    for (const [name, { count, ...first }] of counts.unknown) addUnknown(name, count, first);
    for (const { name, count, n } of judged.unknown) addUnknown(name, count, block.place(n));
    const run = { landingHour: job.landingHour, revision: job.revision };
    const found = [
      ...block.refused.map((line) => ({
        n: line.n, unread: () => (line.kind === 'long' ? line.line.beginning : line.place.raw),
        letter: () => (line.kind === 'long' ? deadLetterOfLongLine(run, line) : deadLetterOf(run, line.place, ['malformed_json'])),
      })),
      ...judged.refused.map(({ n, reasons }) => ({
        n, unread: () => (reasons.some((reason) => UNREAD.includes(reason)) ? block.place(n).raw : null), letter: () => deadLetterOf(run, block.place(n), reasons),
      })),
    ].sort((a, b) => a.n - b.n);
    for (const { unread, letter } of found) {
      const line = suppressed === null ? null : unread();
      if (line !== null && suppressed!.holds(line)) {
        tally.erased += 1;
        continue;
      }
      const made = letter();
      tally.addLetter(made);
      await letters.add(made);
    }
    lines += counts.lines;
    context.progress({ step: 'reading', lines, bytes });
  };

  const reading = { objects: job.objects, quarantined, bytesRead: (count: number): void => { bytes += count; }, readers, countSent };
  for await (const read of readBlocks(reading)) {
    const lane = await lanes.acquire();
    // A lane may have failed meanwhile; TypeScript does not see the assignment in the callback.
    if ((failure as { readonly error: unknown } | null) !== null) break;
    const judged = judgeOn(lane, read).finally(() => lanes.release(lane));
    recorded = Promise.all([judged, recorded]).then(async ([result]) => record(read, result));
    recorded.catch((error: unknown) => { failure ??= { error }; });
  }
  await recorded;
  await Promise.all([...linesIn].map(async ([lane, held]) => (held > 0 ? flushGoodLines(lane, good.byPayment) : undefined)));

  const tally = new Tally();
  for (const [doubtful, part] of tallies) if (!quarantined.has(doubtful)) tally.add(part);
  const keys = new Set([...quarantined.keys()].map((index) => job.objects[index]!.key));
  return { tally, quarantined, deadLetterFiles: await letters.finish(keys) };
}
