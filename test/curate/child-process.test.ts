/** DuckDB in its own process: what happens to it is the attempt's trouble and not the worker's. */
import { readdir } from 'node:fs/promises';
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SluiceError } from '../../contract/errors';
import { generateLines } from '../../scripts/generate/lines';
import type { JobControl, JobProgress } from '../../engines/engine';
import { environmentOf } from '../support/environment-of';
import { HOUR, line, Workbench } from './curating';

const SECRET = 'the key of all payloads';

let bench: Workbench;
let lines: Buffer;
beforeAll(async () => {
  process.env.SLUICE_PAYLOAD_KEY = SECRET;
  bench = await Workbench.open();
  lines = Buffer.concat([...generateLines({ landingHour: HOUR, lines: 400_000, merchants: 200, bad: 0.001, duplicates: 0.02, late: 0.01, seed: 1 })]);
});
afterAll(async () => {
  delete process.env.SLUICE_PAYLOAD_KEY;
  await bench.close();
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function whileItRuns(act: (progress: JobProgress, abort: AbortController) => void): Promise<{ error: unknown; milliseconds: number; pid: number }> {
  const abort = new AbortController();
  let actedAt = 0;
  let pid = 0;
  const control: JobControl = {
    signal: abort.signal,
    progress: (progress) => {
      if (actedAt > 0 || (progress.lines ?? 0) === 0) return;
      actedAt = Date.now();
      pid = progress.pid!;
      act(progress, abort);
    },
  };
  const error = await bench.curate({ object: lines }, 1, control).then(() => 'it went through', (failed: unknown) => failed);
  return { error, milliseconds: Date.now() - actedAt, pid };
}

test('it says from the start that it is alive, and who it is', async () => {
  const said: JobProgress[] = [];
  await bench.curate({ object: line() }, 1, { signal: new AbortController().signal, progress: (progress) => said.push(progress) });
  expect(said[0]).toEqual({ step: 'starting', pid: expect.any(Number) as number });
});

test('the worker’s keys and passwords are not in its environment', async () => {
  let environment = '';
  await bench.curate({ object: line() }, 1, { signal: new AbortController().signal, progress: ({ pid }) => { environment ||= environmentOf(pid!); } });
  expect(environment).toContain('PATH=');
  expect(environment).not.toContain(SECRET);
});

test('cancelling stops it within a second and leaves no process and no file', async () => {
  const reason = new Error('cancelled by the operator');
  const { error, milliseconds, pid } = await whileItRuns((_progress, abort) => abort.abort(reason));
  expect(error).toBe(reason);
  expect(milliseconds).toBeLessThan(1000);
  expect(isAlive(pid)).toBe(false);
  expect((await readdir(bench.folder)).filter((name) => name.startsWith('duckdb-'))).toEqual([]);
});

test('a job cancelled before it began is not begun', async () => {
  const abort = new AbortController();
  abort.abort(new Error('too late'));
  await expect(bench.curate({ object: line() }, 1, { signal: abort.signal, progress: () => undefined })).rejects.toThrow('too late');
});

test('killed in the middle, it is an error to try again, and the next job runs', async () => {
  const { error } = await whileItRuns(({ pid }) => process.kill(pid!, 'SIGKILL'));
  expect(error).toMatchObject({ name: 'SluiceError', kind: 'transient' } satisfies Partial<SluiceError>);
  expect((error as SluiceError).message).toContain('SIGKILL');
  expect((await bench.curate({ object: line() })).outcome.counts.curated).toBe(1);
});

async function pidOf(objects: Record<string, string | Buffer> = { object: line() }): Promise<number> {
  let pid = 0;
  await bench.curate(objects, 1, { signal: new AbortController().signal, progress: (progress) => { pid = progress.pid!; } });
  return pid;
}

test('small jobs one after the other share a child; jobs at the same time have one each', async () => {
  const first = await pidOf();
  expect(await pidOf()).toBe(first);
  const both = await Promise.all([pidOf(), pidOf()]);
  expect(both).toContain(first);
  expect(new Set(both).size).toBe(2);
});

test('a job never finds what another left behind', async () => {
  const first = await bench.curate({ object: `${line({ payment_id: '"a"' })}\n${line({ payment_id: '"b"' })}\nnonsense` });
  const pid = await pidOf();
  const second = await bench.curate({ object: line({ payment_id: '"c"' }) });
  expect(await pidOf()).toBe(pid);
  expect([first, second].map(({ outcome: { counts } }) => [counts.lines, counts.curated, counts.dead])).toEqual([[3, 2, 1], [1, 1, 0]]);
});

test('what a large job took is free when it is over', async () => {
  const pid = await pidOf({ object: lines.subarray(0, 40_000_000) });
  const kibibytes = runs(pid) ? Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) : 0;
  expect(kibibytes).toBeLessThan(300 * 1024);
});

test('a child that dies while it waits is not missed', async () => {
  const pid = await pidOf();
  process.kill(pid, 'SIGKILL');
  expect(await pidOf()).not.toBe(pid);
});

test('a child that waits keeps no command from ending', async () => {
  const dist = join(__dirname, '..', '..', 'dist');
  const command = spawn(process.execPath, ['-e', `
    const { createDuckdbEngine } = require(${JSON.stringify(join(dist, 'engines', 'duckdb', 'engine.js'))});
    const engine = createDuckdbEngine({ memoryLimit: '200MB', threads: 1, workDir: ${JSON.stringify(bench.folder)} });
    void engine.pick({ files: [], paymentIds: ['a'], out: ${JSON.stringify(bench.next('picked'))} }, { signal: new AbortController().signal, progress: ({ pid }) => console.log(pid) })
      .then(() => console.log('done'));`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  let doneAt = 0;
  command.stdout.on('data', (text: Buffer) => {
    said += text.toString();
    if (said.includes('done')) doneAt ||= Date.now();
  });
  await new Promise((resolve) => command.once('exit', resolve));
  expect(said).toContain('done');
  expect(Date.now() - doneAt).toBeLessThan(5_000);
  const pid = Number(said.split('\n')[0]);
  for (let tries = 0; tries < 30 && runs(pid); tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(runs(pid)).toBe(false);
});

test('a query that needs more than its memory names the setting, and the next job runs', async () => {
  const small = await Workbench.open('20MB', 2);
  try {
    const error = await small.curate({ object: lines }).then(() => null, (failed: unknown) => failed as SluiceError);
    expect(error).toMatchObject({ kind: 'transient' });
    expect(error!.message).toContain('SLUICE_DUCKDB_MEMORY=20MB');
  } finally {
    await small.close();
  }
});

test('an object that is not there is an error, not a quarantined object', async () => {
  await expect(bench.engine.curate({
    landingHour: HOUR, revision: 1, attempt: 'a1', processedAt: '2026-11-20T11:00:00Z', objects: [{ key: 'k', version: 'v', path: bench.next('absent') }], outDir: bench.next('out'),
  }, { signal: new AbortController().signal, progress: () => undefined })).rejects.toThrow(/ENOENT/);
});

test('it ends when the worker does', async () => {
  const child = join(__dirname, '..', '..', 'dist', 'engines', 'duckdb', 'child.js');
  const worker = spawn(process.execPath, ['-e', `
    const child = require('node:child_process').fork(${JSON.stringify(child)});
    console.log(child.pid);
    setInterval(() => undefined, 1000);`], { stdio: ['ignore', 'pipe', 'ignore'] });
  const pid = await new Promise<number>((resolve) => worker.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(isAlive(pid)).toBe(true);
  worker.kill('SIGKILL');
  for (let tries = 0; tries < 30 && runs(pid); tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  expect(runs(pid)).toBe(false);
});

/** Not merely a zombie that nobody has waited for. */
function runs(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}
