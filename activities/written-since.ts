/**
 * An hour of hour_payments of which every row was right once: Postgres numbers who writes a row, so that only rows written since are held
 * against the reference. What they should be and what the others add up to must be what was proven; where it is not, a row is gone or was
 * changed behind Postgres' back, and the hour is to be compared whole.
 */
import type { KeptRow } from '../contract/compared-rows';
import { differencesOfBucket, type JudgedHour } from '../contract/differing-rows';
import { BUCKETS, partOf, type ComparedRow, type Difference } from '../contract/reconciliation';
import { addSums, firstDifferenceOfSums, SumsOfRows, type Sums } from '../contract/sums';
import type { HourSince } from '../stores/compared-payments';
import type { HourStore } from './hour-store';
import type { ProvenHour } from './proven-hour';

/** More than these and comparing the hour whole is no dearer. */
export const WRITTEN_AT_MOST = 20_000;

export function isAsItWas({ sums, flawed, written }: HourSince, hour: ProvenHour): boolean {
  return written.length === 0 && flawed === 0 && firstDifferenceOfSums('proven', hour.sums, 'held', sums) === null;
}

/** Sorted by bucket and key; null: the hour is to be compared whole. */
export async function differencesSince(of: JudgedHour, hour: ProvenHour, since: HourSince, reference: HourStore): Promise<readonly Difference[] | null> {
  const { written } = since;
  if (since.flawed !== written.filter(({ flaws }) => flaws !== '').length) return null;
  const expected = await rowsOf(reference, new Set(written.map(({ row }) => row.paymentId)));
  const found = summed(written.map(({ row }) => row));
  const should = summed(expected.map(({ row }) => row));
  // What was not written, and what those that were should be, is what was proven.
  if (firstDifferenceOfSums('held', addSums(since.sums, should), 'proven', addSums(hour.sums, found)) !== null) return null;
  const [wanted, there] = [byBucket(expected), byBucket(written)];
  return Array.from({ length: BUCKETS }, (_, bucket) => (
    differencesOfBucket(of, (wanted.get(bucket) ?? []).map(({ row }) => row), there.get(bucket) ?? [])
  )).flat();
}

async function rowsOf(reference: HourStore, keys: ReadonlySet<string>): Promise<readonly KeptRow[]> {
  const parts = [...new Set([...keys].map(partOf))].sort((a, b) => a - b);
  const buckets = [...new Set(parts.map((part) => Math.floor(part / BUCKETS)))];
  const rows: KeptRow[] = [];
  for await (const kept of reference.rows(buckets, parts)) if (keys.has(kept.row.paymentId)) rows.push(kept);
  return rows;
}

function summed(rows: readonly ComparedRow[]): Sums {
  const sums = new SumsOfRows();
  for (const { rowHash, currency, status, amountCents } of rows) sums.add({ row_hash: BigInt(rowHash), currency, status, amount_cents: BigInt(amountCents) });
  return sums.result();
}

function byBucket(rows: readonly KeptRow[]): ReadonlyMap<number, readonly KeptRow[]> {
  const buckets = new Map<number, KeptRow[]>();
  for (const kept of rows) {
    const same = buckets.get(kept.bucket);
    if (same === undefined) buckets.set(kept.bucket, [kept]);
    else same.push(kept);
  }
  return buckets;
}
