/** The Spark job as a process: what happens to it is the attempt's trouble, and nothing of it outlives the attempt or the worker. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { SluiceError } from '../../contract/errors';
import type { CurateJob, JobControl } from '../../engines/engine';
import { createSparkLocalEngine } from '../../engines/spark-local/engine';
import { generateLines, GENERATE_DEFAULTS } from '../../scripts/generate/lines';
import { HOUR, line, UNHURRIED } from '../curate/curating';
import { environmentOf } from '../support/environment-of';
import { JOB_MS, SET_UP_MS, SparkBench } from './spark-bench';

const DIST = join(__dirname, '..', '..', 'dist');
let bench: SparkBench;
beforeAll(async () => { bench = await SparkBench.open(); }, SET_UP_MS);
afterAll(async () => bench?.close());

async function job(bytes: string | Buffer): Promise<CurateJob> {
  return {
    landingHour: HOUR, revision: 1, attempt: 'a1', processedAt: '2026-11-20T11:10:00Z', objects: await bench.duckdb.objects({ object: bytes }), outDir: bench.duckdb.next('out'),
  };
}

/** Processes of a job, by its folder: Python and Java have it in their command line, Python's workers in their environment, where there is a /proc to show it. */
function processesOf(folder: string): readonly number[] {
  if (!existsSync('/proc/self/environ')) {
    const listed = execFileSync('ps', ['-axwwo', 'pid=,command='], { encoding: 'utf8', maxBuffer: 1e8 }).split('\n');
    return listed.filter((text) => text.includes(folder)).map((text) => parseInt(text, 10)).filter((pid) => pid !== process.pid);
  }
  return readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid).filter((pid) => {
    try {
      // A zombie has neither.
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(folder));
    } catch {
      return false;
    }
  }).map(Number);
}

async function none(folder: string, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  while (processesOf(folder).length > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(processesOf(folder).map((pid) => execFileSync('ps', ['-o', 'pid=,stat=,args=', '-p', String(pid)], { encoding: 'utf8' }).slice(0, 200))).toEqual([]);
}

const lines = (): Buffer => Buffer.concat([...generateLines({ ...GENERATE_DEFAULTS, landingHour: HOUR, lines: 60_000 })]);

test('a cancel ends it within a second, with every process that it started, and leaves no file in work; none of them had the worker’s keys', async () => {
  process.env.SLUICE_PAYLOAD_KEY = 'the key of all payloads';
  let environments: readonly string[] = [];
  const abort = new AbortController();
  const reason = new Error('cancelled by the operator');
  let abortedAt = 0;
  const control: JobControl = {
    signal: abort.signal,
    progress: ({ step }) => {
      if (step !== 'reading' || abortedAt > 0) return;
      // Amid the reading, when Python has workers.
      abortedAt = 1;
      setTimeout(() => {
        environments = processesOf(`${bench.duckdb.folder}/spark-`).map(environmentOf);
        abortedAt = Date.now();
        abort.abort(reason);
      }, 3_000);
    },
  };
  const error = await bench.spark.curate(await job(lines()), control).then(() => 'it went through', (failed: unknown) => failed);
  delete process.env.SLUICE_PAYLOAD_KEY;
  expect(error).toBe(reason);
  expect(Date.now() - abortedAt).toBeLessThan(1000);
  expect(environments.length).toBeGreaterThan(1);
  expect(environments.filter((environment) => environment.includes('the key of all payloads'))).toEqual([]);
  await none(`${bench.duckdb.folder}/spark-`, 3000);
  expect((await readdir(bench.duckdb.folder)).filter((name) => name.startsWith('spark-'))).toEqual([]);
}, JOB_MS);

test('it ends when the worker is killed', async () => {
  const workDir = bench.duckdb.next('work');
  await mkdir(workDir);
  const worker = spawn(process.execPath, ['-e', `
    const { createSparkLocalEngine } = require(${JSON.stringify(join(DIST, 'engines', 'spark-local', 'engine.js'))});
    const engine = createSparkLocalEngine(${JSON.stringify({ python: bench.python, memoryLimit: '700MB', threads: 1, workDir })});
    void engine.curate(${JSON.stringify(await job(lines()))}, { signal: new AbortController().signal, progress: ({ step }) => console.log(step) });`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => worker.stdout.on('data', (text: Buffer) => { if (text.toString().includes('reading')) resolve(); }));
  expect(processesOf(`${workDir}/spark-`).length).toBeGreaterThan(1);
  worker.kill('SIGKILL');
  await none(`${workDir}/spark-`, 20_000);
}, JOB_MS);

test('an object that is not there is an error, not a quarantined object', async () => {
  const { objects, ...rest } = await job(line());
  await expect(bench.spark.curate({ ...rest, objects: objects.map((object) => ({ ...object, path: bench.duckdb.next('absent') })) }, UNHURRIED)).rejects.toThrow(/ENOENT/);
});

test('a job cancelled before it began is not begun', async () => {
  const abort = new AbortController();
  abort.abort(new Error('too late'));
  await expect(bench.spark.curate(await job(line()), { signal: abort.signal, progress: () => undefined })).rejects.toThrow('too late');
});

test.each([
  ['no environment with Spark names the setting', undefined, /SLUICE_SPARK_PYTHON is not set/],
  ['a Python that is not there names the setting', '/nowhere/python', /SLUICE_SPARK_PYTHON/],
])('%s', async (_name, python, message) => {
  const engine = createSparkLocalEngine({ python, memoryLimit: '700MB', threads: 1, workDir: bench.duckdb.folder });
  await expect(engine.curate(await job(line()), UNHURRIED)).rejects.toMatchObject({ kind: 'configuration', message: expect.stringMatching(message) } satisfies Partial<SluiceError>);
});

test('too little memory names the setting', async () => {
  const engine = createSparkLocalEngine({ python: bench.python, memoryLimit: '300MB', threads: 1, workDir: bench.duckdb.folder });
  await expect(engine.curate(await job(line()), UNHURRIED)).rejects.toMatchObject({ kind: 'configuration', message: expect.stringContaining('SLUICE_SPARK_MEMORY=300MB') });
}, JOB_MS);

test('a Java that does not start is a configuration error that says so', async () => {
  const home = process.env.JAVA_HOME;
  process.env.JAVA_HOME = '/nowhere';
  try {
    await expect(bench.spark.curate(await job(line()), UNHURRIED)).rejects.toMatchObject({ kind: 'configuration', message: expect.stringContaining('Java 17') });
  } finally {
    if (home === undefined) Reflect.deleteProperty(process.env, 'JAVA_HOME');
    else process.env.JAVA_HOME = home;
  }
});
