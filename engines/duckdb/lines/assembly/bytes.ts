/** Bytes as they stand in a line, and those of text that are looked at sixteen at a time. */
import { BEYOND, bitsBefore } from '../../assembly/vectors';

export const LF: u32 = 0x0a;
export const CR: u32 = 0x0d;
export const SPACE: u32 = 0x20;
export const QUOTE: u32 = 0x22;
export const PERCENT: u32 = 0x25;
export const PLUS: u32 = 0x2b;
export const COMMA: u32 = 0x2c;
export const MINUS: u32 = 0x2d;
export const DOT: u32 = 0x2e;
export const ZERO: u32 = 0x30;
export const COLON: u32 = 0x3a;
export const CAPITAL_A: u32 = 0x41;
export const CAPITAL_T: u32 = 0x54;
export const CAPITAL_Z: u32 = 0x5a;
export const OPENING_BRACKET: u32 = 0x5b;
export const BACKSLASH: u32 = 0x5c;
export const UNDERSCORE: u32 = 0x5f;
export const OPENING_BRACE: u32 = 0x7b;
export const SEPARATOR: u32 = 0x7c;
export const CLOSING_BRACE: u32 = 0x7d;
export const NULL: u32 = 0x7e;
export const DEL: u32 = 0x7f;

export function byteAt(at: usize): u32 {
  return load<u8>(at);
}

export function isDigit(byte: u32): bool {
  return byte - ZERO <= 9;
}

/** What the text whose end was looked for last holds. */
export let hasEscaped: bool = false;
export let hasNotAscii: bool = false;

/** Where the quote stands that ends the text; 0: something else comes first that may not stand in one as it is. */
export function endOfText(start: usize): usize {
  let escaped: u32 = 0;
  let notAscii: u32 = 0;
  for (let at = start; ; at += BEYOND) {
    const bytes = v128.load(at);
    const ends = i8x16.bitmask(v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE as i8)), i8x16.eq(bytes, i8x16.splat(BACKSLASH as i8))),
      v128.or(i8x16.lt_u(bytes, i8x16.splat(SPACE as i8)), i8x16.eq(bytes, i8x16.splat(DEL as i8))),
    ));
    const escapes = i8x16.bitmask(v128.or(
      i8x16.eq(bytes, i8x16.splat(PERCENT as i8)), v128.or(i8x16.eq(bytes, i8x16.splat(SEPARATOR as i8)), i8x16.eq(bytes, i8x16.splat(NULL as i8))),
    ));
    const high = i8x16.bitmask(bytes);
    if (ends == 0) {
      escaped |= escapes;
      notAscii |= high;
      continue;
    }
    const length = ctz(ends);
    hasEscaped = (escaped | (escapes & bitsBefore(length))) != 0;
    hasNotAscii = (notAscii | (high & bitsBefore(length))) != 0;
    return byteAt(at + length) == QUOTE ? at + length : 0;
  }
}

/**
 * Of a byte's two halves, in which groups of characters they may be; both in one makes it one of them: `-.`, `0`–`9` and `:`, the letters
 * without the last, the last and `_`, for the small ones alike.
 */
const LOWER_HALVES: v128 = i8x16(0x3a, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x24, 0x24, 0x25, 0x25, 0x2c);
/** `[A-Za-z0-9_.:-]` */
const UPPER_OF_PAYMENT: v128 = i8x16(0, 0, 0x01, 0x02, 0x04, 0x08, 0x04, 0x10, 0, 0, 0, 0, 0, 0, 0, 0);
/** `[A-Za-z0-9_.:@-]` */
const UPPER_OF_MERCHANT: v128 = i8x16(0, 0, 0x01, 0x02, 0x20, 0x08, 0x04, 0x10, 0, 0, 0, 0, 0, 0, 0, 0);

export function isPaymentId(start: usize, end: usize): bool {
  return isOf(UPPER_OF_PAYMENT, start, end);
}

export function isMerchantId(start: usize, end: usize): bool {
  return isOf(UPPER_OF_MERCHANT, start, end);
}

function isOf(upperHalves: v128, start: usize, end: usize): bool {
  for (let at = start; at < end; at += BEYOND) {
    const bytes = v128.load(at);
    const groups = v128.and(
      i8x16.swizzle(LOWER_HALVES, v128.and(bytes, i8x16.splat(0x0f))),
      i8x16.swizzle(upperHalves, i8x16.shr_u(bytes, 4)),
    );
    const others = i8x16.bitmask(i8x16.eq(groups, i8x16.splat(0)));
    if ((others & bitsBefore(min(((end - at) as u32), 16))) != 0) return false;
  }
  return true;
}
