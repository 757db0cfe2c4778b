/**
 * Whole numbers as Parquet's DELTA_BINARY_PACKED has them: each as what it is more than the one before it, less the least of a block, in as many bits as the
 * largest of 32 needs. Instants and amounts come to less than zstd makes of them, in a fraction of its time.
 */
import { putVarint } from './levels';

const BLOCK: u32 = 128;
const PARTS: u32 = 4;
const PART: u32 = BLOCK / PARTS;

/** Of a block that is not put yet. */
const deltas = memory.data(1024, 16);
let waiting: u32 = 0;
let before: i64 = 0;
let isFirst: bool = true;
let at: usize = 0;

/** `count`: of the values to come. */
export function beginDeltas(to: usize, count: u32): void {
  at = putVarint(putVarint(putVarint(to, BLOCK), PARTS), count);
  if (count == 0) at = putZigzag(at, 0);
  waiting = 0;
  isFirst = true;
}

/** Differences wrap around, as a reader's sums do. */
export function putDelta(value: i64): void {
  if (isFirst) {
    at = putZigzag(at, value);
    isFirst = false;
  } else {
    store<i64>(deltas + ((waiting as usize) << 3), value - before);
    waiting += 1;
    if (waiting == BLOCK) putBlock();
  }
  before = value;
}

/** Answers with where they end. */
export function endDeltas(): usize {
  if (waiting > 0) putBlock();
  return at;
}

/** The last part that something is in is filled up with zeros; those behind it have a width of none, and no bytes. */
function putBlock(): void {
  let least = i64.MAX_VALUE;
  for (let i: u32 = 0; i < waiting; i += 1) least = min(least, load<i64>(deltas + ((i as usize) << 3)));
  for (let i: u32 = 0; i < BLOCK; i += 1) {
    const delta = deltas + ((i as usize) << 3);
    store<i64>(delta, i < waiting ? load<i64>(delta) - least : 0);
  }
  const widths = putZigzag(at, least);
  at = widths + PARTS;
  for (let part: u32 = 0; part < PARTS; part += 1) {
    const from = deltas + (((part * PART) as usize) << 3);
    let together: u64 = 0;
    for (let i: u32 = 0; i < PART; i += 1) together |= load<u64>(from + ((i as usize) << 3));
    const width = 64 - (clz(together) as u32);
    store<u8>(widths + part, width as u8);
    putBits(from, width);
  }
  waiting = 0;
}

/** The lowest bits of 32 numbers, the first ones lowest. */
function putBits(from: usize, width: u32): void {
  let held: u64 = 0;
  let bits: u32 = 0;
  for (let i: u32 = 0; i < PART; i += 1) {
    const value = load<u64>(from + ((i as usize) << 3));
    held |= value << bits;
    const over = bits + width;
    if (over < 64) {
      bits = over;
      continue;
    }
    store<u64>(at, held);
    at += 8;
    held = bits == 0 ? 0 : value >> (64 - bits);
    bits = over - 64;
  }
  if (bits == 0) return;
  // 32 of any width end with a word or half of one.
  store<u32>(at, held as u32);
  at += 4;
}

export function putZigzag(to: usize, value: i64): usize {
  let end = to;
  let rest = ((value << 1) ^ (value >> 63)) as u64;
  for (; rest > 127; rest >>= 7) {
    store<u8>(end, (rest | 128) as u8);
    end += 1;
  }
  store<u8>(end, rest as u8);
  return end + 1;
}
