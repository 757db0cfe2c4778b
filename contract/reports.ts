/** The four reports: what they are asked with and what their numbers mean. Both engines that answer them keep to this. */
import type { PaymentStatus } from './payment';

export const REPORTS = ['daily-recon', 'refund-rate', 'latency', 'declines'] as const;
export type ReportName = (typeof REPORTS)[number];

/** A row holds a payment's current state: one that was refunded was captured before. */
export const CAPTURED: readonly PaymentStatus[] = ['APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK'];
export const REFUNDED: readonly PaymentStatus[] = ['REFUNDED'];
export const DECLINED: PaymentStatus = 'DECLINED';

/** Of a decline without a reason, and of a payment without a method. */
export const UNKNOWN = 'unknown';

/** The cell of all merchants; no merchant can be called so. */
export const ALL_MERCHANTS = '*';
/** The cell of all payment methods: an empty one is none. */
export const ALL_METHODS = '';

export const RANGE_AT_MOST_DAYS = 366;
/** Of an answer that is waited for. */
export const LAKE_RANGE_AT_MOST_DAYS = 3_660;

const DAY_MS = 86_400_000;

/** Both included. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
}

const RATE_DIGITS = 6;
const RATE_SCALE = 10n ** BigInt(RATE_DIGITS);

/** `part / whole` as decimal text with six digits, rounded half up; null where there is no whole. Exact: no amount passes through a float. */
export function rateOf(part: bigint, whole: bigint): string | null {
  if (whole === 0n) return null;
  const scaled = (2n * part * RATE_SCALE + whole) / (2n * whole);
  const digits = scaled.toString().padStart(RATE_DIGITS + 1, '0');
  return `${digits.slice(0, -RATE_DIGITS)}.${digits.slice(-RATE_DIGITS)}`;
}

/** `sum / count` as decimal text with three digits, rounded half up; null of nothing. Both are at least 0. */
export function meanOf(sum: bigint, count: bigint): string | null {
  if (count === 0n) return null;
  const digits = ((2n * sum * 1000n + count) / (2n * count)).toString().padStart(4, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
}
