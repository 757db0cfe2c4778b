/**
 * A Parquet file, a row group after the other: pages as they come, each packed by itself, and behind all of them what says where they are. What is
 * in a page is whoever made it's.
 */
import { closeSync, openSync } from 'node:fs';
import type { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writeAll } from '../lines/write-all';
import { writeDataHeader, writeDictionaryHeader, type FileSchema, type PageSizes, type RowGroup } from './file-structures';
import { storedZstd, zstd } from './zstd';

/** `PAR1` */
const MAGIC = 0x31524150;
/** Packing less takes longer than it saves. */
const LEAST_PACKED_BYTES = 512;

/** A column's values of one row group. */
export interface Chunk {
  /** the page's bytes: which rows have a value, then the values or the numbers of their entries */
  readonly page: Uint8Array;
  readonly dictionary?: { readonly page: Uint8Array; readonly entries: number };
  readonly nulls: number;
  /** These must stay as they are until the file ends. */
  readonly least?: bigint | number | Uint8Array;
  readonly greatest?: bigint | number | Uint8Array;
  /** the page's values are deltas, and not plain or numbers of a dictionary's entries */
  readonly isDeltas?: boolean;
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
  constructor(path: string, private readonly schema: FileSchema, private readonly writer: ByteWriter) {
    this.file = openSync(path, 'wx');
    this.writer.offset = 0;
    this.writer.index = 0;
    this.writer.appendUint32(MAGIC);
  }

  /** The next column's, in the schema's order; the last one ends the row group. */
  add(rows: number, { page, dictionary, nulls, least, greatest, isDeltas = false, isDense = false }: Chunk): void {
    const { writer } = this;
    const encoding = dictionary !== undefined ? 'dictionary' : isDeltas ? 'deltas' : 'plain';
    const start = writer.offset;
    let unpacked = 0;
    const put = (bytes: Uint8Array, writeHeader: (sizes: PageSizes) => void): number => {
      const at = writer.offset;
      const body = isDense || bytes.length < LEAST_PACKED_BYTES ? storedZstd(bytes) : zstd(bytes);
      writeHeader({ unpacked: bytes.length, packed: body.length });
      unpacked += writer.offset - at + bytes.length;
      writer.appendBytes(body);
      return at;
    };
    const dictionaryAt = dictionary === undefined ? null : put(dictionary.page, (sizes) => { writeDictionaryHeader(writer, sizes, dictionary.entries); });
    const dataAt = put(page, (sizes) => { writeDataHeader(writer, sizes, rows, encoding); });
    const ends = least === undefined || greatest === undefined ? null : { least: bytesOf(least), greatest: bytesOf(greatest) };
    this.unpackedBytes += unpacked;
    this.columns.push(this.schema.chunk(this.columns.length, {
      rows, nulls, ends, start, encoding, dictionaryAt, dataAt, sizes: { unpacked, packed: writer.offset - start },
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

  private endGroup(rows: number): void {
    this.rows += rows;
    this.groups.push({ rows, unpacked: this.unpackedBytes, columns: this.columns });
    this.columns = [];
    this.unpackedBytes = 0;
    this.flush();
  }

  private flush(): void {
    const { buffer, index } = this.writer;
    writeAll(this.file, Buffer.from(buffer, 0, index), 0, index);
    this.writer.index = 0;
  }
}

/** As a page has it, of a text without its length. */
function bytesOf(value: bigint | number | Uint8Array): Uint8Array {
  if (typeof value === 'object') return value;
  const bytes = Buffer.alloc(typeof value === 'bigint' ? 8 : 4);
  if (typeof value === 'bigint') bytes.writeBigInt64LE(value);
  else bytes.writeInt32LE(value);
  return bytes;
}
