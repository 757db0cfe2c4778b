/** What a stranger does first: up, the plug pulled in the middle, up again. The whole thing as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf } from '../../scripts/setup/process-identity';

const CLI = join(__dirname, '../../dist/scripts/sluice.js');
const stateDir = mkdtempSync(join(tmpdir(), 'sluice-up-'));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Hour {
  readonly landingHour: string;
  readonly state: string;
  readonly unchanged: boolean;
  readonly revision: number;
  readonly proof: { readonly terms: { readonly lines: number; readonly curated: number; readonly deadLettered: number } };
}

/** The state dir's own stack: none of the settings of the test run's; ports below those of the test run’s stack. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SLUICE|TEMPORAL|AWS)_/.test(name) || name === 'SLUICE_CACHE_DIR'));
  return { ...own, SLUICE_STATE_DIR: stateDir, SLUICE_PORT_OFFSET: String(3_000 + (process.pid % 740) * 10) };
}

function up(args: readonly string[], watch: (child: ChildProcess, text: string) => void = () => undefined): Promise<Outcome> {
  const child = spawn(process.execPath, [CLI, 'up', '--json', ...args], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    watch(child, stderr);
  });
  return new Promise((resolve) => { child.once('exit', (code) => resolve({ code, stdout, stderr })); });
}

function pids(): Readonly<Record<string, number>> {
  const state = JSON.parse(readFileSync(join(stateDir, 'stack.json'), 'utf8')) as { parts: { name: string; pid: number }[] };
  return Object.fromEntries(state.parts.map(({ name, pid }) => [name, pid]));
}

/** One that has ended and whom nobody asked for its exit code yet does not live. */
function isAlive(pid: number): boolean {
  return identityOf(pid) !== null;
}

afterAll(() => {
  rmSync(stateDir, { recursive: true, force: true });
});

let first: readonly Hour[] = [];
let pages: string | undefined;

/** What a newcomer clicks on: it opens the pages with the demo's key. */
function pagesAddress(said: string): string | undefined {
  return /^Pages +(http:\/\/127\.0\.0\.1:\d+\/pages\/hours#key=sluice_\S+)$/m.exec(said)?.[1];
}

test('three hours are proven though the worker is killed in the middle, and no process is left', async () => {
  const seen: number[] = [];
  let killed: number | undefined;
  const outcome = await up(['--once', '--fresh'], (_child, text) => {
    if (killed !== undefined || (text.match(/landed \d+ lines/g) ?? []).length < 3) return;
    killed = pids().worker!;
    seen.push(...Object.values(pids()));
    void sleep(2_500).then(() => process.kill(killed!, 'SIGKILL'));
  });
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stderr).toContain('starting another');
  pages = pagesAddress(outcome.stderr);
  expect(pages).toBeDefined();
  first = JSON.parse(outcome.stdout) as readonly Hour[];
  expect(first.map(({ state, revision }) => ({ state, revision }))).toEqual(Array.from({ length: 3 }, () => ({ state: 'proven', revision: 1 })));
  expect(first.reduce((sum, { proof }) => sum + proof.terms.lines, 0)).toBeGreaterThanOrEqual(60_000);
  expect(seen.length).toBeGreaterThanOrEqual(6);
  expect(seen.filter(isAlive)).toEqual([]);
  expect(existsSync(join(stateDir, 'stack.json'))).toBe(false);
}, 300_000);

test('started again, the data are there and nothing changes', async () => {
  const outcome = await up(['--once']);
  expect(outcome).toMatchObject({ code: 0 });
  expect(pagesAddress(outcome.stderr)).toBe(pages);
  const again = JSON.parse(outcome.stdout) as readonly Hour[];
  expect(again.map(({ landingHour, state, unchanged, revision }) => ({ landingHour, state, unchanged, revision })))
    .toEqual(first.map(({ landingHour }) => ({ landingHour, state: 'proven', unchanged: true, revision: 1 })));
  expect(again.map(({ proof }) => proof.terms)).toEqual(first.map(({ proof }) => proof.terms));
}, 300_000);

test('SIGTERM stops every process it started', async () => {
  let all: readonly number[] = [];
  const outcome = await up(['--no-demo'], (child, text) => {
    if (all.length > 0 || !text.includes('Temporal UI')) return;
    all = Object.values(pids());
    child.kill('SIGTERM');
  });
  expect(outcome.code).toBe(0);
  expect(all.length).toBeGreaterThanOrEqual(6);
  expect(all.filter(isAlive)).toEqual([]);
}, 300_000);
