/** Which rows have a value, as a page of Parquet begins with it: definition levels of one bit, behind how many bytes they take. */
import { isWithout, rows } from './rows';

/** Of four bytes. */
const LENGTH: usize = 4;

/** Rows that have a value. */
export let present: u32 = 0;

/** Of a column in which each row has one. */
export function putAllPresent(to: usize): usize {
  present = rows;
  const end = putVarint(to + LENGTH, rows << 1);
  store<u8>(end, 1);
  return withLength(to, end + 1);
}

/** Of a column whose value is made of these fields, a bit for each: of all of them. */
export function putPresent(fields: u32, to: usize): usize {
  const bits = putVarint(to + LENGTH, (((rows + 7) >> 3) << 1) | 1);
  let count: u32 = 0;
  for (let from: u32 = 0; from < rows; from += 8) {
    let byte: u32 = 0;
    for (let i: u32 = 0; i < 8 && from + i < rows; i += 1) {
      const bit: u32 = isWithout(fields, from + i) ? 0 : 1;
      byte |= bit << i;
      count += bit;
    }
    store<u8>(bits + (from >> 3), byte as u8);
  }
  if (count == rows) return putAllPresent(to);
  present = count;
  return withLength(to, bits + ((rows + 7) >> 3));
}

/** Behind the levels: each value is a dictionary's only entry, whose number has no bits, so that a run of as many says all. */
export function putRun(to: usize): usize {
  store<u8>(to, 0);
  return putVarint(to + 1, present << 1);
}

function withLength(to: usize, end: usize): usize {
  store<u32>(to, (end - to - LENGTH) as u32);
  return end;
}

export function putVarint(to: usize, value: u32): usize {
  let at = to;
  let rest = value;
  for (; rest > 127; rest >>= 7) {
    store<u8>(at, (rest | 128) as u8);
    at += 1;
  }
  store<u8>(at, rest as u8);
  return at + 1;
}
