/** Puts small files together: the same rows, sorted as curate sorts them, and what they add up to hour by hour. */
import { stat } from 'node:fs/promises';
import { readSql } from '../../sql/read-sql';
import type { CompactJob, CompactOutcome, HourSums, MergedFile, SumsJob } from '../engine';
import { sumsByHourOf } from '../sums-by-hour';
import { viewOfFiles } from './curated-rows';
import type { JobContext } from './job-context';
import { fill, quoted, type Lane } from './lane';
import { Lanes } from './lanes';

export async function compact(job: CompactJob, context: JobContext): Promise<CompactOutcome> {
  // Lanes of one thread: they write rows in the order in which they were sorted.
  const lanes = new Lanes(await context.openLanes(context.threads));
  const merged = new Map<number, MergedFile>();
  await lanes.each(job.merges.map((merge, i) => ({ merge, i })), async (lane, { merge, i }) => {
    await viewOfFiles(lane, 'rows_to_sum', merge.files);
    const hours = await sumsByHourIn(lane);
    await lane.run(fill(readSql('compact/write-merged.duckdb.sql'), { path: quoted(merge.out) }));
    merged.set(i, { hours, rows: hours.reduce((sum, hour) => sum + hour.sums.rows, 0), bytes: (await stat(merge.out)).size });
    context.progress({ step: `merging file ${merged.size} of ${job.merges.length}` });
  });
  return { merged: job.merges.map((_merge, i) => merged.get(i)!) };
}

export async function sumsByHour(job: SumsJob, context: JobContext): Promise<readonly HourSums[]> {
  if (job.files.length === 0) return [];
  const lane = await context.openWhole();
  await viewOfFiles(lane, 'rows_to_sum', job.files);
  return sumsByHourIn(lane);
}

/** Of the lane's `rows_to_sum`. */
async function sumsByHourIn(lane: Lane): Promise<readonly HourSums[]> {
  return sumsByHourOf((await lane.rows(readSql('compact/sums-by-hour.sql'))).map(([hour, currency, status, count, amountCents, rowHash]) => ({
    landingHour: Number(hour), currency: currency as string, status: status as string, count: Number(count), amountCents: amountCents as string, rowHash: rowHash as string,
  })));
}
