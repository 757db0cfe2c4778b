/** Hashes of ids: by which lines are dealt out, and by which payments that come more than once are looked for. */
import { byteAt } from './bytes';

/** Characters that mean nothing to whoever reads a file of them: 64 of them, filled in. */
export const alphabet = memory.data(64);
/** Half of a mark. */
const HALF: usize = 4;
export const MARK_CHARACTERS: usize = 8;
const BITS: u32 = 6;

/** FNV-1a, its upper bits mixed into the lower ones, which are all that is looked at. */
export function idHash(start: usize, end: usize): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = (hash ^ byteAt(at)) * 0x01000193;
  return hash ^ (hash >> 15);
}

/** Writes the mark of the id that stands there; answers with a number that is the same for all lines of the payment. */
export function putMark(start: usize, end: usize, to: usize): u32 {
  // Two hashes of 24 bits each that have little in common; the multiplier of the second is Murmur's.
  let first: u32 = 0x811c9dc5;
  let second = (end - start) as u32;
  for (let at = start; at < end; at += 1) {
    const byte = byteAt(at);
    first = (first ^ byte) * 0x01000193;
    second = (second ^ byte) * 0x5bd1e995;
    second ^= second >> 15;
  }
  first ^= first >> 15;
  second *= 0x5bd1e995;
  second ^= second >> 13;
  for (let i: u32 = 0; i < (HALF as u32); i += 1) {
    store<u8>(to + i, load<u8>(alphabet + ((first >> (BITS * i)) & 63)));
    store<u8>(to + HALF + i, load<u8>(alphabet + ((second >> (BITS * i)) & 63)));
  }
  return second;
}
