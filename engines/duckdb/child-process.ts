/** Starts a child process for one job, passes on what it says, and makes of its death an error of the attempt. */
import { randomUUID } from 'node:crypto';
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import type { JobControl } from '../engine';
import type { FailedMessage, FromChild, JobName, Jobs, StartMessage } from './messages';

/** Cancelling is promised within a second: what does not listen by then is killed. */
const KILL_AFTER_MS = 700;
/** The rest of the child's memory is DuckDB's, which has its own limit. */
const CHILD_HEAP_MIB = 384;

export interface ChildSettings {
  readonly memoryLimit: string;
  readonly threads: number;
  readonly workDir: string;
}

export async function runInChild<Name extends JobName>(
  settings: ChildSettings, name: Name, job: Jobs[Name]['job'], control: JobControl,
): Promise<Jobs[Name]['outcome']> {
  throwIfCancelled(control.signal);
  const folder = join(settings.workDir, `duckdb-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  try {
    return await converse(entry(), {
      type: 'start', name, job, folder, threads: settings.threads, memory: bytesOf(settings.memoryLimit), memoryLimit: settings.memoryLimit,
    }, control) as Jobs[Name]['outcome'];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Beside this module once built; tests run this module from its source, and the child from the build. */
function entry(): string {
  const found = [join(__dirname, 'child.js'), join(__dirname, '..', '..', 'dist', 'engines', 'duckdb', 'child.js')].find(existsSync);
  if (found !== undefined) return found;
  throw new SluiceError({ kind: 'configuration', what: 'the DuckDB child process is not built', on: join(__dirname, 'child.js'), fix: 'Run `npm run build`' });
}

async function converse(path: string, start: StartMessage, control: JobControl): Promise<unknown> {
  const child = fork(path, [], { execArgv: [`--max-old-space-size=${CHILD_HEAP_MIB}`, '--max-semi-space-size=16'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const stderr = lastOf(child);
  const { pid } = child;
  let killer: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    if (child.connected) child.send({ type: 'cancel' }, () => undefined);
    killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  control.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      let answer: FromChild | null = null;
      child.on('message', (message: FromChild) => {
        if (message.type === 'progress') control.progress(pid === undefined ? message.progress : { ...message.progress, pid });
        else answer = message;
      });
      child.on('error', (error) => reject(new SluiceError({ kind: 'transient', what: 'cannot start the DuckDB child process', on: error.message, cause: error })));
      // Not before the end: a cancelled child must be gone. And not before the channel is: its last words may still be in it.
      let ended: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null = null;
      child.on('exit', (code, signal) => {
        ended = { code, signal };
        if (!child.connected) settle(ended);
      });
      child.on('disconnect', () => {
        if (ended !== null) settle(ended);
      });
      const settle = ({ code, signal }: { readonly code: number | null; readonly signal: NodeJS.Signals | null }): void => {
        if (control.signal.aborted) reject(reasonOf(control.signal));
        else if (answer?.type === 'done') resolve(answer.outcome);
        else if (answer?.type === 'failed') reject(errorOf(answer));
        else reject(died(code, signal, start, stderr()));
      };
      // A child that is gone already shows in its exit.
      child.send(start, () => undefined);
      if (control.signal.aborted) cancel();
    });
  } finally {
    clearTimeout(killer);
    control.signal.removeEventListener('abort', cancel);
  }
}

function died(code: number | null, signal: NodeJS.Signals | null, { name, memoryLimit }: StartMessage, stderr: string): SluiceError {
  const how = signal === null ? `exit code ${code}` : signal;
  const why = signal === 'SIGKILL' || signal === 'SIGABRT' ? ', most likely for want of memory' : '';
  return new SluiceError({
    kind: 'transient',
    what: `the DuckDB child process died (${how}${why})`,
    on: `${name}, SLUICE_DUCKDB_MEMORY=${memoryLimit}`,
    fix: 'If it happens again, give the machine more memory or lower SLUICE_DUCKDB_MEMORY and SLUICE_DUCKDB_THREADS',
    fields: { code, signal, stderr },
  });
}

function errorOf(message: FailedMessage): Error {
  if (message.kind === undefined) {
    const error = new Error(message.what);
    if (message.stack !== undefined) error.stack = message.stack;
    return error;
  }
  const { kind, what, on, fix } = message;
  return new SluiceError({ kind, what, ...(on === undefined ? {} : { on }), ...(fix === undefined ? {} : { fix }) });
}

/** The end of what the child wrote to stderr: a crash of the native library says there why. */
function lastOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (more: string) => { text = (text + more).slice(-4000); });
  return () => text;
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('the job was cancelled');
}

function bytesOf(size: string): number {
  const parts = /^([0-9]+)(MB|GB|MiB|GiB)$/.exec(size);
  if (parts === null) throw new SluiceError({ kind: 'configuration', what: 'not a size of memory', on: `SLUICE_DUCKDB_MEMORY=${size}`, fix: 'Write a size like 1GB' });
  const unit = { MB: 1e6, GB: 1e9, MiB: 1024 ** 2, GiB: 1024 ** 3 }[parts[2] as 'MB' | 'GB' | 'MiB' | 'GiB'];
  return Number(parts[1]) * unit;
}
