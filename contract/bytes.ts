/** Below this a loop is faster than a call that copies. */
const SHORT = 40;

/** Copies a part of `from` to where `to` has room for it; answers with where it ends there. */
export function copyPart(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (end - start >= SHORT) return at + from.copy(to, at, start, end);
  let place = at;
  for (let next = start; next < end; next += 1) to[place++] = from[next]!;
  return place;
}

/** The same bytes, of which `used` are written, with room for so many more. */
export function withRoom(bytes: Buffer, used: number, more: number): Buffer {
  if (used + more <= bytes.length) return bytes;
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, used + more));
  bytes.copy(larger, 0, 0, used);
  return larger;
}
