/** Finds a person's rows in curated files. The id is bound, never written into a statement. */
import { landingHourOf } from '../../contract/landing-hour';
import { readSql } from '../../sql/read-sql';
import type { FindJob, FoundRows } from '../engine';
import type { JobContext } from './job-context';
import { fill, quoted } from './lane';

export async function find(job: FindJob, context: JobContext): Promise<readonly (readonly FoundRows[])[]> {
  if (job.files.length === 0) return [];
  const lane = await context.openWhole();
  await lane.fillTable('wanted', [job.userId]);
  context.progress({ step: `looking into ${job.files.length} files` });
  const found = new Map<string, FoundRows[]>();
  for (const [file, micros, rows] of await lane.rows(fill(readSql('erasure/rows-of-user.duckdb.sql'), { files: job.files.map(quoted).join(', ') }))) {
    const landingHour = landingHourOf(new Date(Number((micros as bigint) / 1000n)));
    found.set(file as string, [...found.get(file as string) ?? [], { landingHour, rows: Number(rows) }]);
  }
  return job.files.map((file) => found.get(file) ?? []);
}
