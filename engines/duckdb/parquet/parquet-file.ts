/**
 * A Parquet file, a row group after the other: pages as they come, each packed by itself, and behind all of them what says where they are. What is
 * in a page is whoever made it's; `hyparquet-writer` knows how a page's header and the file's end are put.
 */
import { closeSync, openSync } from 'node:fs';
import type { ColumnChunk, Encoding, FileMetaData, SchemaElement } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { writeAll } from '../lines/write-all';
import { storedZstd, zstd } from './zstd';

/** `PAR1` */
const MAGIC = 0x31524150;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const ENCODINGS = { PLAIN: 0, RLE: 3, RLE_DICTIONARY: 8 };
/** Raised when what we write changes: Java's readers believe no least and greatest text of a writer without a version. */
const CREATED_BY = 'sluice version 1';
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
  /** it would not become smaller */
  readonly isRandom?: boolean;
}

export class ParquetFile {
  rows = 0;
  private readonly file: number;
  private readonly groups: FileMetaData['row_groups'] = [];
  private chunks: ColumnChunk[] = [];

  /** `schema`: its root first. There must not be such a file. `writer`: no other file's meanwhile. */
  constructor(path: string, private readonly schema: readonly SchemaElement[], private readonly writer: ByteWriter) {
    this.file = openSync(path, 'wx');
    this.writer.offset = 0;
    this.writer.index = 0;
    this.writer.appendUint32(MAGIC);
  }

  /** The next column's, in the schema's order; the last one ends the row group. */
  add(rows: number, { page, dictionary, nulls, least, greatest, isRandom = false }: Chunk): void {
    const { type, name } = this.schema[this.chunks.length + 1]!;
    const start = this.writer.offset;
    let unpacked = 0;
    const put = (bytes: Uint8Array, header: (sizes: PageSizes) => Header): bigint => {
      const at = this.writer.offset;
      const body = isRandom || bytes.length < LEAST_PACKED_BYTES ? storedZstd(bytes) : zstd(bytes);
      serializeTCompactProtocol(this.writer, header({ field_2: bytes.length, field_3: body.length }));
      unpacked += this.writer.offset - at + bytes.length;
      this.writer.appendBytes(body);
      return BigInt(at);
    };
    const values = dictionary === undefined ? 'PLAIN' : 'RLE_DICTIONARY';
    const dictionaryAt = dictionary === undefined ? undefined : put(dictionary.page, (sizes) => ({
      field_1: DICTIONARY_PAGE, ...sizes, field_7: { field_1: dictionary.entries, field_2: ENCODINGS.PLAIN },
    }));
    const dataAt = put(page, (sizes) => ({
      field_1: DATA_PAGE, ...sizes, field_5: { field_1: rows, field_2: ENCODINGS[values], field_3: ENCODINGS.RLE, field_4: ENCODINGS.RLE },
    }));
    const encodings: Encoding[] = dictionary === undefined ? ['PLAIN', 'RLE'] : ['PLAIN', 'RLE', 'RLE_DICTIONARY'];
    this.chunks.push({
      file_offset: BigInt(start),
      meta_data: {
        type: type!, encodings, path_in_schema: [name], codec: 'ZSTD', num_values: BigInt(rows),
        total_uncompressed_size: BigInt(unpacked), total_compressed_size: BigInt(this.writer.offset - start), data_page_offset: dataAt,
        ...(dictionaryAt === undefined ? {} : { dictionary_page_offset: dictionaryAt }),
        statistics: { null_count: BigInt(nulls), ...(least === undefined || greatest === undefined ? {} : { min_value: least, max_value: greatest }) },
      },
    });
    if (this.chunks.length === this.schema.length - 1) this.endGroup(rows);
  }

  /** Answers with how many bytes it has. */
  end(): number {
    writeMetadata(this.writer, {
      version: 1, schema: [...this.schema], num_rows: BigInt(this.rows), row_groups: this.groups, created_by: CREATED_BY, metadata_length: 0,
    }, Infinity);
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
    this.groups.push({
      columns: this.chunks, num_rows: BigInt(rows),
      total_byte_size: this.chunks.reduce((sum, { meta_data }) => sum + meta_data!.total_uncompressed_size, 0n),
    });
    this.chunks = [];
    this.flush();
  }

  private flush(): void {
    const { buffer, index } = this.writer;
    writeAll(this.file, Buffer.from(buffer, 0, index), 0, index);
    this.writer.index = 0;
  }
}

interface PageSizes {
  readonly field_2: number;
  readonly field_3: number;
}

type Header = Readonly<Record<`field_${number}`, number | object>>;
