/** Rows as the comparison of two stores sees them: sums by bucket of the key, and of the buckets that differ the rows themselves. */
import { hash60 } from './md5';
import type { CuratedPayment } from './payment';
import type { ComparedRow } from './reconciliation';
import type { DecimalText, Sums } from './sums';

/** The last instant of a Date. */
const LAST_MICROS = 8_640_000_000_000_000_000n;

export interface BucketSum {
  readonly bucket: number;
  readonly rows: number;
  /** Σ row_hash */
  readonly rowHash: DecimalText;
  /** Σ of a hash over all that hour_payments keep of a row, so that none of its columns can differ unseen */
  readonly content: DecimalText;
  /** rows in which a kept column is not what the row says */
  readonly flawed: number;
}

/** A 256th of a bucket: what is summed before the rows of large buckets are read. */
export interface PartSum extends Omit<BucketSum, 'bucket'> {
  /** the first two bytes of the key's md5; the first is the bucket */
  readonly part: number;
}

export interface BucketedSums {
  readonly sums: Sums;
  /** sorted; those without a row are left out */
  readonly buckets: readonly BucketSum[];
}

export interface KeptRow {
  readonly bucket: number;
  readonly row: ComparedRow;
  /** kept columns that are not what the row's fields say, joined with commas; empty where all is well */
  readonly flaws: string;
  readonly where: string | null;
}

/** ISO with microseconds: an instant must not lose a digit in a Date. */
export function instantOf(micros: bigint): string {
  // What no calendar has cannot be right either; it is only shown.
  if (micros > LAST_MICROS || micros < -LAST_MICROS) return `${micros} µs`;
  const second = floorDivided(micros, 1_000_000n);
  return `${secondOf(Number(second))}.${(micros - second * 1_000_000n).toString().padStart(6, '0')}Z`;
}

const SECONDS_KEPT = 10_000;
const seconds = new Map<number, string>();

/** An hour has few of them, and a topic a million rows of it. */
function secondOf(second: number): string {
  const known = seconds.get(second);
  if (known !== undefined) return known;
  if (seconds.size >= SECONDS_KEPT) seconds.clear();
  const text = new Date(second * 1000).toISOString().replace(/\.\d+Z$/, '');
  seconds.set(second, text);
  return text;
}

/** Of the contract's canonical text; the SQL of sql/curate/row-hash.sql and sql/reconcile/ says the same. */
export function rowHashOf(row: CuratedPayment): bigint {
  return hash60([
    row.payment_id, row.merchant_id, escaped(row.user_id), row.amount_cents.toString(), row.currency, row.status, escaped(row.payment_method),
    row.risk_score === null ? '~' : millionths(row.risk_score), row.authorized_at ?? '~', row.completed_at ?? '~', row.created_at,
    escaped(row.source_system), escaped(row.decline_reason),
  ].join('|'));
}

/** What a row's fields say of the columns that are derived from them. */
export interface Judgement {
  /** made anew, whatever the row says */
  readonly hash: bigint;
  /** `created_at`, ISO */
  readonly created: string;
  /** derived columns that are not what the fields say, joined with commas; empty where all is well */
  readonly flaws: string;
}

export function judged(row: CuratedPayment): Judgement {
  const created = instantOf(row.created_at);
  const hash = rowHashOf(row);
  const span = row.authorized_at === null || row.completed_at === null ? null : floorDivided(row.completed_at - row.authorized_at, 1000n);
  const flaws: string[] = [];
  if (row.row_hash !== hash) flaws.push('row_hash');
  if (row.dt !== created.slice(0, 10)) flaws.push('dt');
  if (row.hour !== Number(created.slice(11, 13))) flaws.push('hour');
  if (row.authorized_to_complete_ms !== span) flaws.push('authorized_to_complete_ms');
  if (row.is_approved !== (row.status === 'APPROVED')) flaws.push('is_approved');
  if (row.is_refunded !== (row.status === 'REFUNDED')) flaws.push('is_refunded');
  return { hash, created, flaws: flaws.join(',') };
}

/** What a comparison looks at. */
export function comparedRow(row: CuratedPayment, { hash, created }: Judgement): ComparedRow {
  return {
    paymentId: row.payment_id, createdAt: created, status: row.status, currency: row.currency, amountCents: row.amount_cents.toString(),
    rowHash: hash.toString(), dt: row.dt, merchantId: row.merchant_id,
  };
}

/** What is outside of the contract must only not be taken for something inside of it. */
function millionths(score: number): bigint {
  return Math.abs(score) <= 1e12 ? BigInt(Math.floor(score * 1_000_000 + 0.5)) : -1n;
}

const TO_ESCAPE = /[%|~]/;

function escaped(text: string | null): string {
  if (text === null) return '~';
  return text.search(TO_ESCAPE) === -1 ? text : text.replaceAll('%', '%25').replaceAll('|', '%7C').replaceAll('~', '%7E');
}

function floorDivided(value: bigint, by: bigint): bigint {
  const [small, divisor] = [Number(value), Number(by)];
  // Exact below 2^53, and a fraction of the time that bigints take.
  if (Number.isSafeInteger(small)) return BigInt((small - modulo(small, divisor)) / divisor);
  const rest = ((value % by) + by) % by;
  return (value - rest) / by;
}

function modulo(value: number, by: number): number {
  const rest = value % by;
  return rest < 0 ? rest + by : rest;
}
