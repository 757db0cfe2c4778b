/** Results that can be compared later: each with the machine, the commit and the versions it was measured on. */
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import packageOfDuckdb from '@duckdb/node-api/package.json';
import { checkoutRoot } from '../../scripts/setup/platform';

export interface Circumstances {
  readonly at: string;
  readonly machine: { readonly processor: string; readonly processors: number; readonly memoryGiB: number; readonly load: readonly number[] };
  /** null outside of a git checkout; `-changed` where files differ from it */
  readonly commit: string | null;
  readonly versions: Readonly<Record<string, string>>;
}

export function circumstances(versions: Readonly<Record<string, string>> = {}): Circumstances {
  const [first] = cpus();
  return {
    at: new Date().toISOString(),
    machine: {
      processor: first?.model ?? 'unknown', processors: cpus().length, memoryGiB: Math.round(totalmem() / 1024 ** 3),
      load: loadavg().map((load) => Math.round(load * 10) / 10),
    },
    commit: commit(),
    versions: { node: process.version, duckdb: packageOfDuckdb.version, ...versions },
  };
}

/** One JSON line; answers with the file. */
export async function keepResult(bench: string, result: object): Promise<string> {
  const folder = join(checkoutRoot(), 'bench', 'results');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${bench}.ndjson`);
  await appendFile(file, `${JSON.stringify(result)}\n`);
  return file;
}

/** Of the parts of a stack that have one. */
export function versionsOf(parts: readonly { readonly name: string; readonly version: string }[]): Readonly<Record<string, string>> {
  return Object.fromEntries(parts.filter(({ version }) => version !== '').map(({ name, version }) => [name, version]));
}

export function mebibytes(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

/** To `digits` after the point. */
export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

function commit(): string | null {
  const git = (...args: readonly string[]): string => execFileSync('git', [...args], { cwd: checkoutRoot(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ':!bench/results') !== '';
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed ? '-changed' : ''}`;
  } catch {
    return null;
  }
}
