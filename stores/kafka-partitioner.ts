/** murmur2 on the key, as the Java client does: Spark and TypeScript put a payment on the same partition. */
const M = 0x5bd1e995;

/** `bytes` from `start` to `end`. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let hash = 0x9747b28c ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let k = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    hash = Math.imul(hash, M) ^ Math.imul(k, M);
  }
  const left = end - at;
  if (left === 3) hash ^= bytes[at + 2]! << 16;
  if (left >= 2) hash ^= bytes[at + 1]! << 8;
  if (left >= 1) hash = Math.imul(hash ^ bytes[at]!, M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

/** Of the key that is `bytes` from `start` to `end`. */
export function partitionOf(bytes: Uint8Array, partitions: number, start = 0, end = bytes.length): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitions;
}
