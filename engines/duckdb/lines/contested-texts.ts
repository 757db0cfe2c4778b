/**
 * Texts whose payment may have another line, copied out of the files of all: so few that what decides between them reads little. Where one stood it
 * is marked as gone, so that whoever reads the file later need not know its payment.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { CompiledTexts } from './compiled-texts';
import { addMarksOf } from './payment-marks';
import { writeAll } from './write-all';

const READ_BYTES = 1024 * 1024;

/** `marks`: files of those that come more than once. The copies go into `out`, where there are some; answers with how many there were. */
export function copyContested(compiled: CompiledTexts, texts: readonly string[], marks: readonly string[], out: string): number {
  const start = addMarksOf(compiled, marks, 2 * READ_BYTES, () => undefined);
  let copies: number | null = null;
  let copied = 0;
  const copyOf = (path: string): void => {
    const file = openSync(path, 'r+');
    try {
      // A text is much shorter: the last one of what was read is read once more with what follows.
      for (let from = 0, read = readSync(file, compiled.memory, start, READ_BYTES, from); read > 0; read = readSync(file, compiled.memory, start, READ_BYTES, from)) {
        const { taken, found, copiesEnd } = compiled.takeContested(start, start + read, start + READ_BYTES);
        if (taken === start) throw new Error(`there is no end of a text in ${path}`);
        if (found > 0) {
          copies ??= openSync(out, 'w');
          writeAll(copies, compiled.memory, start + READ_BYTES, copiesEnd);
          writeAll(file, compiled.memory, start, taken, from);
          copied += found;
        }
        from += taken - start;
      }
    } finally {
      closeSync(file);
    }
  };
  try {
    for (const path of texts) copyOf(path);
  } finally {
    if (copies !== null) closeSync(copies);
  }
  return copied;
}
