/** One set-up of a part at a time on this machine, however many checkouts ask for it. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive, type ProcessIdentity } from './process-identity';

/** `waiting` is told once for each owner that is waited for. */
export async function withLock<T>(path: string, waiting: (owner: number) => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  let told = 0;
  for (;;) {
    const owner = claim(path);
    if (owner === null) break;
    if (owner.pid !== told) waiting(owner.pid);
    told = owner.pid;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** null: the lock is ours. Otherwise who has it. */
function claim(path: string): ProcessIdentity | null {
  // Written beside it and linked: a lock without its owner's name, left by a crash in between, could never be broken.
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(own, JSON.stringify(identityOf(process.pid)));
  try {
    linkSync(own, path);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return ownerOf(path) ?? claim(path);
  } finally {
    rmSync(own, { force: true });
  }
}

/** null where the lock has gone, or belonged to a process that has died: then it is broken. */
function ownerOf(path: string): ProcessIdentity | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const owner = JSON.parse(text) as ProcessIdentity;
  if (isAlive(owner)) return owner;
  const broken = `${path}.${process.pid}.broken`;
  try {
    renameSync(path, broken);
    // Somebody else may have broken the lock and taken it since we read it: then what we hold is theirs.
    if (readFileSync(broken, 'utf8') !== text) linkSync(broken, path);
  } catch {
    return null;
  } finally {
    rmSync(broken, { force: true });
  }
  return null;
}
