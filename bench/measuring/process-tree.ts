/** What a process and everything it started take of the machine, as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/** A child that runs DuckDB lives for seconds; between two looks its own high-water mark remembers. */
const EVERY_MS = 200;
const TICKS_A_SECOND = 100;

export interface MemoryPeaks {
  /** bytes resident at the same moment; pages that two processes share are counted in both */
  readonly together: number;
  readonly root: number;
  /** of the largest of the processes below the root */
  readonly child: number;
}

/** Looks at the tree until it is stopped. Null where there is no /proc: nothing is claimed that was not measured. */
export function watchMemory(root: number): () => MemoryPeaks | null {
  const peaks = { together: 0, root: 0, child: 0 };
  const look = (): void => {
    let together = 0;
    for (const pid of treeOf(root)) {
      const status = read(`/proc/${pid}/status`);
      together += kibibytes(status, 'VmRSS');
      const which = pid === root ? 'root' : 'child';
      peaks[which] = Math.max(peaks[which], kibibytes(status, 'VmHWM'));
    }
    peaks.together = Math.max(peaks.together, together);
  };
  look();
  const timer = setInterval(look, EVERY_MS);
  return () => {
    look();
    clearInterval(timer);
    return peaks.together === 0 ? null : { ...peaks };
  };
}

/** Seconds of processor that the tree has used so far, its children that have ended included. */
export function processorSeconds(root: number): number {
  return treeOf(root).reduce((sum, pid) => sum + ticks(pid, 'utime', 'cstime'), 0) / TICKS_A_SECOND;
}

/** Of our own children that have ended, with those that theirs have waited for. */
export function processorSecondsOfEnded(): number {
  return ticks(process.pid, 'cutime', 'cstime') / TICKS_A_SECOND;
}

const TIMES = ['utime', 'stime', 'cutime', 'cstime'] as const;
/** utime is the 14th field; the two before the first that is counted here are the pid and the name. */
const FIRST_TIME = 11;

function ticks(pid: number, from: (typeof TIMES)[number], to: (typeof TIMES)[number]): number {
  const stat = read(`/proc/${pid}/stat`);
  // The name is in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(FIRST_TIME);
  return fields.slice(TIMES.indexOf(from), TIMES.indexOf(to) + 1).reduce((sum, field) => sum + Number(field), 0);
}

function treeOf(root: number): readonly number[] {
  const found = [root];
  for (const pid of found) {
    for (const thread of names(`/proc/${pid}/task`)) {
      found.push(...read(`/proc/${pid}/task/${thread}/children`).split(' ').filter((text) => text !== '').map(Number));
    }
  }
  return found;
}

function kibibytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+([0-9]+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
}

/** A process may end while it is looked at. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function names(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
