/**
 * Rows as DuckDB holds them, a vector for each column, read where they lie. Asking for values one by one makes an object of each, and of a
 * text a view of foreign memory, a string and bytes again: for a record's 22 values that was four fifths of what taking a difference cost.
 */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';

/** A text of DuckDB: its length, then twelve bytes that are itself, or its beginning and a pointer. */
const TEXT_BYTES = 16;
const LONGEST_INSIDE = 12;

/** Texts of the rows from `from` to below `to`, in one piece of memory that is there as long as its chunk. */
export interface TextRun {
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
  /** where in `bytes` a row's text begins, by the row's number in the chunk */
  readonly starts: Uint32Array;
}

export class Vector {
  constructor(readonly data: Uint8Array, private readonly validity: Uint8Array | null) {}

  has(row: number): boolean {
    return this.validity === null || (this.validity[row >> 3]! & (1 << (row & 7))) !== 0;
  }
}

export class Int64Vector extends Vector {
  private readonly halves = new Int32Array(this.data.buffer, this.data.byteOffset, this.data.length / 4);
  private readonly values = new BigInt64Array(this.data.buffer, this.data.byteOffset, this.data.length / 8);

  value(row: number): bigint {
    return this.values[row]!;
  }

  low(row: number): number {
    return this.halves[2 * row]!;
  }

  high(row: number): number {
    return this.halves[2 * row + 1]!;
  }
}

export class Int32Vector extends Vector {
  private readonly values = new Int32Array(this.data.buffer, this.data.byteOffset, this.data.length / 4);

  value(row: number): number {
    return this.values[row]!;
  }
}

export class Float64Vector extends Vector {
  private readonly values = new Float64Array(this.data.buffer, this.data.byteOffset, this.data.length / 8);

  value(row: number): number {
    return this.values[row]!;
  }
}

export class BooleanVector extends Vector {
  value(row: number): boolean {
    return this.data[row] !== 0;
  }
}

/** One chunk's vectors, each taken once, in the order of the columns. */
export class RowVectors {
  readonly rows: number;
  private column = 0;

  constructor(private readonly chunk: DuckDBDataChunk) {
    this.rows = chunk.rowCount;
  }

  int64(): Int64Vector {
    return new Int64Vector(...this.next(8));
  }

  int32(): Int32Vector {
    return new Int32Vector(...this.next(4));
  }

  float64(): Float64Vector {
    return new Float64Vector(...this.next(8));
  }

  boolean(): BooleanVector {
    return new BooleanVector(...this.next(1));
  }

  /** A column that has no null. */
  text(): readonly TextRun[] {
    const vector = new Vector(...this.next(TEXT_BYTES));
    this.mustBeThere(vector);
    return textRuns(vector.data, this.rows);
  }

  /** Throws where a row has no value. */
  mustBeThere(...vectors: readonly Vector[]): void {
    for (const vector of vectors) {
      for (let row = 0; row < this.rows; row += 1) if (!vector.has(row)) throw new TypeError('a row has no value where each must have one');
    }
  }

  private next(width: number): [Uint8Array, Uint8Array | null] {
    const vector = duckdb.data_chunk_get_vector(this.chunk.chunk, this.column);
    this.column += 1;
    const validity = duckdb.vector_get_validity(vector, Math.ceil(this.rows / 64) * 8) as Uint8Array | null | undefined;
    return [duckdb.vector_get_data(vector, this.rows * width), validity ?? null];
  }
}

/** A view of foreign memory for each text would cost more than all the rest, so texts that lie one right behind the other are taken together. */
function textRuns(data: Uint8Array, rows: number): readonly TextRun[] {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
  const starts = new Uint32Array(rows);
  const runs: TextRun[] = [];
  for (let from = 0; from < rows;) {
    const first = from * 4;
    let length = words[first]!;
    let to = from + 1;
    if (length <= LONGEST_INSIDE) {
      const at = data.byteOffset + from * TEXT_BYTES + 4;
      runs.push({ from, to, bytes: Buffer.from(data.buffer, at, length), starts });
      from = to;
      continue;
    }
    const low = words[first + 2]!;
    for (; to < rows; to += 1) {
      const word = to * 4;
      const start = words[word + 2]! - low;
      if (words[word]! <= LONGEST_INSIDE || words[word + 3] !== words[first + 3] || start !== length) break;
      starts[to] = start;
      length += words[word]!;
    }
    const view = duckdb.get_data_from_pointer(data.buffer as ArrayBuffer, data.byteOffset + from * TEXT_BYTES + 8, length);
    runs.push({ from, to, bytes: Buffer.from(view.buffer, view.byteOffset, view.byteLength), starts });
    from = to;
  }
  return runs;
}
