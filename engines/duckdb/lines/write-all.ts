/** Bytes into a file, without waiting for anything else. */
import { writeSync } from 'node:fs';

/** What one call leaves is written by the next. `at`: in the file; behind what was written last where nothing is said. */
export function writeAll(file: number, bytes: Uint8Array, start: number, end: number, at: number | null = null): void {
  for (let from = start; from < end;) from += writeSync(file, bytes, from, end - from, at === null ? null : at + from - start);
}
