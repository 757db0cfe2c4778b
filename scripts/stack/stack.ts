/** The local stack as a whole: starts every part, knows that each is well, stops them all. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../contract/errors';
import { cacheDir } from '../setup/platform';
import { identityOf, isAlive } from '../setup/process-identity';
import { setUp } from '../setup/set-up';
import { withLock } from '../setup/lock';
import type { Terminal } from '../terminal';
import { environmentOf } from './environment';
import type { Part, PartAddress, PartContext } from './part';
import { stackParts } from './parts';
import { assertFree, freePorts, reservePorts, type PortName, type Ports } from './ports';
import { lastLines, launch, stopProcess, type Launched } from './processes';
import { forgetState, readState, stackSecrets, writeState, type RunningPart, type StackState } from './state';

const HEALTH_SECONDS = 90;
const STOP_GRACE_MS = 10_000;

export interface StackOptions {
  readonly stateDir: string;
  /** forget the data of earlier starts */
  readonly fresh?: boolean;
  /** `checkout`: the same each time; `free`: any, for tests beside a running stack */
  readonly ports: 'checkout' | 'free';
  readonly terminal: Terminal;
}

export interface Stack {
  readonly stateDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: Ports;
  readonly parts: readonly RunningPart[];
  /** resolves, with what happened, when a part ends that nobody asked to */
  readonly died: Promise<SluiceError>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions): Promise<Stack> {
  const { stateDir, terminal } = options;
  const programs = await setUp(terminal);
  mkdirSync(stateDir, { recursive: true });
  return withLock(join(stateDir, 'start.lock'), (owner) => { terminal.say(`another start (pid ${owner}) is going on; waiting`); }, async () => {
    await stopLeftovers(stateDir, terminal);
    const parts = stackParts();
    if (options.fresh === true) forgetData(stateDir, parts);
    const { ports, offset } = options.ports === 'free' ? { ports: await freePorts(), offset: 0 } : await reservePorts(cacheDir(), stateDir, process.env);
    if (offset > 0) terminal.say(`another checkout has the default ports: this one's are ${offset} higher`);
    await assertFree(ports, portWishes(parts));
    const secrets = stackSecrets(stateDir);
    const environment = environmentOf({ ports, secrets, settings: process.env });
    const shared = { programs, ports, secrets, region: environment.SLUICE_AWS_REGION!, bucket: environment.SLUICE_LAKE_BUCKET! };
    const running: { readonly part: Part; readonly launched: Launched; readonly state: RunningPart }[] = [];
    const remember = (): void => {
      writeState(stateDir, {
        owner: identityOf(process.pid)!, ports, environment,
        parts: running.map(({ state }) => state),
        folders: parts.map((part) => part.folder(stateDir)),
      });
    };
    let stopping = false;
    const stop = async (): Promise<void> => {
      stopping = true;
      await stopParts(running.map(({ state }) => state));
      forgetState(stateDir);
    };
    const startPart = async (part: Part): Promise<void> => {
      const begun = Date.now();
      const context: PartContext = { ...shared, folder: part.folder(stateDir), log: join(stateDir, 'logs', `${part.name}.log`) };
      rmSync(context.log, { force: true });
      await part.prepare(context);
      const launched = launch(part.launch(context));
      running.push({
        part, launched,
        state: { ...launched.identity, name: part.name, version: part.version, log: context.log, stopSignal: part.stopSignal },
      });
      remember();
      await untilWell(part, context, launched);
      await part.furnish?.(context);
      terminal.say(`  ${part.name.padEnd(10)} ${part.version} up, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    };
    const started = await Promise.allSettled(parts.map(startPart));
    const failure = started.find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) {
      await stop();
      throw failure.reason;
    }
    const died = new Promise<SluiceError>((resolve) => {
      for (const { part, launched, state } of running) {
        void launched.ended.then((how) => { if (!stopping) resolve(deathOf(part, how, state.log)); });
      }
    });
    return { stateDir, environment, ports, parts: running.map(({ state }) => state), died, stop };
  });
}

/** What a stack left running whose owner was killed; false where nothing ran. */
export async function stopStack(stateDir: string): Promise<boolean> {
  const state = readState(stateDir);
  if (state === null) return false;
  // The owner first: it would report every part that we stop as one that died.
  if (state.owner.pid !== process.pid) await stopProcess(state.owner, 'SIGTERM', STOP_GRACE_MS * 2);
  await stopParts(state.parts);
  forgetState(stateDir);
  return true;
}

export interface PartStatus {
  readonly name: string;
  readonly version: string;
  readonly pid: number | null;
  readonly address: string;
  readonly health: 'well' | 'not well' | 'down';
  readonly detail: string | null;
}

export async function stackStatus(stateDir: string): Promise<readonly PartStatus[]> {
  const state = readState(stateDir);
  if (state === null) return [];
  const address: PartAddress = { ports: state.ports, secrets: stackSecrets(stateDir), region: state.environment.SLUICE_AWS_REGION! };
  return Promise.all(stackParts().map(async (part): Promise<PartStatus> => {
    const process = state.parts.find(({ name }) => name === part.name);
    const known = { name: part.name, version: part.version, address: part.address(address) };
    if (process === undefined || !isAlive(process)) return { ...known, pid: null, health: 'down', detail: process === undefined ? null : `see ${process.log}` };
    try {
      await part.answers(address);
      return { ...known, pid: process.pid, health: 'well', detail: null };
    } catch (error) {
      return { ...known, pid: process.pid, health: 'not well', detail: error instanceof Error ? error.message : String(error) };
    }
  }));
}

async function stopLeftovers(stateDir: string, terminal: Terminal): Promise<void> {
  const state = readState(stateDir);
  if (state === null) return;
  if (state.owner.pid !== process.pid && isAlive(state.owner)) {
    throw new SluiceError({
      kind: 'configuration', what: `the stack of this checkout is up already (pid ${state.owner.pid})`, on: stateDir,
      fix: 'Use it, or stop it with `npx sluice down`',
    });
  }
  const left = state.parts.filter(isAlive);
  if (left.length > 0) terminal.say(`stopping what an earlier start left running: ${left.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}`);
  await stopStack(stateDir);
}

/** Last to first: whoever uses a part is gone before it. */
async function stopParts(parts: readonly RunningPart[]): Promise<void> {
  for (const part of [...parts].reverse()) await stopProcess(part, part.stopSignal, STOP_GRACE_MS);
}

async function untilWell(part: Part, context: PartContext, launched: Launched): Promise<void> {
  let end: string | null = null;
  void launched.ended.then((how) => { end = how; });
  const deadline = Date.now() + HEALTH_SECONDS * 1000;
  for (;;) {
    if (end !== null) throw deathOf(part, end, context.log);
    try {
      await part.answers(context);
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw new SluiceError({
          kind: 'transient',
          what: `${part.name} was not well after ${HEALTH_SECONDS} s: ${error instanceof Error ? error.message : String(error)}\n${lastLines(context.log)}\n`,
          on: part.about, fix: `Read ${context.log}`, cause: error,
        });
      }
      await sleep(200);
    }
  }
}

function deathOf(part: Part, how: string, log: string): SluiceError {
  return new SluiceError({
    kind: 'transient', what: `${part.name} ${how}. Its last lines:\n${lastLines(log)}\n`, on: part.about,
    fix: `Read ${log}`, fields: { part: part.name, log },
  });
}

function portWishes(parts: readonly Part[]): Readonly<Record<PortName, string>> {
  return Object.fromEntries(parts.flatMap((part) => part.ports.map((port) => [port, part.about]))) as Record<PortName, string>;
}

/** Data, logs and keys; the state file stays for those who stop what still runs. */
export function forgetData(stateDir: string, parts: readonly Part[] = stackParts()): void {
  const state: StackState | null = readState(stateDir);
  for (const folder of new Set([...parts.map((part) => part.folder(stateDir)), ...(state?.folders ?? [])])) rmSync(folder, { recursive: true, force: true });
  rmSync(join(stateDir, 'logs'), { recursive: true, force: true });
  rmSync(join(stateDir, 'secrets.json'), { force: true });
}
