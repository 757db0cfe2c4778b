/**
 * A Parquet file, a row group after the other: pages as they come, each packed by itself, and behind all of them what says where they are. What is
 * in a page is whoever made it's.
 */
import { closeSync, openSync } from 'node:fs';
import { writeAll } from '../lines/write-all';
import type { FileBytes } from './file-bytes';
import { writeDataHeader, writeDictionaryHeader, type Encoding, type FileSchema, type RowGroup } from './file-structures';
import { appendStored, storedBytes, zstd } from './zstd';

/** `PAR1` */
const MAGIC = 0x31524150;
/** Packing less takes longer than it saves: a file of some hundred rows is one block of a disk more or less, whatever is done with its pages. */
const LEAST_PACKED_BYTES = 4096;

/** A column's values of one row group. */
export interface Chunk {
  /** the page's bytes: which rows have a value, then the values or the numbers of their entries */
  readonly page: Uint8Array;
  readonly dictionary?: { readonly page: Uint8Array; readonly entries: number };
  readonly nulls: number;
  /** These must stay as they are until the file ends. */
  readonly least?: bigint | number | Uint8Array;
  readonly greatest?: bigint | number | Uint8Array;
  /** of the page's values, unless they are plain or numbers of a dictionary's entries */
  readonly encoding?: 'deltas' | 'fronts';
  /** the page would not become smaller, or not by much */
  readonly isDense?: boolean;
}

export class ParquetFile {
  rows = 0;
  private readonly file: number;
  private readonly groups: RowGroup[] = [];
  private columns: RowGroup['columns'] = [];
  private unpackedBytes = 0;

  /** There must not be such a file. `writer`: no other file's meanwhile. */
  constructor(path: string, private readonly schema: FileSchema, private readonly writer: FileBytes) {
    this.file = openSync(path, 'wx');
    this.writer.clear();
    this.writer.appendUint32(MAGIC);
  }

  /** The next column's, in the schema's order; the last one ends the row group. */
  add(rows: number, { page, dictionary, nulls, least, greatest, encoding: ofValues, isDense = false }: Chunk): void {
    const { writer } = this;
    const encoding = dictionary === undefined ? ofValues ?? 'plain' : 'dictionary';
    const start = writer.offset;
    let unpacked = dictionary === undefined ? 0 : this.putPage(dictionary.page, dictionary.entries, 'entries', isDense);
    const dataAt = writer.offset;
    unpacked += this.putPage(page, rows, encoding, isDense);
    const ends = least === undefined || greatest === undefined ? null : { least: bytesOf(least), greatest: bytesOf(greatest) };
    this.unpackedBytes += unpacked;
    this.columns.push(this.schema.chunk(this.columns.length, {
      rows, nulls, ends, encoding, dictionaryAt: dictionary === undefined ? null : start, dataAt, sizes: { unpacked, packed: writer.offset - start },
    }));
    if (this.columns.length === this.schema.width) this.endGroup(rows);
  }

  /** Answers with how many bytes it has. */
  end(): number {
    this.schema.writeEnd(this.writer, this.groups);
    this.writer.appendUint32(MAGIC);
    try {
      this.flush();
    } finally {
      this.close();
    }
    return this.writer.offset;
  }

  close(): void {
    closeSync(this.file);
  }

  /** `values`: how many the page has, `is`: how, or that they are a dictionary's entries. Answers with how long it would be, were it not packed. */
  private putPage(bytes: Uint8Array, values: number, is: Encoding | 'entries', isDense: boolean): number {
    const { writer } = this;
    const packed = isDense || bytes.length < LEAST_PACKED_BYTES || zstd === null ? null : zstd(bytes);
    const sizes = { unpacked: bytes.length, packed: packed?.length ?? storedBytes(bytes.length) };
    const start = writer.offset;
    if (is === 'entries') writeDictionaryHeader(writer, sizes, values);
    else writeDataHeader(writer, sizes, values, is);
    const header = writer.offset - start;
    if (packed === null) appendStored(writer, bytes);
    else writer.appendBytes(packed);
    return header + bytes.length;
  }

  private endGroup(rows: number): void {
    this.rows += rows;
    this.groups.push({ rows, unpacked: this.unpackedBytes, columns: this.columns });
    this.columns = [];
    this.unpackedBytes = 0;
    this.flush();
  }

  private flush(): void {
    const bytes = this.writer.written();
    writeAll(this.file, bytes, 0, bytes.length);
    this.writer.index = 0;
  }
}

/** As a page has it, of a text without its length. */
function bytesOf(value: bigint | number | Uint8Array): Uint8Array {
  if (typeof value === 'object') return value;
  const bytes = Buffer.allocUnsafe(typeof value === 'bigint' ? 8 : 4);
  if (typeof value === 'bigint') bytes.writeBigInt64LE(value);
  else bytes.writeInt32LE(value);
  return bytes;
}
