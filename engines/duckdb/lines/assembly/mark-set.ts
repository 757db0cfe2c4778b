/** A set of marks, eight characters each, and never 0. Two places for each mark at least: a search ends soon, and at all. */

/** Eight exclamation marks, which are in no mark: of a text that goes another way. */
export const GONE: u64 = ((0x21212121 as u64) << 32) | 0x21212121;

let places: usize = 0;
let last: u32 = 0;

/** `count` places, a power of two, from `at` on. */
export function openMarks(at: usize, count: u32): void {
  memory.fill(at, 0, (count as usize) << 3);
  places = at;
  last = count - 1;
}

/** Answers with whether it was there. */
export function addMark(mark: u64): bool {
  const at = placeOf(mark);
  if (load<u64>(at) != 0) return true;
  store<u64>(at, mark);
  return false;
}

export function hasMark(mark: u64): bool {
  return load<u64>(placeOf(mark)) != 0;
}

/** Where it is, or would be. */
function placeOf(mark: u64): usize {
  // All marks of a bucket have the same rest of their second half: the product's upper bits are of all of them.
  let place = (((mark * 0x1e3779b97f4a7d) >> 32) as u32) & last;
  let seen = load<u64>(places + ((place as usize) << 3));
  while (seen != 0 && seen != mark) {
    place = (place + 1) & last;
    seen = load<u64>(places + ((place as usize) << 3));
  }
  return places + ((place as usize) << 3);
}
