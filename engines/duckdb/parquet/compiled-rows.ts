/** Rows of texts as pages of Parquet, by the part of the compiled module (assembly/) that knows how a text becomes a row's columns. */
import { SummedParts, type SumsOfRows } from '../../../contract/sums';
import type { GrowingMemory } from '../compiled-module';
import { PLAIN_FIELDS } from '../lines/compiled-reader';
import { addCells, type CellExports } from '../summed-cells';
import type { Chunk } from './parquet-file';

export type Field = (typeof PLAIN_FIELDS)[number];

/** Before a status, which is summed with it. */
const SEPARATOR_BYTES = 1;
/** Of a row: eight bytes for its creation, two for what it has no value of, four for where each field and what follows the last one stands, one for the number of a text, two for what it has in common with another. */
const ROW_BYTES = 8 + 2 + 4 * (PLAIN_FIELDS.length + 1) + 1 + 2;

export interface RowExports extends CellExports {
  readonly rows: WebAssembly.Global;
  readonly day: WebAssembly.Global;
  readonly present: WebAssembly.Global;
  readonly least: { readonly value: bigint };
  readonly greatest: { readonly value: bigint };
  readonly entryCount: WebAssembly.Global;
  readonly status: WebAssembly.Global;
  openColumns(at: number, mostRows: number): number;
  takeRows(start: number, end: number): number;
  merchantStart(): number;
  merchantEnd(): number;
  findEnds(): void;
  leastStart(): number;
  leastEnd(): number;
  greatestStart(): number;
  greatestEnd(): number;
  putTexts(field: number, to: number): number;
  putFronts(field: number, to: number): number;
  takeEntries(field: number): number;
  putEntries(to: number): number;
  putNumbersOfEntries(field: number, to: number): number;
  putNumbers(field: number, to: number): number;
  putScores(field: number, to: number): number;
  putCreations(to: number): number;
  putHours(to: number): number;
  putSpans(to: number): number;
  putHashes(to: number): number;
  putFlags(statusBytes: number, to: number): number;
  sumRows(): void;
  beginSums(): void;
}

/** Of the rows that were taken last. A chunk's pages are there until the next chunk is asked for. */
export class CompiledRows {
  private pages = 0;
  private readonly summed = new SummedParts();

  constructor(private readonly exports: RowExports, private readonly growing: GrowingMemory) {}

  /** What so many rows take, of whose texts there are so many bytes. */
  static bytesFor(mostRows: number, textBytes: number): number {
    // A page's texts each have their length before them; no other page is as long.
    return mostRows * (ROW_BYTES + 4 + 8) + textBytes + 4096;
  }

  /** There must be room behind it. */
  open(at: number, mostRows: number): void {
    // Whoever opened it before may have ended with an error.
    this.exports.beginSums();
    this.pages = this.exports.openColumns(at, mostRows);
  }

  /** Whole texts of one merchant and day; answers with where the first one stands that was not taken. */
  take(start: number, end: number): number {
    return this.exports.takeRows(start, end);
  }

  get rows(): number {
    return this.exports.rows.value;
  }

  get merchantId(): string {
    return this.growing.bytes.toString('latin1', this.exports.merchantStart(), this.exports.merchantEnd());
  }

  /** since 1970 */
  get day(): number {
    return this.exports.day.value;
  }

  /** Adds them up, with all that were since the sums were given. */
  sum(): void {
    this.exports.sumRows();
  }

  /** Before any of those texts is overwritten. */
  giveSums(sums: SumsOfRows): void {
    addCells(this.growing.bytes, this.exports, this.summed, sums, SEPARATOR_BYTES);
    this.exports.beginSums();
  }

  payments(): Chunk {
    this.exports.findEnds();
    const { leastStart, leastEnd, greatestStart, greatestEnd } = this.exports;
    // Copies: they are asked for at the file's end, when other texts may be where these were.
    const copy = (start: number, end: number): Buffer => Buffer.from(this.growing.bytes.subarray(start, end));
    return { ...this.fronts('payment_id'), least: copy(leastStart(), leastEnd()), greatest: copy(greatestStart(), greatestEnd()) };
  }

  texts(name: Field): Chunk {
    const field = PLAIN_FIELDS.indexOf(name);
    if (this.exports.takeEntries(field) === 0) return this.fronts(name);
    const end = this.exports.putEntries(this.pages);
    return {
      dictionary: { page: this.growing.bytes.subarray(this.pages, end), entries: this.exports.entryCount.value },
      ...this.chunk(end, this.exports.putNumbersOfEntries(field, end)),
    };
  }

  numbers(name: Field): Chunk {
    return this.deltas(this.exports.putNumbers(PLAIN_FIELDS.indexOf(name), this.pages));
  }

  scores(name: Field): Chunk {
    return this.chunk(this.pages, this.exports.putScores(PLAIN_FIELDS.indexOf(name), this.pages));
  }

  creations(): Chunk {
    return this.deltas(this.exports.putCreations(this.pages));
  }

  hours(): Chunk {
    const chunk = this.withEnds(this.exports.putHours(this.pages));
    return { ...chunk, least: Number(chunk.least), greatest: Number(chunk.greatest) };
  }

  /** From authorization to completion. */
  spans(): Chunk {
    return this.deltas(this.exports.putSpans(this.pages));
  }

  hashes(): Chunk {
    return { ...this.withEnds(this.exports.putHashes(this.pages)), isDense: true };
  }

  /** Whether each has the status. */
  flags(status: string): Chunk {
    const bytes = this.growing.bytes.write(status, this.exports.status.value, 'latin1');
    return this.chunk(this.pages, this.exports.putFlags(bytes, this.pages));
  }

  private fronts(name: Field): Chunk {
    const field = PLAIN_FIELDS.indexOf(name);
    const end = this.exports.putFronts(field, this.pages);
    return end === 0 ? this.chunk(this.pages, this.exports.putTexts(field, this.pages)) : { ...this.chunk(this.pages, end), encoding: 'fronts' };
  }

  /** zstd would make a fiftieth less of them. */
  private deltas(end: number): Chunk {
    return { ...this.withEnds(end), encoding: 'deltas', isDense: true };
  }

  private withEnds(end: number): Chunk {
    const chunk = this.chunk(this.pages, end);
    return chunk.nulls === this.rows ? chunk : { ...chunk, least: this.exports.least.value, greatest: this.exports.greatest.value };
  }

  private chunk(start: number, end: number): Chunk {
    return { page: this.growing.bytes.subarray(start, end), nulls: this.rows - (this.exports.present.value as number) };
  }
}
