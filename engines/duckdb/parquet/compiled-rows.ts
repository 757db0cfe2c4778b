/** Rows of texts as files of Parquet, by the part of the compiled module (assembly/) that knows how a text becomes a row's columns. */
import { SummedParts, type SumsOfRows } from '../../../contract/sums';
import type { GrowingMemory } from '../compiled-module';
import { giveBack } from '../lines/given-back';
import { addCells, type CellExports } from '../summed-cells';
import { COLUMNS, FLAGGED, SAYINGS } from './curated-columns';
import { zstd } from './zstd';

/** Before a status, which is summed with it. */
const SEPARATOR_BYTES = 1;
/** What places that begin where sixteen bytes do may skip. */
const ALIGNMENT_BYTES = 64;
const VECTOR_BYTES = 16;

export interface RowExports extends CellExports {
  readonly rows: WebAssembly.Global;
  readonly day: WebAssembly.Global;
  readonly columns: WebAssembly.Global;
  readonly said: WebAssembly.Global;
  readonly saidOfFile: WebAssembly.Global;
  readonly sayings: WebAssembly.Global;
  readonly sayingsEnd: WebAssembly.Global;
  readonly flagged: WebAssembly.Global;
  readonly flaggedBytes: WebAssembly.Global;
  setColumns(count: number): void;
  setRevision(processedAt: bigint, landingHour: bigint, version: number): void;
  openColumns(at: number, mostRows: number, textBytes: number, mostGroups: number): number;
  takeRows(start: number, end: number): number;
  merchantStart(): number;
  merchantEnd(): number;
  beginFile(): void;
  putRows(): void;
  endFile(): number;
  sumRows(): void;
  beginSums(): void;
}

/** What all rows of a revision have. */
export interface RevisionColumns {
  /** epoch microseconds */
  readonly processedAt: bigint;
  readonly landingHour: bigint;
  readonly revision: number;
}

/** Whoever has the file that is written. */
export interface BytesOfFile {
  /** behind all that was before */
  write(memory: Uint8Array, start: number, end: number): void;
}

const NOWHERE: BytesOfFile = { write: () => { throw new Error('no file is open'); } };

/** What the module asks for while it makes files; the memory is there once it is made. */
export class FileHost {
  growing: GrowingMemory | null = null;
  file = NOWHERE;
  private packed: Uint8Array | null = null;

  get imports(): WebAssembly.Imports[string] {
    return {
      write: (start: number, end: number) => this.file.write(this.bytes, start, end),
      pack: (start: number, end: number) => {
        if (this.packed !== null) giveBack(this.packed);
        this.packed = zstd?.(this.bytes.subarray(start, end)) ?? null;
        return this.packed?.length ?? 0;
      },
      putPacked: (to: number) => this.bytes.set(this.packed!, to),
    };
  }

  private get bytes(): Uint8Array {
    return this.growing!.bytes;
  }
}

/** What so many rows of so many bytes of texts take, and what the ends of files of so many row groups do. */
export interface RowsRoom {
  readonly rows: number;
  readonly textBytes: number;
  readonly groups: number;
}

/** Of the rows that were taken last. */
export class CompiledRows {
  private readonly summed = new SummedParts();

  constructor(private readonly exports: RowExports, private readonly growing: GrowingMemory, private readonly host: FileHost) {
    host.growing = growing;
    this.fillIn();
  }

  bytesFor({ rows, textBytes, groups }: RowsRoom): number {
    // Nothing is written before there are rows: this only says where it would end.
    return this.exports.openColumns(0, rows, textBytes, groups) + ALIGNMENT_BYTES;
  }

  /** There must be room behind it. */
  open(at: number, { rows, textBytes, groups }: RowsRoom, { processedAt, landingHour, revision }: RevisionColumns): void {
    // Whoever opened it before may have ended with an error.
    this.exports.beginSums();
    this.exports.setRevision(processedAt, landingHour, revision);
    this.exports.openColumns(at, rows, textBytes, groups);
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

  /** What comes is this file's, until it is ended. */
  beginFile(file: BytesOfFile): void {
    this.host.file = file;
    this.exports.beginFile();
  }

  /** As a row group. */
  put(): void {
    this.exports.putRows();
  }

  /** Answers with how many bytes it has. */
  endFile(): number {
    const bytes = this.exports.endFile();
    this.host.file = NOWHERE;
    return bytes;
  }

  /** What columns are made of, and what all files say. */
  private fillIn(): void {
    const { bytes } = this.growing;
    const { columns, said, saidOfFile, sayings, sayingsEnd, flagged, flaggedBytes } = this.exports;
    let at = sayings.value;
    const say = (place: number, saying: Uint8Array): void => {
      if (at + saying.length > sayingsEnd.value) throw new RangeError('there are more columns than there is room for what files say of them');
      bytes.set(saying, at);
      bytes.writeUInt32LE(at, place);
      at += saying.length;
      bytes.writeUInt32LE(at, place + 4);
    };
    say(saidOfFile.value, SAYINGS.first);
    say(saidOfFile.value + 8, SAYINGS.last);
    for (const [column, encodings] of SAYINGS.columns.entries()) for (const [encoding, saying] of encodings.entries()) say(said.value + 8 * (encodings.length * column + encoding), saying);
    for (const [column, { kind, which }] of COLUMNS.entries()) {
      bytes[columns.value + 2 * column] = kind;
      bytes[columns.value + 2 * column + 1] = which;
    }
    for (const [flag, status] of FLAGGED.entries()) bytes[flaggedBytes.value + flag] = bytes.write(status, flagged.value + flag * VECTOR_BYTES, 'latin1');
    this.exports.setColumns(COLUMNS.length);
  }
}
