/** The environment that a running process was given, as the system shows it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export function environmentOf(pid: number): string {
  if (existsSync('/proc/self/environ')) return readFileSync(`/proc/${pid}/environ`, 'utf8');
  return execFileSync('ps', ['-Ewwo', 'command=', '-p', String(pid)], { encoding: 'utf8' });
}
