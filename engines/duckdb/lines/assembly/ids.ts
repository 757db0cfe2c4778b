/** Ids as they stand in a text, each ended by a separator, which no id has. */
import { BEYOND } from '../../assembly/vectors';
import { byteAt, SEPARATOR } from './bytes';

/** Below zero: the first comes first, as SQL compares them, by bytes. */
export function compareIds(first: usize, second: usize): i32 {
  for (let at: usize = 0; ; at += BEYOND) {
    const bytes = v128.load(first + at);
    const differ = ~i8x16.bitmask(i8x16.eq(bytes, v128.load(second + at))) & 0xffff;
    const ends = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(SEPARATOR as i8)));
    if ((differ | ends) == 0) continue;
    const place = at + ctz(differ | ends);
    return order(byteAt(first + place)) - order(byteAt(second + place));
  }
}

/** The end comes before whatever goes on. */
function order(byte: u32): i32 {
  return byte == SEPARATOR ? -1 : (byte as i32);
}
