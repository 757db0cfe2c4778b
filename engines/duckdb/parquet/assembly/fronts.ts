/**
 * Pages of columns whose texts are hardly ever the same, as Parquet's DELTA_BYTE_ARRAY has them: of each text how many bytes it begins with as the one before
 * it does, and those that follow. Ids of one producer begin alike, and what is left of them is less than zstd makes of whole ones.
 */
import { BEYOND, copy } from '../../assembly/vectors';
import { PERCENT } from '../../lines/assembly/bytes';
import { beginDeltas, endDeltas, putDelta } from './deltas';
import { present, putPresent } from './levels';
import { endOf, isNull, rows, startOf } from './rows';

/** Of two bytes. */
const MOST_ALIKE: usize = 65_535;

/** By row two bytes: how many its text has in common with the one before it. */
let fronts: usize = 0;

/** Answers with what is free behind so many rows. */
export function openFronts(at: usize, mostRows: u32): usize {
  fronts = (at + 1) & ~1;
  return fronts + ((mostRows as usize) << 1);
}

/** 0: no row has a text, or one is written with an escape, whose bytes are not those of the value. */
export function putFronts(field: u32, to: usize): usize {
  const levelsEnd = putPresent(1 << field, to);
  if (present == 0) return 0;
  beginDeltas(levelsEnd, present);
  let before: usize = 0;
  let beforeBytes: usize = 0;
  for (let row: u32 = 0; row < rows; row += 1) {
    if (isNull(field, row)) continue;
    const start = startOf(field, row);
    const bytes = endOf(field, row) - start;
    if (hasEscape(start, bytes)) return 0;
    const alike = beforeBytes == 0 ? (0 as usize) : alikeBytes(before, start, min(min(beforeBytes, bytes), MOST_ALIKE));
    store<u16>(fronts + ((row as usize) << 1), alike as u16);
    putDelta(alike as i64);
    before = start;
    beforeBytes = bytes;
  }
  beginDeltas(endDeltas(), present);
  for (let row: u32 = 0; row < rows; row += 1) if (!isNull(field, row)) putDelta((endOf(field, row) - restOf(field, row)) as i64);
  let at = endDeltas();
  for (let row: u32 = 0; row < rows; row += 1) if (!isNull(field, row)) at = copy(restOf(field, row), endOf(field, row), at);
  return at;
}

function restOf(field: u32, row: u32): usize {
  return startOf(field, row) + (load<u16>(fronts + ((row as usize) << 1)) as usize);
}

function alikeBytes(one: usize, other: usize, most: usize): usize {
  for (let from: usize = 0; from < most; from += BEYOND) {
    const differ = ~i8x16.bitmask(i8x16.eq(v128.load(one + from), v128.load(other + from))) & 0xffff;
    if (differ != 0) return min(from + ctz(differ), most);
  }
  return most;
}

function hasEscape(start: usize, bytes: usize): bool {
  for (let from: usize = 0; from < bytes; from += BEYOND) {
    const escapes = i8x16.bitmask(i8x16.eq(v128.load(start + from), i8x16.splat(PERCENT as i8)));
    const left = bytes - from;
    if ((left < BEYOND ? escapes & ((1 << (left as u32)) - 1) : escapes) != 0) return true;
  }
  return false;
}
