/**
 * What a Parquet file says of itself, field by field as parquet.thrift numbers them. With the type beside each: found out from every name and value, as
 * `hyparquet-writer` does of metadata that it is given whole, it took longer than all else of a file of some hundred rows.
 */
import type { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { ThriftStruct, serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';

/** Of Thrift's compact protocol. */
const FALSE = 2;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const PLAIN = 0;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const RLE_DICTIONARY = 8;
const ZSTD = 6;
const REQUIRED = 0;
const OPTIONAL = 1;
/** Of values: as they are, as what each is more than the one before it, as numbers of a dictionary's entries. */
export type Encoding = 'plain' | 'deltas' | 'dictionary';
const OF_VALUES = { plain: PLAIN, deltas: DELTA_BINARY_PACKED, dictionary: RLE_DICTIONARY };
const OF_COLUMN = { plain: [PLAIN, RLE], deltas: [RLE, DELTA_BINARY_PACKED], dictionary: [PLAIN, RLE, RLE_DICTIONARY] };
/** Raised when what we write changes: Java's readers believe no least and greatest text of a writer without a version. */
const CREATED_BY = 'sluice version 2';
const PARQUET_VERSION = 1;

type Field = ThriftStruct['fields'][number];

const struct = (...fields: Field[]): ThriftStruct => new ThriftStruct(fields);

/** What a column's values are, to any reader and to those who know more. */
export interface ValueType {
  readonly physical: number;
  readonly converted?: number;
  readonly logical?: ThriftStruct;
}

export const VALUE_TYPES = {
  boolean: { physical: 0 },
  int32: { physical: 1, converted: 17 },
  date: { physical: 1, converted: 6 },
  int64: { physical: 2, converted: 18 },
  /** of no zone, in microseconds */
  instant: { physical: 2, converted: 10, logical: struct([8, STRUCT, struct([1, FALSE, false], [2, STRUCT, struct([2, STRUCT, struct()])])]) },
  double: { physical: 5 },
  text: { physical: 6, converted: 0 },
} as const satisfies Readonly<Record<string, ValueType>>;

/** Bytes of a page before it was packed, and since. */
export interface PageSizes {
  readonly unpacked: number;
  readonly packed: number;
}

export function writeDictionaryHeader(writer: ByteWriter, sizes: PageSizes, entries: number): void {
  writePageHeader(writer, DICTIONARY_PAGE, sizes, [7, STRUCT, struct([1, I32, entries], [2, I32, PLAIN])]);
}

export function writeDataHeader(writer: ByteWriter, sizes: PageSizes, rows: number, encoding: Encoding): void {
  writePageHeader(writer, DATA_PAGE, sizes, [5, STRUCT, struct(
    [1, I32, rows], [2, I32, OF_VALUES[encoding]], [3, I32, RLE], [4, I32, RLE],
  )]);
}

function writePageHeader(writer: ByteWriter, type: number, { unpacked, packed }: PageSizes, ofType: Field): void {
  write(writer, struct([1, I32, type], [2, I32, unpacked], [3, I32, packed], ofType));
}

/** Its types know only what it is to find types for; it takes both. */
function write(writer: ByteWriter, structure: ThriftStruct): void {
  serializeTCompactProtocol(writer, structure as object as Parameters<typeof serializeTCompactProtocol>[1]);
}

/** A column of a row group, once its pages are written. */
export interface WrittenChunk {
  readonly rows: number;
  readonly nulls: number;
  /** as a page has them, of a text without its length */
  readonly ends: { readonly least: Uint8Array; readonly greatest: Uint8Array } | null;
  /** in the file */
  readonly start: number;
  readonly encoding: Encoding;
  readonly dictionaryAt: number | null;
  readonly dataAt: number;
  /** headers included */
  readonly sizes: PageSizes;
}

export interface RowGroup {
  readonly rows: number;
  /** headers included */
  readonly unpacked: number;
  readonly columns: ThriftStruct[];
}

/** The columns of a file, each of which may be null: what is the same at the end of each of them. */
export class FileSchema {
  private readonly elements: ThriftStruct[];
  private readonly columns: readonly { readonly type: number; readonly path: Uint8Array[] }[];
  private readonly orders: ThriftStruct[];

  constructor(name: string, columns: readonly { readonly name: string; readonly type: ValueType }[]) {
    this.elements = [
      struct([3, I32, REQUIRED], [4, BINARY, Buffer.from(name)], [5, I32, columns.length]),
      ...columns.map(({ name: column, type: { physical, converted, logical } }) => struct(
        [1, I32, physical], [3, I32, OPTIONAL], [4, BINARY, Buffer.from(column)], [6, I32, converted], [10, STRUCT, logical],
      )),
    ];
    this.columns = columns.map(({ name: column, type }) => ({ type: type.physical, path: [Buffer.from(column)] }));
    this.orders = columns.map(() => struct([1, STRUCT, struct()]));
  }

  /** of a row group */
  get width(): number {
    return this.columns.length;
  }

  chunk(column: number, { rows, nulls, ends, start, encoding, dictionaryAt, dataAt, sizes }: WrittenChunk): ThriftStruct {
    const { type, path } = this.columns[column]!;
    const statistics: Field[] = [[3, I64, BigInt(nulls)]];
    if (ends !== null) statistics.push([5, BINARY, ends.greatest], [6, BINARY, ends.least]);
    return struct([2, I64, BigInt(start)], [3, STRUCT, struct(
      [1, I32, type], [2, LIST, OF_COLUMN[encoding]], [3, LIST, path], [4, I32, ZSTD], [5, I64, BigInt(rows)],
      [6, I64, BigInt(sizes.unpacked)], [7, I64, BigInt(sizes.packed)], [9, I64, BigInt(dataAt)],
      [11, I64, dictionaryAt === null ? undefined : BigInt(dictionaryAt)], [12, STRUCT, struct(...statistics)],
    )]);
  }

  /** The file's end, but for the last word of it. */
  writeEnd(writer: ByteWriter, groups: readonly RowGroup[]): void {
    const start = writer.offset;
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    write(writer, struct(
      [1, I32, PARQUET_VERSION], [2, LIST, this.elements], [3, I64, BigInt(rows)],
      [4, LIST, groups.map((group) => struct([1, LIST, group.columns], [2, I64, BigInt(group.unpacked)], [3, I64, BigInt(group.rows)]))],
      [6, BINARY, CREATED_BY], [7, LIST, this.orders],
    ));
    writer.appendUint32(writer.offset - start);
  }
}
