/** The answer of sql/reconcile/bucket-sums.sql, whichever engine gives it, as comparisons want it. */
import type { BucketedSums, BucketSum } from '../contract/compared-rows';
import { sortTotals, type Total } from '../contract/sums';

/** bucket, currency, status, row_count, amount_cents, row_hash, content, flawed; sums as text. */
export function bucketedSums(rows: readonly (readonly unknown[])[]): BucketedSums {
  const buckets = new Map<number, { rows: number; rowHash: bigint; content: bigint; flawed: number }>();
  const totals = new Map<string, { currency: string; status: string; count: number; cents: bigint }>();
  for (const [bucket, currency, status, count, cents, hash, content, flawed] of rows) {
    const sum = buckets.get(Number(bucket)) ?? { rows: 0, rowHash: 0n, content: 0n, flawed: 0 };
    buckets.set(Number(bucket), {
      rows: sum.rows + Number(count), rowHash: sum.rowHash + BigInt(hash as string), content: sum.content + BigInt(content as string),
      flawed: sum.flawed + Number(flawed),
    });
    const cell = { currency: String(currency), status: String(status) };
    const total = totals.get(`${cell.currency}|${cell.status}`) ?? { ...cell, count: 0, cents: 0n };
    totals.set(`${cell.currency}|${cell.status}`, { ...total, count: total.count + Number(count), cents: total.cents + BigInt((cents as string | null) ?? 0) });
  }
  const sums: BucketSum[] = [...buckets].sort(([a], [b]) => a - b).map(([bucket, sum]) => ({
    bucket, rows: sum.rows, rowHash: sum.rowHash.toString(), content: sum.content.toString(), flawed: sum.flawed,
  }));
  return {
    sums: {
      rows: sums.reduce((count, { rows: more }) => count + more, 0),
      sumRowHash: sums.reduce((sum, { rowHash }) => sum + BigInt(rowHash), 0n).toString(),
      totals: sortTotals([...totals.values()].map(({ currency, status, count, cents }): Total => ({ currency, status, count, amountCents: cents.toString() }))),
    },
    buckets: sums,
  };
}
