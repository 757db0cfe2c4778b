/** The transform over one hour's objects: read, judge, split, find the lines that lose, write the others by merchant. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REASONS, type Reason } from '../../contract/payment';
import { addSums, NO_SUMS } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { CurateJob, CurateOutcome } from '../engine';
import type { LinePlace } from './block';
import { readBlocks, type ReadBlock } from './blocks';
import { Buckets } from './buckets';
import { deadLetterOf, deadLetterOfLongLine } from './dead-letter';
import { DeadLetterFiles } from './dead-letter-files';
import type { JobContext } from './job-context';
import { flushGoodLines, judgeBlock, type JudgedBlock } from './judge-block';
import { fill, parquet, quoted, type Lane } from './lane';
import { Lanes } from './lanes';
import { openObject } from './open-object';
import { PlainLines } from './plain-lines';
import { Suppressed } from './suppressed';
import { Tally } from './tally';
import { CuratedWriter } from './write-curated';

/** Decompressed bytes of lines a bucket is meant to hold: deduplication keeps one bucket's rows in memory. */
const BUCKET_BYTES = 150_000_000;
const MOST_BUCKETS = 256;
/** What payments compress by; a wrong guess makes buckets larger or smaller, never wrong. */
const COMPRESSION = 8;
const LANE_BYTES = 16_000_000;
/** At least so many groups of merchants for each lane, where there are several. */
const GROUPS_A_LANE = 4;
/** Judged lines that a lane keeps before it splits them into buckets. */
const FLUSH_LINES = 200_000;
/** More than an object has, and few enough that an hour's objects times it are exact. */
const LINES_OF_AN_OBJECT = 2 ** 36;
/** An index that no object has; −1 stands for objects that are sure. */
const NO_OBJECT = -2;
/** Of such lines SQL knows no user, or only the first of several. */
const UNREAD: readonly Reason[] = ['malformed_json', 'duplicate_key'];

export async function curate(job: CurateJob, context: JobContext): Promise<CurateOutcome> {
  await mkdir(join(job.outDir, 'curated'), { recursive: true });
  await mkdir(join(job.outDir, 'dead-letters'), { recursive: true });
  const bytes = await estimatedBytes(job);
  const lanes = new Lanes(await context.openLanes(bytes < LANE_BYTES ? 1 : context.threads));
  const count = Math.min(MOST_BUCKETS, Math.max(1, Math.ceil(bytes / BUCKET_BYTES)));
  // No lane is to wait long for another one: payments fall evenly, merchants do not.
  const atOnce = lanes.all.length;
  const byMerchant = new Buckets(join(context.folder, 'by-merchant'), atOnce === 1 ? count : Math.max(count, atOnce * GROUPS_A_LANE));
  const byPayment = new Buckets(join(context.folder, 'by-payment'), Math.ceil(count / atOnce) * atOnce);

  const read = await readLines(job, context, lanes, byMerchant, byPayment);
  const gone = [NO_OBJECT, ...read.quarantined.keys()].join(', ');
  const { duplicates, losers } = await findLosers(gone, context, lanes, byPayment);
  const writer = new CuratedWriter(job);
  let sums = NO_SUMS;
  await lanes.each(await byMerchant.largestFirst(), async (lane, group) => {
    const files = await byMerchant.files(group);
    if (files.length === 0) return;
    await lane.view('winners', fill(readSql('curate/kept-lines.duckdb.sql'), {
      lines: parquet(files), losers: losers.length === 0 ? readSql('duckdb/no-lines.sql') : parquet(losers), gone,
    }));
    const written = await writer.write(lane);
    // Not in one expression with an await: another lane would add to what was read before it.
    sums = addSums(sums, written);
    await Promise.all(files.map(async (file) => rm(file)));
    context.progress({ step: 'writing', lines: sums.rows });
  });

  const { tally } = read;
  // Erased lines are spaces in the object: they were no blank lines when they landed.
  const overwritten = job.objects.reduce((sum, object, i) => sum + (read.quarantined.has(i) ? 0 : object.erased?.lines ?? 0), 0);
  const blank = tally.blank - overwritten;
  for (const [i, { erased: gone, isSent }] of job.objects.entries()) {
    if (gone !== undefined && isSent === true && !read.quarantined.has(i)) tally.sent.add(gone.lines, gone.amounts.map(({ amountCents, ...sum }) => ({ ...sum, cents: BigInt(amountCents) })));
  }
  const erased = tally.erased + overwritten;
  if (blank < 0 || tally.lines !== blank + tally.dead + erased + duplicates + sums.rows) {
    throw new Error(`the lines do not add up: ${tally.lines} ≠ ${blank} blank + ${tally.dead} dead + ${erased} erased + ${duplicates} duplicates + ${sums.rows} curated`);
  }
  return {
    counts: {
      lines: tally.lines,
      blank,
      dead: tally.dead,
      erased,
      duplicates,
      curated: sums.rows,
      quarantined: [...read.quarantined.keys()].map((index) => job.objects[index]!.key),
      sums,
      reasons: Object.fromEntries(REASONS.filter((reason) => tally.reasons.has(reason)).map((reason) => [reason, tally.reasons.get(reason)!])),
      unknownFields: tally.unknownFields(),
      cards: tally.cards,
    },
    ...(job.countSent === true ? { sent: tally.sent.totals(job.objects.filter(({ isSent }) => isSent === true).length) } : {}),
    files: writer.files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    deadLetterFiles: read.deadLetterFiles,
  };
}

interface ReadLines {
  readonly tally: Tally;
  readonly quarantined: ReadonlyMap<number, string>;
  readonly deadLetterFiles: readonly string[];
}

async function readLines(job: CurateJob, context: JobContext, lanes: Lanes, byMerchant: Buckets, byPayment: Buckets): Promise<ReadLines> {
  let run = 0;
  const suppressed = job.suppression === undefined ? null : new Suppressed(job.suppression);
  const judge = { landingHour: job.landingHour, runs: { next: () => run++ }, prepared: new WeakSet<Lane>(), suppressed };
  const quarantined = new Map<number, string>();
  const letters = new DeadLetterFiles(join(job.outDir, 'dead-letters'));
  const tallies = new Map<number, Tally>();
  const linesIn = new Map<Lane, number>();
  const orderOf = new Map(job.objects.map((object, i) => [object, i * LINES_OF_AN_OBJECT]));
  let bytes = 0;
  let lines = 0;
  // Results are taken in the order of the blocks, whichever lane is first: the same objects give the same files.
  let recorded: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  const judgeOn = async (lane: Lane, { block, doubtful, isSent }: ReadBlock): Promise<JudgedBlock> => {
    const judged = await judgeBlock(lane, judge, block, doubtful, isSent && job.countSent === true);
    const held = (linesIn.get(lane) ?? 0) + block.plain.lines + block.otherLines;
    linesIn.set(lane, held < FLUSH_LINES ? held : 0);
    if (held >= FLUSH_LINES) await flushGoodLines(lane, byMerchant, byPayment);
    return judged;
  };
  const record = async ({ block, doubtful, isSent }: ReadBlock, judged: JudgedBlock): Promise<void> => {
    const tally = tallies.get(doubtful) ?? new Tally();
    tallies.set(doubtful, tally);
    tally.lines += block.lines;
    tally.blank += block.blank;
    tally.cards += block.cards;
    if (isSent) tally.sent.add(block.lines - block.blank, judged.sent);
    const addUnknown = (name: string, count: number, { object, lineNumber }: Pick<LinePlace, 'object' | 'lineNumber'>): void => {
      tally.addUnknown(name, count, `${object.key}:${lineNumber}`, orderOf.get(object)! + lineNumber);
    };
    for (const [name, { count, ...first }] of block.unknown) addUnknown(name, count, first);
    for (const { name, count, n } of judged.unknown) addUnknown(name, count, block.place(n));
    const run = { landingHour: job.landingHour, revision: job.revision };
    tally.erased += judged.erased;
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
    lines += block.lines;
    context.progress({ step: 'reading', lines, bytes });
  };

  const reading = { objects: job.objects, quarantined, bytesRead: (count: number): void => { bytes += count; }, reader: new PlainLines(job.landingHour) };
  for await (const read of readBlocks(reading)) {
    const lane = await lanes.acquire();
    // A lane may have failed meanwhile; TypeScript does not see the assignment in the callback.
    if ((failure as { readonly error: unknown } | null) !== null) break;
    const judged = judgeOn(lane, read).finally(() => lanes.release(lane));
    recorded = Promise.all([judged, recorded]).then(async ([result]) => record(read, result));
    recorded.catch((error: unknown) => { failure ??= { error }; });
  }
  await recorded;
  await Promise.all([...linesIn].map(async ([lane, held]) => (held > 0 ? flushGoodLines(lane, byMerchant, byPayment) : undefined)));

  const tally = new Tally();
  for (const [doubtful, part] of tallies) if (!quarantined.has(doubtful)) tally.add(part);
  const keys = new Set([...quarantined.keys()].map((index) => job.objects[index]!.key));
  return { tally, quarantined, deadLetterFiles: await letters.finish(keys) };
}

interface Losers {
  readonly duplicates: number;
  /** Parquet files of line ids */
  readonly losers: readonly string[];
}

async function findLosers(gone: string, context: JobContext, lanes: Lanes, byPayment: Buckets): Promise<Losers> {
  const losers: string[] = [];
  let duplicates = 0;
  await lanes.each(await byPayment.largestFirst(), async (lane, bucket) => {
    const files = await byPayment.files(bucket);
    if (files.length === 0) return;
    await lane.view('placed_lines', fill(readSql('curate/placed-lines.duckdb.sql'), { lines: parquet(files), gone }));
    const path = join(context.folder, `losers-${bucket}.parquet`);
    await lane.run(fill(readSql('curate/write-losers.duckdb.sql'), { losers: readSql('curate/losers.sql'), path: quoted(path) }));
    const found = await lane.count(parquet([path]));
    if (found > 0) losers.push(path);
    duplicates += found;
    await Promise.all(files.map(async (file) => rm(file)));
    context.progress({ step: 'finding duplicates', lines: duplicates });
  });
  return { duplicates, losers };
}

async function estimatedBytes(job: CurateJob): Promise<number> {
  let bytes = 0;
  for (const { path } of job.objects) {
    const { size } = await stat(path);
    bytes += (await openObject(path)).sureToEnd ? size : size * COMPRESSION;
  }
  return bytes;
}
