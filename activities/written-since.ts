/**
 * An hour of hour_payments of which every row was right once: Postgres numbers who writes a row, so that only rows written since are held
 * against the reference. What they should be and what the others add up to must be what was proven; where it is not, a row is gone or was
 * changed behind Postgres' back, and the hour is to be compared whole.
 */
import { byBucketAndKey, differencesOfBucket, type JudgedHour } from '../contract/differing-rows';
import type { ComparedRow, Difference } from '../contract/reconciliation';
import { addSums, firstDifferenceOfSums, SumsOfRows, type Sums } from '../contract/sums';
import type { HourSince } from '../stores/compared-payments';
import type { FilesHour } from './hour-store';
import type { ProvenHour } from './proven-hour';

/** More than these and comparing the hour whole is no dearer. */
export const WRITTEN_AT_MOST = 20_000;

export function isAsItWas({ sums, flawed, written }: HourSince, hour: ProvenHour): boolean {
  return written.length === 0 && flawed === 0 && firstDifferenceOfSums('proven', hour.sums, 'held', sums) === null;
}

/** Sorted by bucket and key; null: the hour is to be compared whole. */
export async function differencesSince(of: JudgedHour, hour: ProvenHour, since: HourSince, reference: FilesHour): Promise<readonly Difference[] | null> {
  const { written } = since;
  if (since.flawed !== written.filter(({ flaws }) => flaws !== '').length) return null;
  const expected: ComparedRow[] = [];
  for await (const { row } of reference.rowsOf(written.map(({ row: { paymentId, dt, merchantId } }) => ({ paymentId, dt, merchantId })))) expected.push(row);
  const found = summed(written.map(({ row }) => row));
  const should = summed(expected);
  // What was not written, and what those that were should be, is what was proven.
  if (firstDifferenceOfSums('held', addSums(since.sums, should), 'proven', addSums(hour.sums, found)) !== null) return null;
  return [...differencesOfBucket(of, expected, written)].sort(byBucketAndKey);
}

function summed(rows: readonly ComparedRow[]): Sums {
  const sums = new SumsOfRows();
  for (const { rowHash, currency, status, amountCents } of rows) sums.add({ row_hash: BigInt(rowHash), currency, status, amount_cents: BigInt(amountCents) });
  return sums.result();
}
