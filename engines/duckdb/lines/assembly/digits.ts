/** Numbers as digits, two at a time. */
import { byteAt, MINUS, ZERO } from './bytes';

/** `00`, `01` and so on to `99`, filled in. */
export const pairsOfDigits = memory.data(200);

export function putPair(at: usize, value: u32): void {
  store<u16>(at, load<u16>(pairsOfDigits + (value << 1)));
}

/** As many digits as it has; answers with where they end. */
export function putNumber(at: usize, value: u64): usize {
  let digits: u32 = 1;
  for (let rest = value; rest >= 10; rest /= 10) digits += 1;
  let rest = value;
  let place = at + digits;
  while (rest >= 100) {
    place -= 2;
    putPair(place, (rest % 100) as u32);
    rest /= 100;
  }
  if (rest >= 10) putPair(place - 2, rest as u32);
  else store<u8>(place - 1, (ZERO + (rest as u32)) as u8);
  return at + digits;
}

/** Six digits, with zeros before them. */
export function putMicros(at: usize, value: u32): void {
  putPair(at, value / 10_000);
  putPair(at + 2, (value / 100) % 100);
  putPair(at + 4, value % 100);
}

/** Nineteen digits, with zeros before them: of no more than 60 bits. */
export function putNineteen(at: usize, value: u64): void {
  const low = value % 100_000_000;
  const rest = value / 100_000_000;
  const middle = (rest % 100_000_000) as u32;
  const high = (rest / 100_000_000) as u32;
  store<u8>(at, (ZERO + high / 100) as u8);
  putPair(at + 1, high % 100);
  putEight(at + 3, middle);
  putEight(at + 11, low as u32);
}

function putEight(at: usize, value: u32): void {
  const high = value / 10_000;
  const low = value % 10_000;
  putPair(at, high / 100);
  putPair(at + 2, high % 100);
  putPair(at + 4, low / 100);
  putPair(at + 6, low % 100);
}

/** What the digits from `start` to `end` say, of an int64. */
export function numberBetween(start: usize, end: usize): i64 {
  const isNegative = byteAt(start) == MINUS;
  let number: u64 = 0;
  let at = isNegative ? start + 1 : start;
  for (; ((end - at) & 7) != 0; at += 1) number = number * 10 + byteAt(at) - ZERO;
  for (; at < end; at += 8) number = number * 100_000_000 + eightDigits(load<u64>(at));
  return isNegative ? -(number as i64) : (number as i64);
}

/** What is kept of eight bytes. */
const DIGITS: u64 = ((0x0f0f_0f0f as u64) << 32) | 0x0f0f_0f0f;
const PAIRS: u64 = ((0x00ff_00ff as u64) << 32) | 0x00ff_00ff;
const FOURS: u64 = ((0x0000_ffff as u64) << 32) | 0x0000_ffff;

/** Pairs of digits at once, then pairs of those, then of those. */
function eightDigits(digits: u64): u64 {
  const pairs = ((digits & DIGITS) * 2561) >> 8;
  const fours = ((pairs & PAIRS) * 6_553_601) >> 16;
  return ((fours & FOURS) * 42_949_672_960_001) >> 32;
}
