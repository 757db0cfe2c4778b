/** A hash of the id that stands there, by which lines are dealt out: FNV-1a, its upper bits mixed into the lower ones, which are all that is looked at. */
export function idHash(ids: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ ids[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
