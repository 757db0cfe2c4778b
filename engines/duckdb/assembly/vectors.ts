/** Bytes sixteen at a time, for each of the modules that are WebAssembly. */

/** A vector's bytes: what is read or copied may reach so far beyond its end. */
export const BEYOND: usize = 16;

/** Copies what stands from `start` to `end`, and some of what follows it; answers with where it ends there. */
export function copy(start: usize, end: usize, to: usize): usize {
  let at = to;
  for (let from = start; from < end; from += BEYOND) {
    v128.store(at, v128.load(from));
    at += BEYOND;
  }
  return to + (end - start);
}

/** A bit for each byte of the vector, as far as there are so many. */
export function bitsBefore(count: u32): u32 {
  return (1 << count) - 1;
}

/** Whether so many bytes of the two vectors' are the same. */
export function isSame(at: usize, known: usize, bytes: u32): bool {
  const wanted = bitsBefore(bytes);
  return (i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(known))) & wanted) == wanted;
}
