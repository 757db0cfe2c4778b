/** Which port each part of the local stack listens on, and how two stacks on one machine keep apart. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { withLock } from '../setup/lock';
import { holderOf } from './port-holder';

export const DEFAULT_PORTS = {
  temporal: 7233,
  temporal_ui: 8233,
  kafka: 9092,
  kafka_controller: 9093,
  s3: 7070,
  aws: 5555,
  postgres: 5433,
  metrics: 9464,
  codec_server: 8081,
  api: 8080,
} as const;

export type PortName = keyof typeof DEFAULT_PORTS;
export type Ports = Readonly<Record<PortName, number>>;
export const PORT_NAMES = Object.keys(DEFAULT_PORTS) as PortName[];

/** Opened by the stack itself; the others belong to the worker, the codec server and the API, who find out by themselves. */
export const STACK_PORTS: readonly PortName[] = ['temporal', 'temporal_ui', 'kafka', 'kafka_controller', 's3', 'aws', 'postgres'];

const STEP = 100;

export function portSetting(name: PortName): string {
  return `SLUICE_PORT_${name.toUpperCase()}`;
}

export function portsAt(offset: number, environment: NodeJS.ProcessEnv): Ports {
  return Object.fromEntries(PORT_NAMES.map((name) => [name, settingOf(portSetting(name), environment) ?? DEFAULT_PORTS[name] + offset])) as Ports;
}

function settingOf(setting: string, environment: NodeJS.ProcessEnv): number | null {
  const text = environment[setting];
  if (text === undefined || text === '') return null;
  const value = Number(text);
  const least = setting === 'SLUICE_PORT_OFFSET' ? 0 : 1;
  if (!Number.isInteger(value) || value < least || value > 65535) {
    throw new SluiceError({ kind: 'configuration', what: `${JSON.stringify(text)} is not a port`, on: setting, fix: `Write a whole number from ${least} to 65535` });
  }
  return value;
}

/**
 * The ports of the stack in `stateDir`. The first checkout has the defaults, the next ones 100, 200, … more; remembered in
 * the cache, so that addresses stay the same from start to start.
 */
export async function reservePorts(cache: string, stateDir: string, environment: NodeJS.ProcessEnv): Promise<{ readonly ports: Ports; readonly offset: number }> {
  const chosen = settingOf('SLUICE_PORT_OFFSET', environment);
  if (chosen !== null) return { ports: portsAt(chosen, environment), offset: chosen };
  mkdirSync(cache, { recursive: true });
  const register = join(cache, 'ports.json');
  return withLock(join(cache, 'locks', 'ports.lock'), () => undefined, () => {
    const known = existsSync(register) ? JSON.parse(readFileSync(register, 'utf8')) as Record<string, number> : {};
    const others = Object.entries(known).filter(([folder]) => folder !== stateDir && existsSync(folder));
    const theirs = new Set(others.flatMap(([, offset]) => Object.values(portsAt(offset, {}))));
    let offset = known[stateDir] ?? 0;
    // Not only the offset: at +1000 the Temporal port is another checkout's UI port.
    while (Object.values(portsAt(offset, {})).some((port) => theirs.has(port))) offset += STEP;
    writeFileSync(`${register}.new`, JSON.stringify(Object.fromEntries([...others, [stateDir, offset]]), null, 2));
    renameSync(`${register}.new`, register);
    return Promise.resolve({ ports: portsAt(offset, environment), offset });
  });
}

/** Ports that nobody has, below those that the system hands out by itself: those may be taken again before we bind. */
export async function freePorts(): Promise<Ports> {
  const found: number[] = [];
  while (found.length < PORT_NAMES.length) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!found.includes(port) && await isFree(port)) found.push(port);
  }
  return Object.fromEntries(PORT_NAMES.map((name, i) => [name, found[i]!])) as Ports;
}

/** `wants` names the part for people. */
export async function assertFree(ports: Ports, wants: Readonly<Record<PortName, string>>): Promise<void> {
  const problems: string[] = [];
  for (const name of STACK_PORTS) {
    if (await isFree(ports[name])) continue;
    const holder = holderOf(ports[name]);
    problems.push(`port ${ports[name]} is taken by ${holder ?? 'another process'}; ${wants[name]} wants it (${portSetting(name)})`);
  }
  if (problems.length === 0) return;
  throw new SluiceError({
    kind: 'configuration',
    what: problems.join('\n'),
    fix: 'Stop who has it, or set another port in the setting named, or all at once with SLUICE_PORT_OFFSET=1000',
    fields: { problems },
  });
}

async function isFree(port: number): Promise<boolean> {
  return (await binds(port, '127.0.0.1')) && (await binds(port, '::'));
}

async function binds(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => { resolve(error.code !== 'EADDRINUSE' && error.code !== 'EACCES'); });
    server.listen({ port, host, exclusive: true }, () => { server.close(() => { resolve(true); }); });
  });
}
