/**
 * Pages of columns whose values are texts: where there are few of them, a dictionary's page and one of numbers of its entries; else one with
 * all of them plain, each behind its length.
 */
import { areAlike, hashOfText } from '../../assembly/texts';
import { BEYOND } from '../../assembly/vectors';
import { byteAt, PERCENT } from '../../lines/assembly/bytes';
import { PAYMENT_ID } from '../../lines/assembly/field-numbers';
import { compareIds } from '../../lines/assembly/ids';
import { present, putPresent, putRun, putVarint } from './levels';
import { endOf, isNull, rows, startOf } from './rows';

/** Of a text's length. */
const LENGTH: usize = 4;
/** `%25`, `%7C`, `%7E`: what stands for `%`, `|` and `~`. */
const ESCAPE: usize = 3;
/** As many texts make a dictionary: their numbers are bytes. */
const MOST_ENTRIES: u32 = 256;
/** At least, for a dictionary to be shorter than what fronts.ts makes of them. */
const TEXTS_AN_ENTRY: u32 = 2;
/** By hash, how manieth the entry is, from 1 on. */
const places = memory.data(2048, 16);
const PLACE_BITS: u32 = 10;
const PLACES: u32 = 1 << PLACE_BITS;
/** Where each entry stands, and where it ends. */
const entries = memory.data(2048, 16);

export let entryCount: u32 = 0;
/** By row: the number of its entry. */
let numbers: usize = 0;

/** Answers with what is free behind so many rows. */
export function openDictionaries(at: usize, mostRows: u32): usize {
  numbers = at;
  return at + mostRows;
}

export function putTexts(field: u32, to: usize): usize {
  let at = putPresent(1 << field, to);
  for (let row: u32 = 0; row < rows; row += 1) if (!isNull(field, row)) at = putText(startOf(field, row), endOf(field, row), at);
  return at;
}

function putText(start: usize, end: usize, to: usize): usize {
  let escapes: u32 = 0;
  let at = to + LENGTH;
  for (let from = start; from < end; from += BEYOND) {
    const bytes = v128.load(from);
    v128.store(at, bytes);
    const left = end - from;
    escapes |= i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(PERCENT as i8))) & (left < BEYOND ? (1 << (left as u32)) - 1 : 0xffff);
    at += BEYOND;
  }
  const over = escapes == 0 ? to + LENGTH + (end - start) : putUnescaped(start, end, to + LENGTH);
  store<u32>(to, (over - to - LENGTH) as u32);
  return over;
}

function putUnescaped(start: usize, end: usize, to: usize): usize {
  let at = to;
  for (let from = start; from < end; from += 1) {
    let byte = byteAt(from);
    if (byte == PERCENT) {
      byte = (digit(byteAt(from + 1)) << 4) | digit(byteAt(from + 2));
      from += ESCAPE - 1;
    }
    store<u8>(at, byte as u8);
    at += 1;
  }
  return at;
}

/** Hexadecimal, with capital letters. */
function digit(byte: u32): u32 {
  return (byte & 15) + (byte >> 6) * 9;
}

/** Finds the entries of the column's texts; false: there are too many, or none, or most texts are one of their own. */
export function takeEntries(field: u32): bool {
  memory.fill(places, 0, PLACES << 1);
  entryCount = 0;
  let texts: u32 = 0;
  for (let row: u32 = 0; row < rows; row += 1) {
    if (isNull(field, row)) continue;
    const number = numberOfEntry(startOf(field, row), endOf(field, row));
    if (number == MOST_ENTRIES) return false;
    texts += 1;
    store<u8>(numbers + row, number as u8);
  }
  return entryCount > 0 && texts >= TEXTS_AN_ENTRY * entryCount;
}

function numberOfEntry(start: usize, end: usize): u32 {
  const bytes = (end - start) as u32;
  let place = (hashOfText(start, bytes) >> (64 - PLACE_BITS)) as u32;
  for (;;) {
    const known = load<u16>(places + (place << 1)) as u32;
    if (known == 0) break;
    const entry = entries + ((known - 1) << 3);
    if (load<u32>(entry, 4) - load<u32>(entry) == bytes && areAlike(load<u32>(entry), start, bytes)) return known - 1;
    place = (place + 1) & (PLACES - 1);
  }
  if (entryCount == MOST_ENTRIES) return MOST_ENTRIES;
  const entry = entries + (entryCount << 3);
  store<u32>(entry, start as u32);
  store<u32>(entry, end as u32, 4);
  entryCount += 1;
  store<u16>(places + (place << 1), entryCount as u16);
  return entryCount - 1;
}

/** The dictionary's page. */
export function putEntries(to: usize): usize {
  let at = to;
  for (let i: u32 = 0; i < entryCount; i += 1) at = putText(load<u32>(entries + (i << 3)), load<u32>(entries + (i << 3), 4), at);
  return at;
}

/** The page of the entries' numbers, each of as few bits as the last one needs. */
export function putNumbersOfEntries(field: u32, to: usize): usize {
  let at = putPresent(1 << field, to);
  const width = 32 - clz(entryCount - 1);
  if (width == 0) return putRun(at);
  store<u8>(at, width as u8);
  // They come in groups of eight.
  const groups = (present + 7) >> 3;
  at = putVarint(at + 1, (groups << 1) | 1);
  const end = at + groups * width;
  let bits: u64 = 0;
  let count: u32 = 0;
  for (let row: u32 = 0; row < rows; row += 1) {
    if (isNull(field, row)) continue;
    bits |= (load<u8>(numbers + row) as u64) << count;
    count += width;
    if (count < 32) continue;
    store<u32>(at, bits as u32);
    at += 4;
    bits >>= 32;
    count -= 32;
  }
  store<u64>(at, bits);
  store<u64>(at, 0, 8);
  return end;
}

/** The rows of the payments that come first and last by their ids. */
export let leastRow: u32 = 0;
export let greatestRow: u32 = 0;

export function findEnds(): void {
  leastRow = 0;
  greatestRow = 0;
  for (let row: u32 = 1; row < rows; row += 1) {
    const id = startOf(PAYMENT_ID, row);
    if (compareIds(id, startOf(PAYMENT_ID, leastRow)) < 0) leastRow = row;
    else if (compareIds(id, startOf(PAYMENT_ID, greatestRow)) > 0) greatestRow = row;
  }
}
