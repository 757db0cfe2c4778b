/** The transform over one hour's objects: read, judge, split by payment, keep each payment's winner, write by merchant. */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REASONS } from '../../contract/payment';
import { addSums, NO_SUMS, type Sums } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { CurateJob, CurateOutcome } from '../engine';
import { readBlocks, type ReadBlock } from './blocks';
import { Buckets } from './buckets';
import { deadLetterOf, deadLetterOfLongLine } from './dead-letter';
import { DeadLetterFiles } from './dead-letter-files';
import type { JobContext } from './job-context';
import { judgeBlock, judgeSql, type JudgedBlock } from './judge-block';
import { parquet, type Lane } from './lane';
import { Lanes } from './lanes';
import { openObject } from './open-object';
import { sumsOf } from './sums-of-rows';
import { Tally } from './tally';
import { CuratedWriter } from './write-curated';

/** Decompressed bytes of lines a bucket is meant to hold: deduplication keeps one bucket's rows in memory. */
const BUCKET_BYTES = 150_000_000;
const MOST_BUCKETS = 256;
/** What payments compress by; a wrong guess makes buckets larger or smaller, never wrong. */
const COMPRESSION = 8;
const LANE_BYTES = 16_000_000;
const FLUSH_ROWS = 200_000;
const UNKNOWN_ORDER = 1_000_000_000_000;

export async function curate(job: CurateJob, context: JobContext): Promise<CurateOutcome> {
  await mkdir(join(job.outDir, 'curated'), { recursive: true });
  await mkdir(join(job.outDir, 'dead-letters'), { recursive: true });
  const bytes = await estimatedBytes(job);
  const lanes = new Lanes(await context.openLanes(bytes < LANE_BYTES ? 1 : context.threads));
  const buckets = new Buckets(join(context.folder, 'good'), Math.min(MOST_BUCKETS, Math.max(1, Math.ceil(bytes / BUCKET_BYTES))));

  const read = await readLines(job, context, lanes, buckets);
  const { sums, duplicates, merchants } = await keepWinners(read.quarantined, context, lanes, buckets);
  const writer = new CuratedWriter(job);
  await lanes.each(groupsOf(merchants.count), async (lane, group) => {
    const files = await merchants.files(group);
    if (files.length > 0) await writer.write(lane, `select * from ${parquet(files)}`, group);
    context.progress({ step: 'writing', lines: read.tally.lines });
  });
  await rm(join(context.folder, 'winners'), { recursive: true, force: true });

  const { tally } = read;
  if (tally.lines !== tally.blank + tally.dead + duplicates + sums.rows) {
    throw new Error(`the lines do not add up: ${tally.lines} ≠ ${tally.blank} blank + ${tally.dead} dead + ${duplicates} duplicates + ${sums.rows} curated`);
  }
  return {
    counts: {
      lines: tally.lines,
      blank: tally.blank,
      dead: tally.dead,
      erased: 0,
      duplicates,
      curated: sums.rows,
      quarantined: [...read.quarantined.keys()].map((index) => job.objects[index]!.key),
      sums,
      reasons: Object.fromEntries(REASONS.filter((reason) => tally.reasons.has(reason)).map((reason) => [reason, tally.reasons.get(reason)!])),
      unknownFields: tally.unknownFields(),
      cards: tally.cards,
    },
    files: writer.files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    deadLetterFiles: read.deadLetterFiles,
  };
}

interface ReadLines {
  readonly tally: Tally;
  readonly quarantined: ReadonlyMap<number, string>;
  readonly deadLetterFiles: readonly string[];
}

async function readLines(job: CurateJob, context: JobContext, lanes: Lanes, buckets: Buckets): Promise<ReadLines> {
  const judge = judgeSql(job.landingHour);
  const quarantined = new Map<number, string>();
  const letters = new DeadLetterFiles(join(job.outDir, 'dead-letters'));
  const tallies = new Map<number, Tally>();
  const rowsIn = new Map<Lane, number>();
  let bytes = 0;
  let lines = 0;
  let order = 0;
  // Results are taken in the order of the blocks, whichever lane is first: the same objects give the same files.
  let recorded: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | null = null;

  const judgeOn = async (lane: Lane, { block, doubtful }: ReadBlock): Promise<JudgedBlock> => {
    const judged = await judgeBlock(lane, judge, block, doubtful);
    const rows = (rowsIn.get(lane) ?? 0) + judged.good;
    rowsIn.set(lane, rows < FLUSH_ROWS ? rows : 0);
    if (rows >= FLUSH_ROWS) await flush(lane, buckets);
    return judged;
  };
  const record = async ({ block, doubtful }: ReadBlock, judged: JudgedBlock): Promise<void> => {
    const tally = tallies.get(doubtful) ?? new Tally();
    tallies.set(doubtful, tally);
    tally.lines += block.lines;
    tally.blank += block.blank;
    tally.cards += block.cards;
    order += UNKNOWN_ORDER;
    for (const { name, count, n } of judged.unknown) tally.addUnknown(name, count, `${block.object(n).key}:${block.lineNumber(n)}`, order + n);
    const run = { landingHour: job.landingHour, revision: job.revision };
    const found = [
      ...block.refused.map((line) => ({ n: line.n, letter: () => (line.kind === 'long'
        ? deadLetterOfLongLine(run, line) : deadLetterOf(run, line.place, ['malformed_json'])) })),
      ...judged.refused.map(({ n, reasons }) => ({ n, letter: () => deadLetterOf(run, block.place(n), reasons) })),
    ].sort((a, b) => a.n - b.n);
    for (const { letter } of found) {
      const made = letter();
      tally.addLetter(made);
      await letters.add(made);
    }
    lines += block.lines;
    context.progress({ step: 'reading', lines, bytes });
  };

  const reading = { objects: job.objects, quarantined, bytesRead: (count: number): void => { bytes += count; } };
  for await (const read of readBlocks(reading)) {
    const lane = await lanes.acquire();
    // A lane may have failed meanwhile; TypeScript does not see the assignment in the callback.
    if ((failure as { readonly error: unknown } | null) !== null) break;
    const judged = judgeOn(lane, read).finally(() => lanes.release(lane));
    recorded = Promise.all([judged, recorded]).then(async ([result]) => record(read, result));
    recorded.catch((error: unknown) => { failure ??= { error }; });
  }
  await recorded;
  await lanes.each([...rowsIn].filter(([, rows]) => rows > 0).map(([lane]) => lane), async (_any, lane) => flush(lane, buckets));

  const tally = new Tally();
  for (const [doubtful, part] of tallies) if (!quarantined.has(doubtful)) tally.add(part);
  const keys = new Set([...quarantined.keys()].map((index) => job.objects[index]!.key));
  return { tally, quarantined, deadLetterFiles: await letters.finish(keys) };
}

async function flush(lane: Lane, buckets: Buckets): Promise<void> {
  await buckets.add(lane, 'select * from good_lines', 'payment_id');
  await lane.run('drop table good_lines');
}

interface Winners {
  readonly sums: Sums;
  readonly duplicates: number;
  /** split by merchant, for the writer */
  readonly merchants: Buckets;
}

async function keepWinners(quarantined: ReadonlyMap<number, string>, context: JobContext, lanes: Lanes, buckets: Buckets): Promise<Winners> {
  const merchants = new Buckets(join(context.folder, 'winners'), buckets.count);
  const gone = [-2, ...quarantined.keys()].join(', ');
  let sums = NO_SUMS;
  let good = 0;
  await lanes.each(groupsOf(buckets.count), async (lane, bucket) => {
    const files = await buckets.files(bucket);
    if (files.length === 0) return;
    await lane.run(`create or replace temp view good_lines as select * from ${parquet(files)} where doubtful not in (${gone})`);
    const rows = await lane.number('select count(*) from good_lines');
    await lane.run(`create or replace temp table chosen as ${readSql('curate/winners.sql')}`);
    const kept = await sumsOf(lane, 'select * from chosen');
    // Not in one expression with an await: another lane would add to what was read before it.
    good += rows;
    sums = addSums(sums, kept);
    await merchants.add(lane, 'select * from chosen', 'merchant_id');
    await lane.run('drop table chosen');
    await Promise.all(files.map(async (file) => rm(file)));
    context.progress({ step: 'removing duplicates', lines: good });
  });
  return { sums, duplicates: good - sums.rows, merchants };
}

function groupsOf(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}

async function estimatedBytes(job: CurateJob): Promise<number> {
  let bytes = 0;
  for (const { path } of job.objects) {
    const { size } = await stat(path);
    bytes += (await openObject(path)).sureToEnd ? size : size * COMPRESSION;
  }
  return bytes;
}
