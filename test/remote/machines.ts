/** What AWS's machines do when a run is started, done on this one: the description is read from the lake, the work done, the summary left there. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LandingHour } from '../../contract/landing-hour';
import { createDuckdbEngine } from '../../engines/duckdb/engine';
import type { Lake } from '../../stores/lake';
import type { StartedRun } from './interposed-aws';
import type { WarmSpark } from './warm-spark';

interface Description {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly objects: readonly { readonly key: string; readonly version: string; readonly etag?: string; readonly isSent?: boolean }[];
  readonly countSent: boolean;
  readonly out: string;
  readonly curatedFile: string;
}

/** Key in the lake of the description that the run was started with. */
export function descriptionOf({ request }: StartedRun): string {
  return /s3:\/\/[^/]+\/(staging\/[^"]+\/job\.json)/.exec(JSON.stringify(request))![1]!;
}

/** By DuckDB, whose rows are the job's: test/spark holds the two against one another. `processedAt` is the revision's. */
export async function work(lake: Lake, run: StartedRun, processedAt: string): Promise<void> {
  const key = descriptionOf(run);
  const { text } = (await lake.readText(key))!;
  const description = JSON.parse(text) as Description;
  await inFolder(async (folder) => {
    const paths = await lake.downloadAll(description.objects, join(folder, 'raw'));
    const outDir = join(folder, 'out');
    const [, attempt] = /-r\d+-([^-/]+)-0\.parquet$/.exec(description.curatedFile)!;
    const outcome = await createDuckdbEngine({ memoryLimit: '300MB', threads: 1, workDir: folder }).curate({
      landingHour: description.landingHour, revision: description.revision, attempt: attempt!, processedAt, outDir, countSent: description.countSent,
      objects: description.objects.map((object, i) => ({ ...object, path: paths[i]! })),
    }, { signal: new AbortController().signal, progress: () => undefined });
    const prefix = key.replace(/job\.json$/, '');
    const files = readdirSync(outDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    await lake.putFiles(files.map((path) => ({ key: `${prefix}${path.slice(outDir.length + 1)}`, path })));
    await lake.put(`${prefix}summary.json`, JSON.stringify({ job: sha256(text), ...outcome }));
  });
}

/**
 * By Spark: the job's files as they were uploaded, started with the arguments of the run, reading and writing the lake by themselves.
 * Answers with what the job said, as it would stand in its log.
 */
export async function workBySpark(lake: Lake, run: StartedRun, spark: WarmSpark): Promise<string> {
  return inFolder(async (folder) => startedAsTold(lake, run, spark, folder, `s3://${lake.bucket}/${descriptionOf(run)}`));
}

/**
 * The night's jobs by Spark, started as they were told to, but over files that were brought here, and what they leave is brought back:
 * this machine's Spark does not know S3.
 */
export async function nightBySpark(lake: Lake, run: StartedRun, spark: WarmSpark): Promise<void> {
  await inFolder(async (folder) => {
    const key = descriptionOf(run);
    const { text } = (await lake.readText(key))!;
    const keys = [...new Set([...text.matchAll(/"s3:\/\/[^/]+\/(curated\/[^"]+)"/g)].map(([, found]) => found!))];
    const paths = await lake.downloadAll(keys.map((found) => ({ key: found })), join(folder, 'in'));
    const out = join(folder, 'out');
    const prefix = key.replace(/job\.json$/, '');
    const here = keys.reduce((described, found, i) => described.replaceAll(`"s3://${lake.bucket}/${found}"`, `"${pathToFileURL(paths[i]!).href}"`), text)
      .replace(`"s3://${lake.bucket}/${prefix.slice(0, -1)}"`, `"${pathToFileURL(out).href}"`);
    await writeFile(join(folder, 'job.json'), here);
    await startedAsTold(lake, run, spark, folder, pathToFileURL(join(folder, 'job.json')).href);
    const summary = (await readFile(join(out, 'summary.json'), 'utf8')).replace(sha256(here), sha256(text));
    await writeFile(join(out, 'summary.json'), summary);
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    await lake.putFiles(files.map((path) => ({ key: `${prefix}${path.slice(out.length + 1)}`, path })));
  });
}

async function startedAsTold(lake: Lake, run: StartedRun, spark: WarmSpark, folder: string, job: string): Promise<string> {
  const told = JSON.stringify(run.request);
  const keys = [...new Set([...told.matchAll(/s3:\/\/[^/]+\/(jobs\/[0-9a-f]+\/[a-z_]+\.py)/g)].map(([, key]) => key!))];
  for (const key of keys) await lake.download({ key }, join(folder, 'job', basename(key)));
  const [, entry] = /"(?:entryPoint|--scriptLocation)":"s3:[^"]*\/([a-z_]+\.py)"/.exec(told)!;
  return spark.run({
    entry: join(folder, 'job', entry!),
    arguments: [
      '--job', job, '--JOB_NAME', 'a service adds arguments of its own',
      '--scratch', pathToFileURL(join(folder, 'scratch')).href, '--threads', '2', '--memory', '700m', '--local-folder', join(folder, 'local'),
    ],
  });
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-machines-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
