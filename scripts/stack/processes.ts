/** Processes of the stack: each leads a group of its own, so that stopping it takes its children with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../contract/errors';
import { identityOf, isAlive, type ProcessIdentity } from '../setup/process-identity';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: string;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Launched {
  readonly identity: ProcessIdentity;
  /** resolves when the process has ended, with how */
  readonly ended: Promise<string>;
}

export function launch(what: Launch): Launched {
  mkdirSync(dirname(what.log), { recursive: true });
  const log = openSync(what.log, 'a');
  let child: ChildProcess;
  try {
    child = spawn(what.command, [...what.args], {
      cwd: what.cwd,
      env: { ...process.env, ...what.environment },
      stdio: ['ignore', log, log],
      detached: true,
      ...(what.uid === undefined ? {} : { uid: what.uid }),
      ...(what.gid === undefined ? {} : { gid: what.gid }),
    });
  } finally {
    closeSync(log);
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => { resolve(`could not be started: ${error.message}`); });
    child.once('exit', (code, signal) => { resolve(`ended with ${signal ?? `exit code ${code}`}`); });
  });
  const identity = child.pid === undefined ? null : identityOf(child.pid);
  if (identity === null) {
    throw new SluiceError({
      kind: 'transient', what: `the process ended at once:\n${lastLines(what.log)}`, on: what.command, fix: `Read ${what.log}`,
    });
  }
  return { identity, ended };
}

/** Asks the process to end, waits, then ends its whole group. */
export async function stopProcess(target: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (isAlive(target)) {
    send(target.pid, signal);
    const deadline = Date.now() + graceMs;
    while (isAlive(target) && Date.now() < deadline) await sleep(50);
    // Only while the leader is known to be ours: afterwards the group's number may be a stranger's.
    if (isAlive(target)) {
      send(-target.pid, 'SIGKILL');
      while (isAlive(target)) await sleep(20);
    }
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function lastLines(log: string, lines = 15): string {
  if (!existsSync(log)) return '(no log)';
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).map((line) => `    ${line}`).join('\n');
}
