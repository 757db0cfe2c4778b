/**
 * Texts whose payment may have another line, copied out of the files of all: so few that what decides between them reads little. In JavaScript,
 * since reading every text to find them takes DuckDB four times as long.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { GrowingFile } from './growing-file';
import { halfAt, MARK_BYTES, markSetOf, type MarkSet } from './payment-marks';

const LF = 0x0a;
const READ_BYTES = 1024 * 1024;

/** `marks`: files of those that come more than once. The copies go into `out`, as they are; answers with how many there were. */
export function copyContested(texts: readonly string[], marks: readonly string[], out: string): number {
  const contested = markSetOf(marks);
  const copies = new GrowingFile(out);
  const copied = texts.reduce((sum, file) => sum + copyOf(file, contested, copies), 0);
  copies.close();
  return copied;
}

function copyOf(path: string, contested: MarkSet, copies: GrowingFile): number {
  const file = openSync(path, 'r');
  let copied = 0;
  try {
    // A text is much shorter: the last one of what was read is read once more with what follows.
    const bytes = Buffer.allocUnsafe(READ_BYTES);
    for (let from = 0, read = readSync(file, bytes, 0, READ_BYTES, from); read > 0; read = readSync(file, bytes, 0, READ_BYTES, from)) {
      let start = 0;
      for (let lf = bytes.indexOf(LF, MARK_BYTES); lf >= 0 && lf < read; lf = bytes.indexOf(LF, start + MARK_BYTES)) {
        if (contested.has(halfAt(bytes, start), halfAt(bytes, start + 4))) {
          const at = copies.room(lf + 1 - start);
          copies.endAt(at + bytes.copy(copies.bytes, at, start, lf + 1));
          copied += 1;
        }
        start = lf + 1;
      }
      if (start === 0) throw new Error(`there is no end of a text in ${path}`);
      from += start;
    }
  } finally {
    closeSync(file);
  }
  return copied;
}
