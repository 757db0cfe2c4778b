/** Spark on this machine: the job that runs on a cluster, over local files, in a process group of its own. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SluiceError } from '../../contract/errors';
import type { CurateJob, CurateOutcome, JobControl, LocalEngine } from '../engine';
import { describeCurate, type JobDescription, type SparkObject } from '../spark/description';
import { FAILURE_NAME, readFailure, readSummary, SUMMARY_NAME } from '../spark/summary';
import { runJob } from './job-process';

export interface SparkLocalSettings {
  /** `python` of an environment with pyspark 3.5; undefined: nobody has set one up */
  readonly python: string | undefined;
  /** heap of the Java process */
  readonly memoryLimit: string;
  readonly threads: number;
  readonly workDir: string;
}

export function createSparkLocalEngine(settings: SparkLocalSettings): LocalEngine {
  return { name: 'spark-local', curate: (job, control) => curate(settings, job, control) };
}

async function curate(settings: SparkLocalSettings, job: CurateJob, control: JobControl): Promise<CurateOutcome> {
  control.signal.throwIfAborted();
  const { python } = settings;
  if (python === undefined) {
    throw new SluiceError({
      kind: 'configuration', what: 'there is no Python environment with Spark', on: 'SLUICE_SPARK_PYTHON is not set',
      fix: 'Name the python of an environment with pyspark 3.5 and zstandard; `npx sluice worker` and `npx sluice curate` set up their own',
    });
  }
  const folder = join(settings.workDir, `spark-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  for (const name of ['curated', 'dead-letters']) await mkdir(join(job.outDir, name), { recursive: true });
  const summaryPath = join(job.outDir, SUMMARY_NAME);
  const failurePath = join(job.outDir, FAILURE_NAME);
  try {
    const objects = await Promise.all(job.objects.map(async ({ path, ...object }) => ({ ...object, uri: pathToFileURL(path).href, bytes: (await stat(path)).size })));
    const description = describe(job, objects);
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    const jobPath = join(folder, 'job.json');
    await writeFile(jobPath, description.json);
    try {
      await runJob({ ...settings, python, folder, job: pathToFileURL(jobPath).href, scratch: pathToFileURL(join(folder, 'scratch')).href, bytes }, control);
    } catch (error) {
      const failure = control.signal.aborted ? null : await readFile(failurePath, 'utf8').catch(() => null);
      throw (failure === null ? null : readFailure(failure, description.sha256)) ?? error;
    }
    const summary = await readFile(summaryPath, 'utf8').catch((error: unknown) => {
      throw new SluiceError({ kind: 'transient', what: 'the Spark job ended and left no summary', on: summaryPath, fix: 'It is tried again', cause: error });
    });
    return readSummary(summary, description.sha256, summaryPath);
  } finally {
    // They passed between the job and us; what is left below outDir is the hour's.
    await Promise.all([summaryPath, failurePath].map(async (path) => rm(path, { force: true })));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function describe(job: CurateJob, objects: readonly SparkObject[]): JobDescription {
  const { landingHour, revision, attempt, processedAt, countSent, suppression } = job;
  return describeCurate({
    landingHour, revision, attempt, processedAt, objects, out: pathToFileURL(job.outDir).href,
    ...(countSent === undefined ? {} : { countSent }), ...(suppression === undefined ? {} : { suppression }),
  });
}
