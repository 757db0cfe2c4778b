/**
 * What a Parquet file says of itself, field by field as parquet.thrift numbers them. With the type beside each: found out from every name and value, as
 * `hyparquet-writer` does of metadata that it is given whole, it took longer than all else of a file of some hundred rows.
 */
import { ThriftStruct, serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { FileBytes } from './file-bytes';

/** Of Thrift's compact protocol. */
const FALSE = 2;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

const END_OF_STRUCT = Uint8Array.of(0);

const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;
const PLAIN = 0;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const DELTA_BYTE_ARRAY = 7;
const RLE_DICTIONARY = 8;
const ZSTD = 6;
const REQUIRED = 0;
const OPTIONAL = 1;
/** Of values: as they are, as what each is more than the one before it, as what it begins with as that does and the rest, as numbers of a dictionary's entries. */
export type Encoding = 'plain' | 'deltas' | 'fronts' | 'dictionary';
const OF_VALUES = { plain: PLAIN, deltas: DELTA_BINARY_PACKED, fronts: DELTA_BYTE_ARRAY, dictionary: RLE_DICTIONARY };
const OF_COLUMN = { plain: [PLAIN, RLE], deltas: [RLE, DELTA_BINARY_PACKED], fronts: [RLE, DELTA_BYTE_ARRAY], dictionary: [PLAIN, RLE, RLE_DICTIONARY] };
/**
 * Raised when what we write changes. Java's readers believe no least and greatest text of a writer without a version, and refuse fronts of one whose version is not
 * of three numbers, 1.8.0 or more (PARQUET-246: an older one of theirs wrote them wrong).
 */
const CREATED_BY = 'sluice version 3.0.0';
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

export function writeDictionaryHeader(writer: FileBytes, sizes: PageSizes, entries: number): void {
  write(writer, struct([1, I32, DICTIONARY_PAGE], ...sizeFields(sizes), [7, STRUCT, struct([1, I32, entries], [2, I32, PLAIN])]));
}

export function writeDataHeader(writer: FileBytes, sizes: PageSizes, rows: number, encoding: Encoding): void {
  write(writer, struct([1, I32, DATA_PAGE], ...sizeFields(sizes), [5, STRUCT, struct([1, I32, rows], [2, I32, OF_VALUES[encoding]], ...OF_LEVELS)]));
}

const OF_LEVELS: readonly Field[] = [[3, I32, RLE], [4, I32, RLE]];

function sizeFields({ unpacked, packed }: PageSizes): readonly Field[] {
  return [[2, I32, unpacked], [3, I32, packed]];
}

/** Its types know only what it is to find types for; it takes both. */
function write(writer: FileBytes, structure: ThriftStruct): void {
  serializeTCompactProtocol(writer, structure as object as Parameters<typeof serializeTCompactProtocol>[1]);
}

/** A column of a row group, once its pages are written. */
export interface WrittenChunk {
  readonly rows: number;
  readonly nulls: number;
  /** as a page has them, of a text without its length */
  readonly ends: { readonly least: Uint8Array; readonly greatest: Uint8Array } | null;
  readonly encoding: Encoding;
  /** in the file; null: it has none */
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

/** Fields as they are behind field `before` of their struct: each says how far from the one before it is. */
function fieldsAfter(before: number, fields: readonly Field[], room = new FileBytes()): Uint8Array {
  room.clear();
  // A truth value is in its field's first byte, and that is all of it.
  write(room, before === 0 ? struct(...fields) : struct([before, FALSE, false], ...fields));
  return room.written().subarray(before === 0 ? 0 : 1, -END_OF_STRUCT.length);
}

/** The columns of a file, each of which may be null: what is the same at the end of each of them. */
export class FileSchema {
  /** what a file says first, and last */
  private readonly head: Uint8Array;
  private readonly tail: Uint8Array;
  private readonly columns: readonly Readonly<Record<Encoding, readonly Field[]>>[];
  private readonly room = new FileBytes();

  constructor(name: string, columns: readonly { readonly name: string; readonly type: ValueType }[]) {
    const elements = [
      struct([3, I32, REQUIRED], [4, BINARY, Buffer.from(name)], [5, I32, columns.length]),
      ...columns.map(({ name: column, type: { physical, converted, logical } }) => struct(
        [1, I32, physical], [3, I32, OPTIONAL], [4, BINARY, Buffer.from(column)], [6, I32, converted], [10, STRUCT, logical],
      )),
    ];
    this.head = fieldsAfter(0, [[1, I32, PARQUET_VERSION], [2, LIST, elements]]);
    this.tail = fieldsAfter(4, [[6, BINARY, CREATED_BY], [7, LIST, columns.map(() => struct([1, STRUCT, struct()]))]]);
    this.columns = columns.map(({ name: column, type }) => {
      const encoded = (encoding: Encoding): readonly Field[] => [[1, I32, type.physical], [2, LIST, OF_COLUMN[encoding]], [3, LIST, [Buffer.from(column)]], [4, I32, ZSTD]];
      return { plain: encoded('plain'), deltas: encoded('deltas'), fronts: encoded('fronts'), dictionary: encoded('dictionary') };
    });
  }

  /** of a row group */
  get width(): number {
    return this.columns.length;
  }

  chunk(column: number, { rows, nulls, ends, encoding, dictionaryAt, dataAt, sizes }: WrittenChunk): ThriftStruct {
    const statistics: Field[] = [[3, I64, BigInt(nulls)]];
    if (ends !== null) statistics.push([5, BINARY, ends.greatest], [6, BINARY, ends.least]);
    return struct([2, I64, BigInt(dictionaryAt ?? dataAt)], [3, STRUCT, struct(
      ...this.columns[column]![encoding], [5, I64, BigInt(rows)],
      [6, I64, BigInt(sizes.unpacked)], [7, I64, BigInt(sizes.packed)], [9, I64, BigInt(dataAt)],
      [11, I64, dictionaryAt === null ? undefined : BigInt(dictionaryAt)], [12, STRUCT, struct(...statistics)],
    )]);
  }

  /** The file's end, but for the last word of it. */
  writeEnd(writer: FileBytes, groups: readonly RowGroup[]): void {
    const start = writer.offset;
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    writer.appendBytes(this.head);
    writer.appendBytes(fieldsAfter(2, [
      [3, I64, BigInt(rows)],
      [4, LIST, groups.map((group) => struct([1, LIST, group.columns], [2, I64, BigInt(group.unpacked)], [3, I64, BigInt(group.rows)]))],
    ], this.room));
    writer.appendBytes(this.tail);
    writer.appendBytes(END_OF_STRUCT);
    writer.appendUint32(writer.offset - start);
  }
}
