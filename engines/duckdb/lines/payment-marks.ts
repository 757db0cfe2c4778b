/**
 * Which payments come more than once? Of each line the mark of its payment is kept, eight characters made of the id, in files by a part of
 * the mark: one such file after another fits into memory. Two payments may have the same mark. That costs a second look at their lines
 * (contested-lines.duckdb.sql), and is never an answer.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledTexts } from './compiled-texts';
import { GrowingFiles } from './growing-file';
import { putMark } from './id-hash';
import { writeAll } from './write-all';

const CHARACTERS = 8;
/** With the separator behind it. */
export const MARK_BYTES = CHARACTERS + 1;
/** Before the text of a line whose payment is settled, with the separator: no id has it. */
export const NO_MARK = `${' '.repeat(CHARACTERS)}|`;
const READ_BYTES = 1024 * 1024;

/** Of the marks that somebody keeps. Whoever else keeps some has a name of its own and as many buckets. */
export function marksPath(folder: string, name: string, bucket: number): string {
  return join(folder, `marks-${bucket}-${name}`);
}

/** Of lines that are not plain: plain ones' are kept where they are read. */
export class PaymentMarks {
  readonly files: GrowingFiles;

  constructor(folder: string, name: string, buckets: number) {
    this.files = new GrowingFiles(buckets, (bucket) => marksPath(folder, name, bucket));
  }

  /** Writes the mark of the id that stands there, and keeps it. */
  put(ids: Buffer, start: number, end: number, to: Buffer, at: number): void {
    const file = this.files.at(putMark(ids, start, end, to, at, CHARACTERS) % this.files.count);
    const place = file.room(CHARACTERS);
    file.endAt(place + to.copy(file.bytes, place, at, at + CHARACTERS));
  }
}

/** Writes the marks that these files of a bucket have more than once into `out`, where there are some, and some of them repeatedly; answers with how many. */
export function findTwice(compiled: CompiledTexts, files: readonly string[], out: string): number {
  let twice: number | null = null;
  let found = 0;
  try {
    addMarksOf(compiled, files, READ_BYTES, (start, end) => {
      if (end === start) return;
      twice ??= openSync(out, 'w');
      writeAll(twice, compiled.memory, start, end);
      found += (end - start) / CHARACTERS;
    });
  } finally {
    if (twice !== null) closeSync(twice);
  }
  return found;
}

/** The set of the marks in these files; `wereThere` is told of each part where those are that were in it already. Answers with where `bytes` are free. */
export function addMarksOf(compiled: CompiledTexts, files: readonly string[], bytes: number, wereThere: (start: number, end: number) => void): number {
  const start = compiled.openMarks(files.reduce((sum, file) => sum + statSync(file).size, 0) / CHARACTERS, Math.max(bytes, READ_BYTES));
  for (const path of files) {
    const file = openSync(path, 'r');
    try {
      for (let from = 0, end = read(compiled, file, start, from); end > start; end = read(compiled, file, start, from)) {
        // A mark of which a part is missing comes with the next ones; nobody writes to the file any more.
        const whole = end - ((end - start) % CHARACTERS);
        if (whole === start) throw new Error(`${path} ends in the middle of a mark`);
        wereThere(start, compiled.addMarks(start, whole));
        from += whole - start;
      }
    } finally {
      closeSync(file);
    }
  }
  return start;
}

function read(compiled: CompiledTexts, file: number, start: number, from: number): number {
  return start + readSync(file, compiled.memory, start, READ_BYTES, from);
}
