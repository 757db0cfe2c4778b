/** What a Parquet file says of its pages, row groups and itself, field by field as parquet.thrift numbers them. */
import { I32, I64, putAll, putBytes, putEnd, putField, putNumber, putStructs, STRUCT } from './thrift';

const DATA_PAGE: u32 = 0;
const DICTIONARY_PAGE: u32 = 2;
const RLE: u32 = 3;

/** Of values: as they are; as what each is more than the one before it; as what each begins with as that does, and the rest; as numbers of a dictionary's entries. */
export const PLAIN: u32 = 0;
export const DELTAS: u32 = 1;
export const FRONTS: u32 = 2;
export const DICTIONARY: u32 = 3;
/** By encoding, as parquet.thrift numbers them. */
const NUMBERS = memory.data<u8>([0, 5, 7, 8]);

/** `unpacked`: bytes of the page before it was packed, `packed` since. */
export function putDictionaryHeader(to: usize, unpacked: u32, packed: u32, entries: u32): usize {
  let at = putField(putSizes(to, DICTIONARY_PAGE, unpacked, packed), 4, STRUCT);
  at = putNumber(at, 1, I32, entries);
  at = putNumber(at, 1, I32, PLAIN);
  return putEnd(putEnd(at));
}

export function putDataHeader(to: usize, unpacked: u32, packed: u32, rows: u32, encoding: u32): usize {
  let at = putField(putSizes(to, DATA_PAGE, unpacked, packed), 2, STRUCT);
  at = putNumber(at, 1, I32, rows);
  at = putNumber(at, 1, I32, load<u8>(NUMBERS + encoding));
  at = putNumber(at, 1, I32, RLE);
  at = putNumber(at, 1, I32, RLE);
  return putEnd(putEnd(at));
}

function putSizes(to: usize, kind: u32, unpacked: u32, packed: u32): usize {
  return putNumber(putNumber(putNumber(to, 1, I32, kind), 1, I32, unpacked), 1, I32, packed);
}

/** The column of a row group whose pages were put last. Its place is of the file's. */
export let chunkAt: i64 = 0;
/** Headers included. */
let unpackedBytes: i64 = 0;
/** The least and the greatest value, as a page has them, of a text without its length; of no bytes where nobody knows them. */
let least: usize = 0;
let leastBytes: u32 = 0;
let greatest: usize = 0;
let greatestBytes: u32 = 0;

export function beginChunk(at: i64): void {
  chunkAt = at;
  unpackedBytes = 0;
  leastBytes = 0;
}

export function addUnpacked(bytes: usize): void {
  unpackedBytes += bytes;
}

/** They must stay where they are until the chunk's end. */
export function setEnds(leastAt: usize, leastLength: u32, greatestAt: usize, greatestLength: u32): void {
  least = leastAt;
  leastBytes = leastLength;
  greatest = greatestAt;
  greatestBytes = greatestLength;
}

/** `same`: what is said of the column in each file, of so many bytes. `dataAt`: behind the dictionary, where there is one. */
export function putChunk(to: usize, same: usize, sameBytes: u32, encoding: u32, rows: u32, nulls: u32, dataAt: i64, end: i64): usize {
  let at = putNumber(to, 2, I64, chunkAt);
  at = putAll(putField(at, 1, STRUCT), same, sameBytes);
  at = putNumber(at, 1, I64, rows);
  at = putNumber(at, 1, I64, unpackedBytes);
  at = putNumber(at, 1, I64, end - chunkAt);
  at = putNumber(at, 2, I64, dataAt);
  if (encoding == DICTIONARY) at = putField(putNumber(at, 2, I64, chunkAt), 1, STRUCT);
  else at = putField(at, 3, STRUCT);
  at = putNumber(at, 3, I64, nulls);
  if (leastBytes != 0) {
    at = putBytes(at, 2, greatest, greatestBytes);
    at = putBytes(at, 1, least, leastBytes);
  }
  groupUnpacked += unpackedBytes;
  return putEnd(putEnd(putEnd(at)));
}

let groupUnpacked: i64 = 0;

/** Its columns' chunks follow. */
export function putGroup(to: usize, columns: u32): usize {
  groupUnpacked = 0;
  return putStructs(to, 1, columns);
}

export function putGroupEnd(to: usize, rows: u32): usize {
  return putEnd(putNumber(putNumber(to, 1, I64, groupUnpacked), 1, I64, rows));
}

/** Behind what all files say first; row groups follow, and what all files say last. */
export function putRowsOfFile(to: usize, rows: i64, groups: u32): usize {
  return putStructs(putNumber(to, 1, I64, rows), 1, groups);
}
