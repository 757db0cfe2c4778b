/** What the records of an hour add up to, publication by publication, without keeping one of them. */
import type { BucketSum } from '../contract/compared-rows';
import type { PublishResult } from '../contract/stages';
import { firstDifferenceOfSums, SumsOfRows } from '../contract/sums';
import type { PublishedHour, ReadRecord } from './topic-records';

interface OfRevision {
  readonly upserts: SumsOfRows;
  retracts: number;
}

export class TopicSums {
  rows = 0;
  private readonly revisions = new Map<number, OfRevision>();
  private readonly buckets = new Map<number, { rows: number; rowHash: bigint }>();
  /** of records that are wrong in themselves or a stranger's */
  private readonly suspected = new Set<number>();

  constructor(readonly hour: PublishedHour) {}

  add({ revision, op, known, bucket, read }: ReadRecord): void {
    this.rows += 1;
    if (!known || read === null || read.flaws !== '') this.suspected.add(bucket);
    if (!known) return;
    const of = this.of(revision);
    if (op === 'retract') {
      of.retracts += 1;
      return;
    }
    const hash = read?.hash ?? 0n;
    if (read !== null) of.upserts.add({ row_hash: hash, currency: read.row.currency, status: read.row.status, amount_cents: read.row.amount_cents });
    const sum = this.bucket(bucket);
    sum.rows += 1;
    sum.rowHash += hash;
  }

  /** What each publication read back when it was made is there, and nothing else. */
  get isRight(): boolean {
    return this.suspected.size === 0 && this.sumsAreRight;
  }

  /** Buckets that may differ from `expected`; null: any of them, since an hour in several publications has no sums of its state. */
  differing(expected: readonly BucketSum[]): ReadonlySet<number> | null {
    if (this.sumsAreRight) return this.suspected;
    if (this.counted.length > 1) return null;
    const differing = new Set(this.suspected);
    const wanted = new Map(expected.map((sum) => [sum.bucket, sum]));
    for (const bucket of new Set([...wanted.keys(), ...this.buckets.keys()])) {
      const [should, has] = [wanted.get(bucket), this.buckets.get(bucket)];
      if (should?.rows !== has?.rows || should?.rowHash !== has?.rowHash.toString()) differing.add(bucket);
    }
    return differing;
  }

  private of(revision: number): OfRevision {
    let of = this.revisions.get(revision);
    if (of === undefined) this.revisions.set(revision, of = { upserts: new SumsOfRows(), retracts: 0 });
    return of;
  }

  private bucket(bucket: number): { rows: number; rowHash: bigint } {
    let sum = this.buckets.get(bucket);
    if (sum === undefined) this.buckets.set(bucket, sum = { rows: 0, rowHash: 0n });
    return sum;
  }

  private get sumsAreRight(): boolean {
    return this.counted.every(([revision, { upsertsRead, retractsRead }]) => {
      const found = this.revisions.get(revision);
      const upserts = (found?.upserts ?? new SumsOfRows()).result();
      return (found?.retracts ?? 0) === retractsRead && firstDifferenceOfSums('published', upsertsRead, 'found', upserts) === null;
    });
  }

  private get counted(): readonly (readonly [number, PublishResult])[] {
    return [...this.hour.publications].filter(([revision]) => revision >= this.hour.since);
  }
}
