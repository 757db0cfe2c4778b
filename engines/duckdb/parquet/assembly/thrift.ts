/** Fields of structs as Thrift's compact protocol has them: first which field it is, by how many it comes after the one before it, and its type. */
import { putZigzag } from './deltas';
import { putVarint } from './levels';

export const I32: u32 = 5;
export const I64: u32 = 6;
const BINARY: u32 = 8;
const LIST: u32 = 9;
export const STRUCT: u32 = 12;
/** In place of a list's length, which follows. */
const LONG: u32 = 15;

export function putField(to: usize, after: u32, type: u32): usize {
  store<u8>(to, ((after << 4) | type) as u8);
  return to + 1;
}

/** Of either width. */
export function putNumber(to: usize, after: u32, type: u32, value: i64): usize {
  return putZigzag(putField(to, after, type), value);
}

export function putBytes(to: usize, after: u32, start: usize, bytes: u32): usize {
  return putAll(putVarint(putField(to, after, BINARY), bytes), start, bytes);
}

/** A list of so many structs, which follow. */
export function putStructs(to: usize, after: u32, count: u32): usize {
  const at = putField(to, after, LIST);
  return count < LONG ? putField(at, count, STRUCT) : putVarint(putField(at, LONG, STRUCT), count);
}

/** Of a struct. */
export function putEnd(to: usize): usize {
  store<u8>(to, 0);
  return to + 1;
}

export function putAll(to: usize, start: usize, bytes: u32): usize {
  memory.copy(to, start, bytes);
  return to + bytes;
}
