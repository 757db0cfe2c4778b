/**
 * Which payments come more than once? Of each line the mark of its payment is kept, eight characters made of the id, in files by a part of
 * the mark: one such file after another fits into memory. Two payments may have the same mark. That costs a second look at their lines
 * (contested-lines.duckdb.sql), and is never an answer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GrowingFile, GrowingFiles } from './growing-file';
import { putMark } from './id-hash';

const CHARACTERS = 8;
/** With the separator behind it. */
export const MARK_BYTES = CHARACTERS + 1;
/** Before the text of a line whose payment is settled, with the separator: no id has it. */
export const NO_MARK = `${' '.repeat(CHARACTERS)}|`;

const LF = 0x0a;
const LINE_BYTES = CHARACTERS + 1;

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

/** Marks as two halves. Half of one is never 0: it is characters. */
export class MarkSet {
  private readonly places: number;
  private readonly seen: Int32Array;

  constructor(mostMarks: number) {
    let places = 2;
    while (places < 2 * mostMarks) places *= 2;
    this.places = places;
    this.seen = new Int32Array(2 * places);
  }

  /** Answers with whether it was there. */
  add(first: number, second: number): boolean {
    const place = this.placeOf(first, second);
    if (this.seen[place] !== 0) return true;
    this.seen[place] = first;
    this.seen[place + 1] = second;
    return false;
  }

  has(first: number, second: number): boolean {
    return this.seen[this.placeOf(first, second)] !== 0;
  }

  /** Where it is, or would be. */
  private placeOf(first: number, second: number): number {
    const { seen, places } = this;
    // All marks of a bucket have the same rest of their second half.
    const mixed = Math.imul(first, 0x85ebca6b) ^ Math.imul(second, 0x27d4eb2f);
    let place = (mixed ^ (mixed >>> 15)) & (places - 1);
    while (seen[2 * place] !== 0 && (seen[2 * place] !== first || seen[2 * place + 1] !== second)) place = (place + 1) & (places - 1);
    return 2 * place;
  }
}

/** Of the mark that stands there, its first half or, four bytes on, its second. */
export function halfAt(bytes: Buffer, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Writes the marks that these files of a bucket have more than once into `out`, a line each, some of them repeatedly; answers with how many. */
export function findTwice(files: readonly string[], out: string): number {
  const twice = new GrowingFile(out);
  addAll(files, CHARACTERS, (bytes, from) => {
    const at = twice.room(LINE_BYTES);
    const end = at + bytes.copy(twice.bytes, at, from, from + CHARACTERS);
    twice.bytes[end] = LF;
    twice.endAt(end + 1);
  });
  twice.close();
  return twice.size / LINE_BYTES;
}

/** Of such lines. */
export function markSetOf(files: readonly string[]): MarkSet {
  return addAll(files, LINE_BYTES, () => undefined);
}

/** `bytesOfOne`: from one mark to the next. */
function addAll(files: readonly string[], bytesOfOne: number, wasThere: (bytes: Buffer, at: number) => void): MarkSet {
  const parts = files.map((file) => readFileSync(file));
  const marks = new MarkSet(parts.reduce((sum, { length }) => sum + length / bytesOfOne, 0));
  for (const bytes of parts) {
    for (let at = 0; at < bytes.length; at += bytesOfOne) if (marks.add(halfAt(bytes, at), halfAt(bytes, at + CHARACTERS / 2))) wasThere(bytes, at);
  }
  return marks;
}
