/**
 * Which payments come more than once? Of each line the mark of its payment is kept, eight characters made of the id, in files by a part of
 * the mark: one such file after another fits into memory. Two payments may have the same mark. That costs a second look at their lines
 * (contested-lines.duckdb.sql), and is never an answer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GrowingFile, GrowingFiles } from './growing-file';
import { idHash } from './id-hash';

const CHARACTERS = 8;
/** Ends a mark: it is in no id and in no text. */
const DELIMITER = 0x01;
/** With its delimiter. */
export const MARK_BYTES = CHARACTERS + 1;
/** Before the text of a line whose payment is settled: no id has it. */
export const NO_MARK = ' '.repeat(CHARACTERS) + String.fromCharCode(DELIMITER);

const LF = 0x0a;
const LINE_BYTES = CHARACTERS + 1;
/** Characters that mean nothing to whoever reads a file of them. */
const ALPHABET = Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-');
const BITS = 6;

export class PaymentMarks {
  readonly files: GrowingFiles;

  /** Whoever else keeps such marks has a name of its own and as many buckets. */
  constructor(folder: string, name: string, buckets: number) {
    this.files = new GrowingFiles(buckets, (bucket) => join(folder, `marks-${bucket}-${name}`));
  }

  /** Writes the mark of the id that stands there, and keeps it. */
  put(ids: Buffer, start: number, end: number, to: Buffer, at: number): void {
    // Two hashes of 24 bits each that have little in common; the multiplier of the second is Murmur's.
    const first = idHash(ids, start, end);
    let second = end - start;
    for (let i = start; i < end; i += 1) {
      second = Math.imul(second ^ ids[i]!, 0x5bd1e995);
      second ^= second >>> 15;
    }
    second = Math.imul(second, 0x5bd1e995);
    second ^= second >>> 13;
    for (let i = 0; i < CHARACTERS / 2; i += 1) {
      to[at + i] = ALPHABET[(first >>> (BITS * i)) & 63]!;
      to[at + CHARACTERS / 2 + i] = ALPHABET[(second >>> (BITS * i)) & 63]!;
    }
    to[at + CHARACTERS] = DELIMITER;
    const file = this.files.at((second >>> 0) % this.files.count);
    const place = file.room(CHARACTERS);
    for (let i = 0; i < CHARACTERS; i += 1) file.bytes[place + i] = to[at + i]!;
    file.endAt(place + CHARACTERS);
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
