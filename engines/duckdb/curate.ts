/** The transform over one hour's objects: read, judge, find the line that gets each payment, write the rows by merchant. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { REASONS } from '../../contract/payment';
import { addSums, NO_SUMS } from '../../contract/sums';
import type { CuratedFile, CurateJob, CurateOutcome } from '../engine';
import { Buckets } from './buckets';
import { settleContest } from './contested-lines';
import type { GrownFile } from './lines/growing-file';
import type { JobContext } from './job-context';
import { flawedRows } from './kept-rows';
import type { Lane } from './lane';
import { Lanes } from './lanes';
import { openLineReaders, type LineReaders } from './lines/line-readers';
import { openObject } from './lines/open-object';
import { PaymentMarks } from './lines/payment-marks';
import type { WrittenFiles } from './parquet/curated-files';
import { readLines } from './read-lines';

/** Decompressed bytes of lines for each bucket of payments, about: as long as a tenth of them is contested or not plain, there are enough (contested-lines.ts). */
const BUCKET_BYTES = 400_000_000;
const MOST_BUCKETS = 32;
/** And for each group of merchants: of most groups all texts are sorted at once then (sorted-texts.ts). */
const GROUP_BYTES = 16_000_000;
const MOST_GROUPS = 256;
/** At least, where there are several. */
const GROUPS_A_THREAD = 4;
/** What payments compress by; a wrong guess makes parts larger or smaller, never wrong. */
const COMPRESSION = 8;
/** So many the lake fetches at once: of a later one nothing may be there before the first are over. */
const LOOKED_AT = 16;
/** Below it one lane is done before a second is there. */
const LANE_BYTES = 16_000_000;
/** Of a million lines, the marks of a bucket stay in a processor's cache while those that come twice are found. */
const BUCKETS_OF_MARKS = 32;
/** Decompressed bytes of lines for each of more of them, about: the set of a bucket's marks takes some ten mebibytes. */
const MARKED_BYTES = 128_000_000;
const MOST_BUCKETS_OF_MARKS = 128;
/** So many rows say whether they are right; of more it would only take longer. */
const CHECKED_ROWS = 1000;
/** An index that no object has; −1 stands for objects that are sure. */
const NO_OBJECT = -2;

export async function curate(job: CurateJob, context: JobContext): Promise<CurateOutcome> {
  const folder = join(context.folder, 'lines');
  await Promise.all([join(job.outDir, 'curated'), join(job.outDir, 'dead-letters'), folder].map(async (path) => mkdir(path, { recursive: true })));
  const bytes = await estimatedBytes(job);
  const isSmall = bytes < LANE_BYTES;
  const threads = isSmall ? 1 : context.threads;
  // No thread is to wait long for another one: payments fall evenly, merchants do not.
  const groups = threads === 1 ? 1 : Math.min(MOST_GROUPS, Math.max(threads * GROUPS_A_THREAD, Math.ceil(bytes / GROUP_BYTES)));
  const buckets = isSmall ? 1 : Math.min(MOST_BUCKETS_OF_MARKS, Math.max(BUCKETS_OF_MARKS, Math.ceil(bytes / MARKED_BYTES)));
  const readers = openLineReaders({ landingHour: job.landingHour, folder, groups, buckets, suppression: job.suppression ?? null }, threads);
  try {
    const lanes = new Lanes(await context.openLanes(threads));
    return await curateWith({ job, context, folder, bytes, groups, buckets, lanes, readers });
  } finally {
    await readers.end();
  }
}

interface Means {
  readonly job: CurateJob;
  readonly context: JobContext;
  readonly folder: string;
  /** of lines, decompressed, about */
  readonly bytes: number;
  readonly groups: number;
  readonly buckets: number;
  readonly lanes: Lanes;
  readonly readers: LineReaders;
}

async function curateWith({ job, context, folder, bytes, groups, buckets, lanes, readers }: Means): Promise<CurateOutcome> {
  let run = 0;
  const runs = { next: (): number => run++ };
  const byPayment = new Buckets(join(context.folder, 'by-payment'), Math.max(lanes.all.length, Math.min(MOST_BUCKETS, Math.ceil(bytes / BUCKET_BYTES))), 'payment_id');
  const marks = new PaymentMarks(folder, 'others', buckets);
  const read = await readLines(job, context, lanes, readers, { runs, byPayment, marks });
  const written = await readers.close();
  const kept = [...written.map((files) => files.marks), marks.files.close()];
  const texts = upTo(groups).map((group) => present(written.map((files) => files.texts[group] ?? null)));
  const { duplicates, texts: settled } = await settleContest({
    folder, runs, byPayment, texts, marks: upTo(buckets).map((bucket) => present(kept.map((files) => files[bucket] ?? null))),
    gone: [NO_OBJECT, ...read.quarantined.keys()].join(', '),
  }, context, lanes, readers);
  const { files, sums } = await writeGroups({ job, folder, lanes, readers, context, groups: texts.map((files, group) => present([...files, settled[group] ?? null])) });

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
    files,
    deadLetterFiles: read.deadLetterFiles,
  };
}

interface Writing extends Pick<Means, 'job' | 'folder' | 'lanes' | 'readers' | 'context'> {
  readonly groups: readonly (readonly GrownFile[])[];
}

/** The largest first: begun last, it would be what one reader is at while the others have nothing left. */
async function writeGroups({ job, folder, lanes, readers, context, groups }: Writing): Promise<WrittenFiles> {
  const { landingHour, revision, attempt, processedAt, outDir } = job;
  const files: CuratedFile[] = [];
  let sums = NO_SUMS;
  let checked = false;
  const sized = groups.map((texts, group) => ({ texts, group, bytes: texts.reduce((sum, file) => sum + file.bytes, 0) })).filter(({ bytes }) => bytes > 0);
  await Promise.all(sized.sort((a, b) => b.bytes - a.bytes).map(async ({ texts, group }) => {
    const written = await readers.writeCurated({ files: texts, name: join(folder, `sorted-${group}`), revision: { landingHour, revision, attempt, processedAt, outDir } });
    files.push(...written.files);
    sums = addSums(sums, written.sums);
    if (!checked && written.files.length > 0) {
      checked = true;
      await check(lanes.all[0]!, job, written.files);
    }
    context.progress({ step: 'writing', lines: sums.rows });
  }));
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), sums };
}

/** What was written without SQL is held against it: one file of each run. */
async function check(lane: Lane, job: CurateJob, files: readonly CuratedFile[]): Promise<void> {
  const bySize = files.toSorted((a, b) => a.rows - b.rows);
  const { path, rows } = bySize.find((file) => file.rows >= CHECKED_ROWS) ?? bySize.at(-1)!;
  const flawed = await flawedRows(lane, job, join(job.outDir, 'curated', path));
  if (flawed > 0) throw new Error(`${flawed} of ${rows} rows in ${path} are not what SQL makes of their fields`);
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function present<T>(items: readonly (T | null)[]): readonly T[] {
  return items.filter((item) => item !== null);
}

async function estimatedBytes(job: CurateJob): Promise<number> {
  let [bytes, seen, unseen] = [0, 0, 0];
  for (const [i, object] of job.objects.entries()) {
    if (object.growsTo !== undefined && i >= LOOKED_AT) {
      unseen += object.growsTo;
      continue;
    }
    const { size, sureToEnd } = await openObject(object);
    seen += size;
    bytes += sureToEnd ? size : size * COMPRESSION;
  }
  // Packed as those before them are.
  return bytes + unseen * (seen === 0 ? 1 : bytes / seen);
}
