/** Avro's binary. What writes a value answers with where it ends, and may have overwritten what follows. */
import { copy } from '../../assembly/vectors';

/** Of each of a word's bytes the bit that says that another follows. */
const CONTINUED: u64 = ((0x8080_8080 as u64) << 32) | 0x8080_8080;
/** So many bytes of a number are written as one word. */
const BYTES_AT_ONCE: u64 = 8;

/** An int or a long: zigzag, then seven bits a byte, the least first. */
export function putLong(at: usize, value: i64): usize {
  const bits = ((value << 1) ^ (value >> 63)) as u64;
  const bytes = (70 - clz(bits | 1)) / 7;
  const spread = sevenBitsEach(bits);
  if (bytes <= BYTES_AT_ONCE) {
    store<u64>(at, spread | (CONTINUED & ((1 << (8 * (bytes - 1))) - 1)));
    return at + (bytes as usize);
  }
  store<u64>(at, spread | CONTINUED);
  const above = bits >> 56;
  store<u16>(at, (bytes == 9 ? above : (above & 0x7f) | 0x80 | ((above >> 7) << 8)) as u16, 8);
  return at + (bytes as usize);
}

/** Of each two bytes' fourteen bits the upper seven. */
const UPPER_SEVEN: u64 = ((0x3f80_3f80 as u64) << 32) | 0x3f80_3f80;

/** The lowest 56 bits, in eight bytes: halved into words of four bytes, of two, of one. */
function sevenBitsEach(bits: u64): u64 {
  const ofFour = (bits & 0x0fff_ffff) | ((bits & 0x00ff_ffff_f000_0000) << 4);
  const ofTwo = (ofFour & 0x0000_3fff_0000_3fff) | ((ofFour & 0x0fff_c000_0fff_c000) << 2);
  // Once more itself: the upper ones go up by one bit.
  return ofTwo + (ofTwo & UPPER_SEVEN);
}

export function putText(at: usize, start: usize, end: usize): usize {
  return copy(start, end, putLong(at, (end - start) as i64));
}

/** As its bits are: a NaN says nothing but stays the one it was. */
export function putDouble(at: usize, value: u64): usize {
  store<u64>(at, value);
  return at + 8;
}

export function putBoolean(at: usize, value: bool): usize {
  store<u8>(at, value ? 1 : 0);
  return at + 1;
}

/** Which branch of the union with null a value is of; null is the first. */
export function putBranch(at: usize, present: bool): usize {
  store<u8>(at, present ? 2 : 0);
  return at + 1;
}
