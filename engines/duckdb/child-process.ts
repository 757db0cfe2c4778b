/** Gives a job to a child process, passes on what it says, and makes of its death an error of the attempt. */
import { randomUUID } from 'node:crypto';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { childEnvironment } from '../child-environment';
import type { JobControl } from '../engine';
import { bytesOf } from '../memory-size';
import { builtModule } from './built-module';
import { CHILD_FLAGS } from './child-flags';
import type { IdleChildren } from './idle-children';
import type { DoneMessage, FailedMessage, FromChild, JobName, Jobs, StartMessage } from './messages';

/** Cancelling is promised within a second: what does not listen by then is killed. */
const KILL_AFTER_MS = 700;

export interface ChildSettings {
  readonly memoryLimit: string;
  readonly threads: number;
  readonly workDir: string;
}

export async function runInChild<Name extends JobName>(
  settings: ChildSettings, idle: IdleChildren, name: Name, job: Jobs[Name]['job'], control: JobControl,
): Promise<Jobs[Name]['outcome']> {
  throwIfCancelled(control.signal);
  const folder = join(settings.workDir, `duckdb-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  const start: StartMessage = {
    type: 'start', name, job, folder, threads: settings.threads, memory: bytesOf(settings.memoryLimit, 'SLUICE_DUCKDB_MEMORY'), memoryLimit: settings.memoryLimit,
  };
  try {
    for (let waiting = idle.take(); ; waiting = undefined) {
      const child = waiting ?? startChild();
      const answer = await converse(child, waiting === undefined, start, control);
      // It was ended while it waited: that is not this job's trouble.
      if (answer === 'unheard') continue;
      if (!idle.keep(child, answer.left)) await hangUp(child);
      return answer.outcome as Jobs[Name]['outcome'];
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function startChild(): ChildProcess {
  const child = fork(builtModule('child.js'), [], {
    env: childEnvironment(), execArgv: [...CHILD_FLAGS], stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  // Also while it waits: an error that nobody listens for would end the worker.
  return child.on('error', () => undefined);
}

/** Its memory is free when this returns. */
async function hangUp(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    if (child.connected) child.disconnect();
  });
}

/** `unheard`: a child that had waited ended, and had not said a word. */
async function converse(child: ChildProcess, isNew: boolean, start: StartMessage, control: JobControl): Promise<DoneMessage | 'unheard'> {
  const stderr = lastOf(child);
  let killer: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    if (child.connected) child.send({ type: 'cancel' }, () => undefined);
    killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  control.signal.addEventListener('abort', cancel, { once: true });
  let stopListening = (): void => undefined;
  try {
    return await new Promise((resolve, reject) => {
      let heard = false;
      let failed: FailedMessage | null = null;
      let ended: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null = null;
      const onMessage = (message: FromChild): void => {
        heard = true;
        if (message.type === 'progress') control.progress(child.pid === undefined ? message.progress : { ...message.progress, pid: child.pid });
        else if (message.type === 'failed') failed = message;
        // Once it is cancelled, only its end will do.
        else if (!control.signal.aborted) resolve(message);
      };
      const onError = (error: Error): void => {
        reject(new SluiceError({ kind: 'transient', what: 'cannot start the DuckDB child process', on: error.message, cause: error }));
      };
      // Not before the end: a cancelled child must be gone. And not before the channel is: its last words may still be in it.
      const onExit = (code: number | null, signal: NodeJS.Signals | null): void => {
        ended = { code, signal };
        if (!child.connected) onEnd();
      };
      const onEnd = (): void => {
        if (ended === null) return;
        if (control.signal.aborted) reject(reasonOf(control.signal));
        else if (failed !== null) reject(errorOf(failed));
        else if (!heard && !isNew) resolve('unheard');
        else reject(died(ended.code, ended.signal, start, stderr.text()));
      };
      child.on('message', onMessage).on('error', onError).on('exit', onExit).on('disconnect', onEnd);
      stopListening = () => {
        child.off('message', onMessage).off('error', onError).off('exit', onExit).off('disconnect', onEnd);
      };
      // A child that is gone already shows in its exit.
      child.send(start, () => undefined);
      if (control.signal.aborted) cancel();
    });
  } finally {
    clearTimeout(killer);
    control.signal.removeEventListener('abort', cancel);
    stderr.stop();
    stopListening();
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
function lastOf(child: ChildProcess): { readonly text: () => string; readonly stop: () => void } {
  let text = '';
  const listen = (more: string): void => { text = (text + more).slice(-4000); };
  child.stderr?.setEncoding('utf8').on('data', listen);
  return { text: () => text, stop: () => child.stderr?.off('data', listen) };
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('the job was cancelled');
}
