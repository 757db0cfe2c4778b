/** What is known about a local stack from outside: written by `up`, read by every other command. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { ProcessIdentity } from '../setup/process-identity';
import type { Ports } from './ports';

export interface RunningPart extends ProcessIdentity {
  readonly name: string;
  readonly version: string;
  readonly log: string;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly graceMs: number;
}

export interface StackState {
  /** the process that keeps the stack up */
  readonly owner: ProcessIdentity;
  readonly ports: Ports;
  readonly parts: readonly RunningPart[];
  /** settings for workers and commands; holds passwords */
  readonly environment: Readonly<Record<string, string>>;
  /** folders outside the state folder that hold data */
  readonly folders: readonly string[];
}

export const STATE_FILE = 'stack.json';

function statePath(stateDir: string): string {
  return join(stateDir, STATE_FILE);
}

export function readState(stateDir: string): StackState | null {
  try {
    return JSON.parse(readFileSync(statePath(stateDir), 'utf8')) as StackState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function writeState(stateDir: string, state: StackState): void {
  writePrivate(statePath(stateDir), JSON.stringify(state, null, 2));
}

export function forgetState(stateDir: string): void {
  rmSync(statePath(stateDir), { force: true });
}

/** Keys and passwords of this stack; as old as its data, since Postgres remembers its own. */
export interface Secrets {
  readonly s3AccessKey: string;
  readonly s3SecretKey: string;
  readonly postgres: string;
  readonly owner: string;
  readonly loader: string;
  readonly reader: string;
}

export function stackSecrets(stateDir: string): Secrets {
  const path = join(stateDir, 'secrets.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made: Secrets = {
    s3AccessKey: `SLUICE${randomBytes(7).toString('hex').toUpperCase()}`,
    s3SecretKey: randomBytes(20).toString('hex'),
    postgres: randomBytes(16).toString('hex'),
    owner: randomBytes(16).toString('hex'),
    loader: randomBytes(16).toString('hex'),
    reader: randomBytes(16).toString('hex'),
  };
  writePrivate(path, JSON.stringify(made, null, 2));
  return made;
}

/** Renamed into place: a reader sees the old file or the new one. */
function writePrivate(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
