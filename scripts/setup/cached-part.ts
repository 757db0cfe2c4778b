/** A part in the cache: there as a whole, or not at all. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from '../terminal';
import { identityOf } from './process-identity';
import { withLock } from './lock';
import { PartProgress } from './progress';

export interface SetupContext {
  readonly cache: string;
  readonly terminal: Terminal;
}

/**
 * The folder `<cache>/<name>`, made by `make` in a folder beside it and renamed: whoever sees it sees all of it.
 * `downloads` outlives an interruption, so that the next attempt goes on.
 */
export async function cachedPart(
  context: SetupContext,
  part: string,
  name: string,
  make: (folder: string, progress: PartProgress, downloads: string) => Promise<void>,
): Promise<string> {
  const folder = join(context.cache, name);
  if (existsSync(folder)) return folder;
  const waiting = (owner: number): void => {
    context.terminal.say(`  ${part.padEnd(10)} another set-up (pid ${owner}) is at it; waiting`);
  };
  return withLock(join(context.cache, 'locks', `${name}.lock`), waiting, async () => {
    if (existsSync(folder)) return folder;
    sweepAbandoned(context.cache, name);
    const making = `${folder}.making-${process.pid}`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making, { recursive: true });
    const downloads = join(context.cache, 'downloads', name);
    const progress = new PartProgress(context.terminal, part);
    try {
      await make(making, progress, downloads);
      renameSync(making, folder);
      rmSync(downloads, { recursive: true, force: true });
      progress.end('ready');
    } catch (error) {
      progress.end('failed');
      throw error;
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
    return folder;
  });
}

/** What a killed set-up left half made; the lock is ours, so nobody is at it. */
function sweepAbandoned(cache: string, name: string): void {
  for (const entry of readdirSync(cache)) {
    const pid = entry.startsWith(`${name}.making-`) ? Number(entry.slice(`${name}.making-`.length)) : null;
    if (pid !== null && identityOf(pid) === null) rmSync(join(cache, entry), { recursive: true, force: true });
  }
}
