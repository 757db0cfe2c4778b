/** What a text is sorted by: its merchant, when it was created, its payment. */
import { BEYOND } from '../../assembly/vectors';
import { LF, SEPARATOR } from './bytes';
import { numberBetween } from './digits';

/** Of the separator behind the hash. */
const HASH_END: usize = 28;
/** Where the payment's id stands in a text. */
export const PAYMENT_AT: usize = HASH_END + 1;
/** So manieth separators stand before these fields, and behind them. */
const BEFORE_MERCHANT: u32 = 3;
const BEHIND_MERCHANT: u32 = 4;
const BEFORE_CREATION: u32 = 12;
const BEHIND_CREATION: u32 = 13;
const SIGN: u64 = (1 as u64) << 63;

/** Of the text that was looked at last. */
export let merchant: usize = 0;
export let merchantEnd: usize = 0;
/** As a number without a sign, which is in the same order. */
export let creation: u64 = 0;

/** Behind the text's line feed; 0: it is not all there. */
export function lookAt(start: usize, end: usize): usize {
  // The mark's.
  let separators: u32 = 1;
  let created: usize = 0;
  let createdEnd: usize = 0;
  for (let at = start + HASH_END; at < end; at += BEYOND) {
    const bytes = v128.load(at);
    const ends = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(LF as i8)));
    let found = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(SEPARATOR as i8)));
    if (ends != 0) found &= (1 << ctz(ends)) - 1;
    for (; found != 0; found &= found - 1) {
      separators += 1;
      if (separators == BEFORE_MERCHANT) merchant = at + ctz(found) + 1;
      else if (separators == BEHIND_MERCHANT) merchantEnd = at + ctz(found);
      else if (separators == BEFORE_CREATION) created = at + ctz(found) + 1;
      else if (separators == BEHIND_CREATION) createdEnd = at + ctz(found);
    }
    if (ends == 0) continue;
    const next = at + ctz(ends) + 1;
    if (next > end) return 0;
    creation = (numberBetween(created, createdEnd) as u64) ^ SIGN;
    return next;
  }
  return 0;
}
