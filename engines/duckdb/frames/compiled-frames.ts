/**
 * The part of the difference that looks at every value. It is written in AssemblyScript (assembly/) and compiled to WebAssembly by the build,
 * which V8 makes machine code of before the first row.
 */
import { CURATED_COLUMNS, type ChangeOp, type ColumnType } from '../../../contract/payment';
import { opByte } from '../../../contract/record-frame';
import { SummedParts, type SumsOfRows } from '../../../contract/sums';
import { GrowingMemory, instanceOf } from '../compiled-module';
import type { RowVectors, TextVector } from '../row-vectors';
import { addCells, type CellExports } from '../summed-cells';

/** What DuckDB's vectors hold, and bytes of a value. */
const INT32 = { type: 'INTEGER', width: 4 };
const INT64 = { type: 'BIGINT', width: 8 };
const FLOAT64 = { type: 'DOUBLE', width: 8 };
const DATE = { type: 'DATE', width: 4 };
const BOOLEAN = { type: 'BOOLEAN', width: 1 };
/** A text is told by how many bytes it has of the row's texts, an instant by its microseconds. */
const HELD: Readonly<Record<ColumnType, typeof INT64>> = { string: INT32, bigint: INT64, timestamp: INT64, int: INT32, double: FLOAT64, boolean: BOOLEAN, date: DATE };

/** Of published-bytes.duckdb.sql, without the texts, which come first; assembly/columns.ts numbers them from 1 on. */
const COLUMNS = [...CURATED_COLUMNS.map(({ type, nullable }) => ({ ...HELD[type], nullable })), { ...BOOLEAN, nullable: false }];

export const HELD_TYPES: readonly string[] = ['VARCHAR', ...COLUMNS.map(({ type }) => type)];

/** DuckDB's vectors have no more. */
const MOST_ROWS = 2048;
/** Texts that are copied at once, unless one row has more: what all of its memory follows, however long texts are. */
const TEXTS_AT_ONCE = 1024 * 1024;
/** A row's bytes beside its texts: what is before the key, each text's length and branch, the numbers at their longest. */
const BESIDE_TEXTS = 192;
/** What reads and writes sixteen bytes at a time may go beyond the last of them. */
const BEYOND = 64;

interface Exports extends CellExports {
  readonly memory: WebAssembly.Memory;
  readonly starts: WebAssembly.Global;
  readonly newRows: WebAssembly.Global;
  open(headerBytes: number): number;
  dataOf(column: number): number;
  validityOf(column: number): number;
  encode(from: number, to: number, op: number, out: number): number;
}

/** Frames of some rows, there until the next are asked for. */
export interface EncodedRows {
  readonly to: number;
  readonly frames: Uint8Array;
  /** rows that no base has */
  readonly isNew: number;
}

export class CompiledFrames {
  private readonly exports: Exports;
  private readonly memory: GrowingMemory;
  /** where texts are copied to; frames follow them */
  private readonly texts: number;
  private readonly starts = new Uint32Array(MOST_ROWS);
  private readonly summed = new SummedParts();

  /** `header` stands before every value. */
  constructor(private readonly header: Buffer) {
    this.exports = instanceOf<Exports>('frames/curated-frames.wasm');
    this.memory = new GrowingMemory(this.exports.memory);
    const place = this.exports.open(header.length);
    this.texts = place + header.length + BEYOND;
    this.memory.room(this.texts);
    header.copy(this.memory.bytes, place);
  }

  /** All of a chunk's rows, part by part. */
  *encode(vectors: RowVectors, op: ChangeOp, sums: SumsOfRows): Generator<EncodedRows> {
    this.copyColumns(vectors);
    const texts = vectors.texts(0);
    for (let from = 0; from < vectors.rows;) {
      const { to, end } = this.copyTexts(texts, from, vectors.rows);
      const out = end + BEYOND;
      this.memory.room(out + (to - from) * (BESIDE_TEXTS + this.header.length) + 2 * (end - this.texts) + BEYOND);
      const over = this.exports.encode(from, to, opByte(op), out) >>> 0;
      if (over === 0) throw new RangeError('a payment_id is too long to be a key');
      this.addTo(sums);
      yield { to, frames: this.memory.bytes.subarray(out, over), isNew: this.exports.newRows.value };
      from = to;
    }
  }

  private copyColumns(vectors: RowVectors): void {
    if (vectors.rows > MOST_ROWS) throw new RangeError(`${vectors.rows} rows at once, where ${MOST_ROWS} have a place`);
    for (const [i, { width, nullable }] of COLUMNS.entries()) {
      const column = i + 1;
      vectors.copyData(column, width, this.memory.bytes, this.exports.dataOf(column));
      if (nullable) vectors.copyValidity(column, this.memory.bytes, this.exports.validityOf(column));
      else vectors.mustBeThere(column);
    }
  }

  private copyTexts(texts: TextVector, from: number, rows: number): { readonly to: number; readonly end: number } {
    let to = from;
    let end = this.texts;
    while (to < rows) {
      const left = this.texts + TEXTS_AT_ONCE - end;
      const run = texts.run(to, left, end, this.starts);
      if (to > from && run.bytes.length > left) break;
      this.memory.room(end + run.bytes.length);
      this.memory.bytes.set(run.bytes, end);
      end += run.bytes.length;
      to = run.to;
    }
    this.memory.bytes.set(new Uint8Array(this.starts.buffer, from * 4, (to - from) * 4), this.exports.starts.value + from * 4);
    return { to, end };
  }

  /** Before its texts are overwritten. */
  private addTo(sums: SumsOfRows): void {
    addCells(this.memory.bytes, this.exports, this.summed, sums);
  }
}
