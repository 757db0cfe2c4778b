/** A size of memory as settings have it, like 1GB. */
import { SluiceError } from '../contract/errors';

const UNITS = { MB: 1e6, GB: 1e9, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** In bytes; `setting` names it in the message. */
export function bytesOf(size: string, setting: string): number {
  const parts = /^([0-9]+)(MB|GB|MiB|GiB)$/.exec(size);
  if (parts === null) throw new SluiceError({ kind: 'configuration', what: 'not a size of memory', on: `${setting}=${size}`, fix: 'Write a size like 1GB' });
  return Number(parts[1]) * UNITS[parts[2] as keyof typeof UNITS];
}
