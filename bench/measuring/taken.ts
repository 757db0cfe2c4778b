/** What a step took: seconds, the processor's time of every process that has a part in it, the memory of the one that it is about. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processorSeconds, processorSecondsOfEnded, watchMemory } from './process-tree';

const LOOK_EVERY_MS = 200;

export interface Taken {
  readonly seconds: number;
  /** by part; each with everything below it */
  readonly processorSeconds: Readonly<Record<string, number>>;
  /** bytes resident at its peak, with everything below it; null where there is no /proc */
  readonly memory: number | null;
}

/** pids by name. The first is the one whose memory is watched. */
export type Parts = Readonly<Record<string, number>>;

/** A step in processes that are up. One that answers with seconds has left out what is not its work: those count. */
export async function taken(parts: Parts, step: () => Promise<unknown>): Promise<Taken> {
  const before = processorByPart(parts);
  const stopWatching = watchMemory(Object.values(parts)[0]!);
  try {
    const started = performance.now();
    const answer = await step();
    const seconds = typeof answer === 'number' ? answer : (performance.now() - started) / 1000;
    return { seconds, processorSeconds: since(before, parts), memory: stopWatching()?.together ?? null };
  } finally {
    stopWatching();
  }
}

export interface Program {
  /** as its processor time is called */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A program that does its work and ends, its start included. */
export async function takenBy(program: Program, beside: Parts = {}): Promise<Taken & { readonly stdout: string }> {
  const before = processorByPart(beside);
  const endedBefore = processorSecondsOfEnded();
  const started = performance.now();
  const child = spawn(program.command, [...program.args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...program.environment } });
  const stopWatching = child.pid === undefined ? () => null : watchMemory(child.pid);
  // What it started and did not wait for is seen only while it runs.
  let seen = 0;
  const looking = setInterval(() => { if (child.pid !== undefined) seen = Math.max(seen, processorSeconds(child.pid)); }, LOOK_EVERY_MS);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr = (stderr + text).slice(-8_000); });
  try {
    const [code] = await once(child, 'close') as [number | null];
    const seconds = (performance.now() - started) / 1000;
    if (code !== 0) throw new Error(`${program.name} ended with exit code ${code}:\n${stderr}`);
    const own = Math.max(seen, processorSecondsOfEnded() - endedBefore);
    return { seconds, processorSeconds: { [program.name]: own, ...since(before, beside) }, memory: stopWatching()?.together ?? null, stdout };
  } finally {
    clearInterval(looking);
    stopWatching();
  }
}

function processorByPart(parts: Parts): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(parts).map(([name, pid]) => [name, processorSeconds(pid)]));
}

function since(before: Readonly<Record<string, number>>, parts: Parts): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(processorByPart(parts)).map(([name, used]) => [name, used - before[name]!]));
}
