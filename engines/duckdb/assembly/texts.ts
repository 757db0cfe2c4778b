/** Texts told apart by their bytes, wherever they stand. What follows one may be read with it. */
import { BEYOND, isSame } from './vectors';

/** Golden ratio of 64 bits: what it multiplies differs in its upper bits. */
const MULTIPLIER: u64 = ((0x9e37_79b9 as u64) << 32) | 0x7f4a_7c15;

/** In its upper bits. */
export function hashOfText(start: usize, bytes: u32): u64 {
  let hash: u64 = bytes;
  const end = start + bytes;
  let at = start;
  for (; at + 8 <= end; at += 8) hash = (hash ^ load<u64>(at)) * MULTIPLIER;
  // Of the last word only what is the text's.
  const left = (end - at) as u64;
  if (left > 0) hash = (hash ^ (load<u64>(at) << (64 - 8 * left))) * MULTIPLIER;
  return hash;
}

export function areAlike(known: usize, start: usize, bytes: u32): bool {
  for (let from: u32 = 0; from < bytes; from += BEYOND as u32) {
    if (!isSame(known + from, start + from, min(bytes - from, BEYOND as u32))) return false;
  }
  return true;
}
