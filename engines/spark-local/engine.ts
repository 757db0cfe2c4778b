/** Spark on this machine: the job that runs on a cluster, over local files. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CurateJob, CurateOutcome, JobControl, LocalEngine } from '../engine';
import { describeCurate } from '../spark/description';
import { readSummary } from '../spark/summary';
import { runLocally, type SparkLocalSettings } from './local-job';

export function createSparkLocalEngine(settings: SparkLocalSettings): LocalEngine {
  return { name: 'spark-local', follows: false, curate: (job, control) => curate(settings, job, control) };
}

async function curate(settings: SparkLocalSettings, { outDir, ...job }: CurateJob, control: JobControl): Promise<CurateOutcome> {
  control.signal.throwIfAborted();
  for (const name of ['curated', 'dead-letters']) await mkdir(join(outDir, name), { recursive: true });
  const objects = await Promise.all(job.objects.map(async ({ path, ...object }) => ({ ...object, uri: pathToFileURL(path).href, bytes: (await stat(path)).size })));
  return runLocally(settings, {
    name: 'curate',
    outDir,
    describe: () => Promise.resolve(describeCurate({ ...job, objects, out: pathToFileURL(outDir).href })),
    read: readSummary,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    // As jobs/sluice_key.py reads it.
    ...(job.suppression === undefined ? {} : { secrets: { SLUICE_ERASURE_PADS: `${job.suppression.innerPad}:${job.suppression.outerPad}` } }),
  }, control);
}
