/** Who listens on a port, as far as the system tells. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** `java (pid 4711)`; null where it is not told, as with another user's process. */
export function holderOf(port: number): string | null {
  try {
    const pid = process.platform === 'linux' ? listenerFromProc(port) : listenerFromLsof(port);
    return pid === null ? null : `${commandOf(pid)} (pid ${pid})`;
  } catch {
    return null;
  }
}

const LISTEN = '0A';

function listenerFromProc(port: number): number | null {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN && local?.endsWith(`:${hex}`) === true && inode !== undefined) sockets.add(`socket:[${inode}]`);
    }
  }
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`))) return Number(pid);
      }
    } catch {
      // Ended in the meantime, or another user's.
      continue;
    }
  }
  return null;
}

function listenerFromLsof(port: number): number | null {
  const pid = execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return pid.trim() === '' ? null : Number(pid.trim().split('\n')[0]);
}

function commandOf(pid: number): string {
  return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}
