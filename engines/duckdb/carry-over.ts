/**
 * Takes the rows of a committed revision over into another one, where there are no lines to make it of: the same rows under the new
 * revision's number and instant, without those of suppressed persons. What was taken out is summed too, so that nothing else can be missing.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { addSums, NO_SUMS } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { CarryOverJob, CarryOverOutcome, Suppression } from '../engine';
import { viewOfFiles } from './curated-rows';
import type { JobContext } from './job-context';
import { Lanes } from './lanes';
import { sumsOf } from './sums-of-rows';
import { prepareSuppression } from './suppressed-rows';
import { CuratedWriter } from './write-curated';

/** With an empty list any key will do. */
const NOBODY: Suppression = { tokens: [], keyId: '', innerPad: '', outerPad: '' };

export async function carryOver(job: CarryOverJob, context: JobContext): Promise<CarryOverOutcome> {
  await mkdir(join(job.outDir, 'curated'), { recursive: true });
  const lanes = new Lanes(await context.openLanes(context.threads));
  for (const lane of lanes.all) await prepareSuppression(lane, job.suppression ?? NOBODY);
  const writer = new CuratedWriter(job);
  let [kept, erased] = [NO_SUMS, NO_SUMS];
  await lanes.each(job.groups, async (lane, files) => {
    await viewOfFiles(lane, 'committed_rows', files);
    await lane.run(readSql('erasure/erased-users.duckdb.sql'));
    const gone = await sumsOf(lane, readSql('erasure/rows-of-erased-users.duckdb.sql'));
    await lane.view('winners', readSql('erasure/rows-of-others.duckdb.sql'));
    // Not in one expression with an await: another lane would add to what was read before it.
    const written = await writer.write(lane);
    kept = addSums(kept, written);
    erased = addSums(erased, gone);
    context.progress({ step: 'carrying rows over', lines: kept.rows });
  });
  return { kept, erased, files: [...writer.files].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}
