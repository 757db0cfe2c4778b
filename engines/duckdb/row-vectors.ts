/**
 * Rows as DuckDB holds them, a vector for each column, copied as they are. Asking for values one by one makes an object of each, and of a
 * text a view of foreign memory, a string and bytes again: for a record's 22 values that was four fifths of what taking a difference cost.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';

/** A text of DuckDB: its length, then twelve bytes that are itself, or its beginning and a pointer. */
const TEXT_BYTES = 16;
const LONGEST_INSIDE = 12;

/** One chunk's vectors; its memory is there as long as this is. */
export class RowVectors {
  readonly rows: number;

  constructor(private readonly chunk: DuckDBDataChunk) {
    this.rows = chunk.rowCount;
  }

  /** Of values of so many bytes each. */
  copyData(column: number, width: number, to: Uint8Array, at: number): void {
    to.set(duckdb.vector_get_data(this.vector(column), this.rows * width), at);
  }

  /** A bit for each row that has a value. */
  copyValidity(column: number, to: Uint8Array, at: number): void {
    const validity = this.validity(column);
    if (validity === null) to.fill(0xff, at, at + Math.ceil(this.rows / 8));
    else to.set(validity, at);
  }

  /** Throws where a row has no value. */
  mustBeThere(column: number): void {
    const validity = this.validity(column);
    if (validity === null) return;
    for (let row = 0; row < this.rows; row += 1) {
      if ((validity[row >> 3]! & (1 << (row & 7))) === 0) throw new TypeError('a row has no value where each must have one');
    }
  }

  /** A column that has no null. */
  texts(column: number): TextVector {
    this.mustBeThere(column);
    return new TextVector(duckdb.vector_get_data(this.vector(column), this.rows * TEXT_BYTES), this);
  }

  private vector(column: number): duckdb.Vector {
    return duckdb.data_chunk_get_vector(this.chunk.chunk, column);
  }

  private validity(column: number): Uint8Array | null {
    return (duckdb.vector_get_validity(this.vector(column), Math.ceil(this.rows / 64) * 8) as Uint8Array | null | undefined) ?? null;
  }
}

/** Texts that lie together in memory: of the rows that come before `to`. */
export interface TextRun {
  readonly to: number;
  readonly bytes: Uint8Array;
}

export class TextVector {
  private readonly words: Uint32Array;

  constructor(private readonly data: Uint8Array, private readonly vectors: RowVectors) {
    this.words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  }

  /**
   * From a row on, of no more than `most` bytes unless a single text has more. A view of foreign memory for each text would cost more than all
   * the rest, so texts that lie one right behind the other are taken together, and so are those that are inside the vector, with what is
   * between them there. `starts` is told, by row, where each begins when the bytes are copied to `at`.
   */
  run(from: number, most: number, at: number, starts: Uint32Array): TextRun {
    return this.isInside(from) ? this.runInside(from, most, at, starts) : this.runOutside(from, most, at, starts);
  }

  private isInside(row: number): boolean {
    return this.words[row * 4]! <= LONGEST_INSIDE;
  }

  private runInside(from: number, most: number, at: number, starts: Uint32Array): TextRun {
    let to = from;
    for (; to < this.vectors.rows && this.isInside(to); to += 1) {
      const start = (to - from) * TEXT_BYTES;
      if (to > from && start + TEXT_BYTES > most) break;
      starts[to] = at + start + 4;
    }
    return { to, bytes: this.data.subarray(from * TEXT_BYTES, to * TEXT_BYTES) };
  }

  private runOutside(from: number, most: number, at: number, starts: Uint32Array): TextRun {
    const { words, data } = this;
    const first = from * 4;
    let length = 0;
    let to = from;
    for (; to < this.vectors.rows && !this.isInside(to); to += 1) {
      const word = to * 4;
      if (words[word + 3] !== words[first + 3] || words[word + 2]! - words[first + 2]! !== length) break;
      if (to > from && length + words[word]! > most) break;
      starts[to] = at + length;
      length += words[word]!;
    }
    return { to, bytes: duckdb.get_data_from_pointer(data.buffer as ArrayBuffer, data.byteOffset + from * TEXT_BYTES + 8, length) };
  }
}
