/**
 * One store of an hour against what is right: sums of buckets first, then of the parts of those that differ, and rows only of the parts
 * in which they differ. What is read row by row grows with the differences and not with the hour.
 */
import type { BucketSum, KeptRow } from '../contract/compared-rows';
import { differencesOfBucket, type JudgedHour } from '../contract/differing-rows';
import type { Difference } from '../contract/reconciliation';
import type { HourStore } from './hour-store';

/** Reading so many rows costs less than summing their parts first. */
const FEW_ROWS = 20_000;

type Summed = Omit<BucketSum, 'bucket'>;

/** Those with rows that contradict themselves are among them, whatever the sums say. */
export function differingBuckets(reference: Pick<HourStore, 'held'>, store: Pick<HourStore, 'held'>): readonly number[] {
  return differing(reference.held.buckets, store.held.buckets, ({ bucket }) => bucket);
}

/** What all of its buckets add up to, however many there are, is the same; and no row contradicts itself. */
export function agree(reference: Pick<HourStore, 'held'>, store: Pick<HourStore, 'held'>): boolean {
  return !differ(total(reference), total(store));
}

function total({ held: { buckets, sums } }: Pick<HourStore, 'held'>): Summed {
  return {
    rows: sums.rows, rowHash: sums.sumRowHash,
    content: buckets.reduce((sum, { content }) => sum + BigInt(content), 0n).toString(),
    flawed: buckets.reduce((sum, { flawed }) => sum + flawed, 0),
  };
}

function differing<Sum extends Summed>(expected: readonly Sum[], found: readonly Sum[], placeOf: (sum: Sum) => number): readonly number[] {
  const should = new Map(expected.map((sum) => [placeOf(sum), sum]));
  const has = new Map(found.map((sum) => [placeOf(sum), sum]));
  return [...new Set([...should.keys(), ...has.keys()])].sort((a, b) => a - b).filter((place) => differ(should.get(place), has.get(place)));
}

function differ(expected: Summed | undefined, found: Summed | undefined): boolean {
  if (expected === undefined || found === undefined) return true;
  return found.flawed > 0 || expected.rows !== found.rows || expected.rowHash !== found.rowHash || expected.content !== found.content;
}

/** Sorted by bucket and key. */
export async function* differencesOfHour(
  of: JudgedHour, reference: HourStore, store: HourStore, buckets: readonly number[], fewRows = FEW_ROWS,
): AsyncGenerator<Difference> {
  if (Math.max(rowsIn(reference, buckets), rowsIn(store, buckets)) <= fewRows) {
    yield* differencesInRows(of, reference, store, buckets);
    return;
  }
  // One after the other: of an open view of Postgres one thing is asked at a time, and either may be that.
  const parts = differing(await reference.parts(buckets), await store.parts(buckets), ({ part }) => part);
  yield* differencesInRows(of, reference, store, buckets, parts);
}

function rowsIn({ held }: HourStore, buckets: readonly number[]): number {
  const wanted = new Set(buckets);
  return held.buckets.reduce((sum, { bucket, rows }) => sum + (wanted.has(bucket) ? rows : 0), 0);
}

/** All rows of the buckets, or of these parts of them; one bucket in memory at a time. */
export async function* differencesInRows(
  of: JudgedHour, reference: HourStore, store: HourStore, buckets: readonly number[], parts?: readonly number[],
): AsyncGenerator<Difference> {
  const expected = new ByBucket(reference.rows(buckets, parts));
  const found = new ByBucket(store.rows(buckets, parts));
  try {
    for (const bucket of buckets) {
      const wanted = await expected.take(bucket);
      yield* differencesOfBucket(of, wanted.map(({ row }) => row), await found.take(bucket));
    }
  } finally {
    await expected.close();
    await found.close();
  }
}

/** Rows sorted by bucket, taken a bucket at a time. */
class ByBucket {
  private readonly rows: AsyncIterator<KeptRow>;
  private next: KeptRow | null = null;
  private over = false;

  constructor(rows: AsyncIterable<KeptRow>) {
    this.rows = rows[Symbol.asyncIterator]();
  }

  async take(bucket: number): Promise<readonly KeptRow[]> {
    const taken: KeptRow[] = [];
    for (let row = await this.peek(); row !== null && row.bucket <= bucket; row = await this.peek()) {
      taken.push(row);
      this.next = null;
    }
    return taken;
  }

  async close(): Promise<void> {
    await this.rows.return?.();
  }

  private async peek(): Promise<KeptRow | null> {
    if (this.next !== null || this.over) return this.next;
    const { value, done } = await this.rows.next() as IteratorResult<KeptRow, undefined>;
    this.over = done === true;
    this.next = done === true ? null : value;
    return this.next;
  }
}
