/**
 * Durations as a histogram of fixed buckets: it can be added to and subtracted from, which a digest cannot, and its percentiles have an
 * error that can be stated. `rollups.latency_bucket` puts a duration into its bucket; this reads them.
 */

/** Milliseconds below this have a bucket each, so a percentile there is exact. */
const EXACT_BELOW_MS = 50;
/** From there each bucket ends 2 % above where it begins. */
const GROWTH = 1.02;

/** How far a percentile may be from the true one, as a share of the true one; half a millisecond of rounding comes on top. */
export const PERCENTILE_ERROR = (GROWTH - 1) / (GROWTH + 1);

export interface BucketCount {
  readonly bucket: number;
  readonly count: bigint;
}

/** The duration that stands for a bucket: equally far from both its ends, as a share of each. */
export function millisecondsOf(bucket: number): number {
  if (bucket < EXACT_BELOW_MS) return bucket;
  const low = EXACT_BELOW_MS * GROWTH ** (bucket - EXACT_BELOW_MS);
  return (2 * low * GROWTH) / (1 + GROWTH);
}

/**
 * The nearest-rank percentile: the smallest duration that `share` of all durations do not exceed. `counts` ascend by bucket; `longest`
 * is exact and caps it. Null where there is none.
 */
export function percentile(counts: readonly BucketCount[], share: number, longest: bigint | null): number | null {
  const total = counts.reduce((sum, { count }) => sum + count, 0n);
  if (total === 0n) return null;
  // In millionths: a share as a float times a bigint would lose the rank of large counts.
  const millionths = BigInt(Math.round(share * 1_000_000));
  const rank = (total * millionths + 999_999n) / 1_000_000n;
  let seen = 0n;
  for (const { bucket, count } of counts) {
    seen += count;
    if (seen >= rank) return Math.min(Math.round(millisecondsOf(bucket)), longest === null ? Infinity : Number(longest));
  }
  return null;
}
