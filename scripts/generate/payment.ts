/** One made-up payment as it would land: plausible values, nothing that belongs to anybody. */
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import type { PaymentStatus } from '../../contract/payment';
import { Random } from './random';

export type RawPayment = Record<string, string | number | boolean | null | undefined>;

export interface PaymentShape {
  readonly landingHour: LandingHour;
  readonly merchants: number;
  /** share of payments made long before their landing hour */
  readonly late: number;
  readonly seed: number;
}

const CURRENCY_WEIGHTS = [['EUR', 46], ['USD', 24], ['GBP', 12], ['PLN', 6], ['CHF', 4], ['SEK', 3], ['JPY', 3], ['KWD', 1], ['HRK', 1]] as const;
const STATUS_WEIGHTS: readonly (readonly [PaymentStatus, number])[] = [
  ['CAPTURED', 30], ['SETTLED', 22], ['APPROVED', 16], ['AUTHORIZED', 8], ['DECLINED', 9], ['PENDING', 5],
  ['FAILED', 3], ['REFUNDED', 3], ['CANCELLED', 2], ['VOIDED', 1], ['EXPIRED', 0.6], ['CHARGEBACK', 0.4],
];
const METHODS = ['card', 'card', 'card', 'wallet', 'bank_transfer', 'direct_debit', 'voucher'] as const;
const SYSTEMS = ['checkout', 'pos', 'mobile-app', 'subscriptions', 'api'] as const;
const DECLINES = ['insufficient_funds', 'do_not_honor', 'expired instrument', 'Limit überschritten', 'suspected fraud | rule 7', '3-D Secure abgebrochen'] as const;
const HOUR_MS = 3_600_000;
const LATEST_LATE_HOURS = 48;

export function paymentAt(shape: PaymentShape, index: number): RawPayment {
  const random = new Random(shape.seed, index);
  const start = hourStart(shape.landingHour).getTime();
  const lateBy = random.next() < shape.late ? (1 + random.whole(LATEST_LATE_HOURS)) * HOUR_MS : 0;
  const createdAt = start + random.whole(HOUR_MS) - lateBy;
  const status = random.weighted(STATUS_WEIGHTS);
  const authorized = status === 'PENDING' || status === 'FAILED' ? undefined : createdAt + 150 + random.whole(2_500);
  const completed = status === 'CAPTURED' || status === 'SETTLED' || status === 'REFUNDED' ? createdAt + 2_000 + random.whole(90_000) : undefined;
  const refused = status === 'DECLINED' || status === 'FAILED';
  return {
    payment_id: `pay_${(start / HOUR_MS).toString(36)}_${shape.seed.toString(36)}_${index.toString(36).padStart(6, '0')}`,
    // A few merchants have most of the payments, as in life: their partitions are the large ones.
    merchant_id: `merchant-${String(1 + Math.floor(shape.merchants * random.next() ** 2.2)).padStart(4, '0')}`,
    user_id: random.next() < 0.05 ? undefined : `user-${random.whole(4_000_000).toString(36)}`,
    amount_cents: Math.round(100 * Math.exp(1 + 5 * random.next() * random.next())),
    currency: random.weighted(CURRENCY_WEIGHTS),
    status,
    payment_method: random.pick(METHODS),
    risk_score: random.next() < 0.1 ? undefined : Math.round(random.next() ** 3 * 1_000_000) / 10_000,
    authorized_at: authorized === undefined ? undefined : new Date(authorized).toISOString(),
    completed_at: completed === undefined ? undefined : new Date(completed).toISOString(),
    created_at: new Date(createdAt).toISOString(),
    source_system: random.pick(SYSTEMS),
    decline_reason: refused ? random.pick(DECLINES) : undefined,
    // Fields that the contract does not know: schema drift as producers make it.
    client_version: random.next() < 0.05 ? `4.${random.whole(20)}` : undefined,
    retry_count: random.next() < 0.01 ? random.whole(5) : undefined,
  };
}

/** A second line of the same payment: sent again as it was, or its next status some seconds later. */
export function repeated(payment: RawPayment, random: Random): RawPayment {
  if (random.next() < 0.5) return payment;
  const createdAt = new Date(Date.parse(payment.created_at as string) + 1_000 + random.whole(60_000)).toISOString();
  return { ...payment, status: random.next() < 0.8 ? 'SETTLED' : 'REFUNDED', created_at: createdAt };
}
