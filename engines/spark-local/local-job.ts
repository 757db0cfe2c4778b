/** A Spark job over local files: described, run in a process group of its own, and believed only by the summary that it left. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SluiceError } from '../../contract/errors';
import type { JobControl } from '../engine';
import type { JobDescription } from '../spark/description';
import type { JobName } from '../spark/job-files';
import { FAILURE_NAME, readFailure, SUMMARY_NAME } from '../spark/summary';
import { runJob } from './job-process';

export interface SparkLocalSettings {
  /** `python` of an environment with pyspark 3.5; undefined: nobody has set one up */
  readonly python: string | undefined;
  /** heap of the Java process */
  readonly memoryLimit: string;
  readonly threads: number;
  readonly workDir: string;
}

export interface LocalJob<Outcome> {
  readonly name: JobName;
  /** receives what the job writes; the summary does not stay there */
  readonly outDir: string;
  readonly describe: () => Promise<JobDescription>;
  readonly read: (summary: string, sha256: string, on: string) => Outcome;
  /** of the files that are read */
  readonly bytes: number;
  /** environment of the job alone: its description lies on disk */
  readonly secrets?: Readonly<Record<string, string>>;
}

export async function runLocally<Outcome>(settings: SparkLocalSettings, job: LocalJob<Outcome>, control: JobControl): Promise<Outcome> {
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
  const summaryPath = join(job.outDir, SUMMARY_NAME);
  const failurePath = join(job.outDir, FAILURE_NAME);
  try {
    const description = await job.describe();
    const jobPath = join(folder, 'job.json');
    await writeFile(jobPath, description.json);
    try {
      const { name, bytes, secrets } = job;
      await runJob({ ...settings, name, python, folder, job: pathToFileURL(jobPath).href, scratch: pathToFileURL(join(folder, 'scratch')).href, bytes, secrets }, control);
    } catch (error) {
      const failure = control.signal.aborted ? null : await readFile(failurePath, 'utf8').catch(() => null);
      throw (failure === null ? null : readFailure(failure, description.sha256)) ?? error;
    }
    const summary = await readFile(summaryPath, 'utf8').catch((error: unknown) => {
      throw new SluiceError({ kind: 'transient', what: 'the Spark job ended and left no summary', on: summaryPath, fix: 'It is tried again', cause: error });
    });
    return job.read(summary, description.sha256, summaryPath);
  } finally {
    // They passed between the job and us; what else is left below outDir is whose it was made for.
    await Promise.all([summaryPath, failurePath].map(async (path) => rm(path, { force: true })));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
