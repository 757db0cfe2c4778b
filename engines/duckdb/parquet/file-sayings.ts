/**
 * What each of our Parquet files says of itself in the same words, field by field as parquet.thrift numbers them: written once, by `hyparquet-writer`'s Thrift.
 * What differs from file to file is written beside the rows (assembly/structures.ts).
 */
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { ThriftStruct, serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';

/** Of Thrift's compact protocol. */
const FALSE = 2;
const I32 = 5;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

const END_OF_STRUCT = 1;

const PLAIN = 0;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const DELTA_BYTE_ARRAY = 7;
const RLE_DICTIONARY = 8;
const ZSTD = 6;
const REQUIRED = 0;
const OPTIONAL = 1;
/** What a column's pages use, by how its values are encoded, in the order of assembly/structures.ts. */
const ENCODINGS = { plain: [PLAIN, RLE], deltas: [RLE, DELTA_BINARY_PACKED], fronts: [RLE, DELTA_BYTE_ARRAY], dictionary: [PLAIN, RLE, RLE_DICTIONARY] };
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

export interface Sayings {
  /** what comes before how many rows a file has, and behind its row groups; the end of the struct is not theirs */
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  /** of each column, by how its values are encoded: what comes before how many there are */
  readonly columns: readonly (readonly Uint8Array[])[];
}

/** Of files with these columns, each of which may be null. */
export function sayingsOf(name: string, columns: readonly { readonly name: string; readonly type: ValueType }[]): Sayings {
  const elements = [
    struct([3, I32, REQUIRED], [4, BINARY, Buffer.from(name)], [5, I32, columns.length]),
    ...columns.map(({ name: column, type: { physical, converted, logical } }) => struct(
      [1, I32, physical], [3, I32, OPTIONAL], [4, BINARY, Buffer.from(column)], [6, I32, converted], [10, STRUCT, logical],
    )),
  ];
  return {
    first: fieldsAfter(0, [[1, I32, PARQUET_VERSION], [2, LIST, elements]]),
    last: fieldsAfter(4, [[6, BINARY, CREATED_BY], [7, LIST, columns.map(() => struct([1, STRUCT, struct()]))]]),
    columns: columns.map(({ name: column, type }) => Object.values(ENCODINGS).map((encodings) => (
      fieldsAfter(0, [[1, I32, type.physical], [2, LIST, encodings], [3, LIST, [Buffer.from(column)]], [4, I32, ZSTD]])
    ))),
  };
}

/** Fields as they are behind field `before` of their struct: each says how far from the one before it is. */
function fieldsAfter(before: number, fields: readonly Field[]): Uint8Array {
  const writer = new ByteWriter();
  // A truth value is in its field's first byte, and that is all of it.
  const structure = before === 0 ? struct(...fields) : struct([before, FALSE, false], ...fields);
  // Its types know only what it is to find types for; it takes both.
  serializeTCompactProtocol(writer, structure as object as Parameters<typeof serializeTCompactProtocol>[1]);
  return new Uint8Array(writer.getBuffer()).subarray(before === 0 ? 0 : 1, -END_OF_STRUCT);
}
