/** The command line as its users have it: a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { checkoutRoot } from '../../scripts/setup/platform';

export const CLI = join(checkoutRoot(), 'scripts', 'sluice.mjs');

/** Answers with what it wrote to stdout. `started` is given its pid. */
export async function sluice(args: readonly string[], started: (pid: number) => void = () => undefined): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: process.env });
  if (child.pid !== undefined) started(child.pid);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => { text += more; });
  const [code] = await once(child, 'close') as [number | null];
  if (code !== 0) throw new Error(`sluice ${args[0]} ended with exit code ${code}`);
  return text;
}
