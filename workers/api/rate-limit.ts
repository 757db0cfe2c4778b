/** How many requests a caller may make: a bucket of tokens each, filled evenly. In this process; several processes are several buckets. */

export interface RateLimits {
  /** tokens of a full bucket, and of a minute */
  readonly aMinute: number;
  /** seconds since any fixed point; for tests */
  readonly clock?: () => number;
}

export interface Admission {
  readonly admitted: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** seconds until the bucket is full again; where not admitted, until there is a token */
  readonly resetSeconds: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** More callers than this at once are strangers trying doors: those seen longest ago are forgotten. */
const CALLERS_AT_MOST = 10_000;

export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();
  private readonly clock: () => number;

  constructor(private readonly limits: RateLimits) {
    this.clock = limits.clock ?? (() => performance.now() / 1000);
  }

  admit(caller: string): Admission {
    const { aMinute } = this.limits;
    const now = this.clock();
    const known = this.buckets.get(caller);
    const tokens = Math.min(aMinute, known === undefined ? aMinute : known.tokens + ((now - known.at) * aMinute) / 60);
    const admitted = tokens >= 1;
    const left = admitted ? tokens - 1 : tokens;
    // Set anew, so that the map's order is that of the last request.
    this.buckets.delete(caller);
    this.buckets.set(caller, { tokens: left, at: now });
    if (this.buckets.size > CALLERS_AT_MOST) this.buckets.delete(this.buckets.keys().next().value!);
    const wanted = admitted ? aMinute - left : 1 - left;
    return { admitted, limit: aMinute, remaining: Math.floor(left), resetSeconds: Math.ceil((wanted * 60) / aMinute) };
  }
}
