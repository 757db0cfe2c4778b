/** The four reports' rows from what a store counted: for the API and for scheduled reports alike. Nothing is rounded but what is shown as a rate. */
import { minorUnitsOf } from '../contract/currencies';
import type { DayNumbers } from '../contract/day-numbers';
import { percentile, PERCENTILE_ERROR } from '../contract/latency';
import type { DeclineNumbers, LatencyNumbers, ReconNumbers, RefundNumbers } from '../contract/report-rows';
import { meanOf, rateOf } from '../contract/reports';
import type { DeclineCell, LatencyCell, RefundCell, ReportNumbers, StatusCell } from '../stores/reports';

export function reconNumbers(cells: readonly StatusCell[]): ReconNumbers {
  const currencies = [...new Set(cells.map(({ currency }) => currency))];
  return {
    rows: cells.map((cell) => ({
      cell: `${cell.currency}/${cell.status}`, currency: cell.currency, minor_units: minorUnitsOf(cell.currency), status: cell.status,
      payments: Number(cell.payments), amount_cents: cell.amountCents.toString(),
    })),
    totals: currencies.map((currency) => {
      const own = cells.filter((cell) => cell.currency === currency);
      return {
        currency, minor_units: minorUnitsOf(currency), payments: Number(own.reduce((sum, cell) => sum + cell.payments, 0n)),
        amount_cents: own.reduce((sum, cell) => sum + cell.amountCents, 0n).toString(),
      };
    }),
    payments: Number(cells.reduce((sum, cell) => sum + cell.payments, 0n)),
  };
}

export function refundNumbers(cells: readonly RefundCell[]): RefundNumbers {
  const captured = cells.reduce((sum, cell) => sum + cell.captured, 0n);
  const refunded = cells.reduce((sum, cell) => sum + cell.refunded, 0n);
  return {
    rows: cells.map((cell) => ({
      currency: cell.currency, minor_units: minorUnitsOf(cell.currency), captured: Number(cell.captured), captured_cents: cell.capturedCents.toString(),
      refunded: Number(cell.refunded), refunded_cents: cell.refundedCents.toString(),
      rate_by_count: rateOf(cell.refunded, cell.captured), rate_by_amount: rateOf(cell.refundedCents, cell.capturedCents),
    })),
    all: { captured: Number(captured), refunded: Number(refunded), rate_by_count: rateOf(refunded, captured) },
  };
}

export function latencyNumbers({ payments, sumMs, skewed, maxMs, buckets, exact }: LatencyCell): LatencyNumbers {
  const at = (name: 'p50' | 'p95' | 'p99', share: number): number | null => (exact === undefined ? percentile(buckets, share, maxMs) : exact[name] === null ? null : Number(exact[name]));
  return {
    rows: [{
      payments: Number(payments), skewed: Number(skewed), mean_ms: meanOf(sumMs, payments), p50_ms: at('p50', 0.5), p95_ms: at('p95', 0.95), p99_ms: at('p99', 0.99),
      max_ms: maxMs === null ? null : Number(maxMs),
    }],
    percentile_error: exact === undefined ? PERCENTILE_ERROR : 0,
  };
}

export function declineNumbers(cells: readonly DeclineCell[]): DeclineNumbers {
  const reasons = new Map<string, bigint>();
  for (const { reason, payments } of cells) reasons.set(reason, (reasons.get(reason) ?? 0n) + payments);
  return {
    rows: cells.map((cell) => ({
      cell: `${cell.currency}/${cell.reason}`, reason: cell.reason, currency: cell.currency, minor_units: minorUnitsOf(cell.currency), payments: Number(cell.payments), amount_cents: cell.amountCents.toString(),
    })),
    reasons: [...reasons].map(([reason, payments]) => ({ reason, payments: Number(payments) })).sort((a, b) => b.payments - a.payments || (a.reason < b.reason ? -1 : 1)),
    payments: Number(cells.reduce((sum, cell) => sum + cell.payments, 0n)),
  };
}

/** All four of one day. */
export async function dayNumbersOf(numbers: ReportNumbers, date: string, merchant: string | undefined): Promise<DayNumbers> {
  const day = { from: date, to: date, merchant };
  return {
    'daily-recon': reconNumbers(await numbers.dailyRecon(date, merchant)),
    'refund-rate': refundNumbers(await numbers.refundRate(day)),
    latency: latencyNumbers(await numbers.latency(day)),
    declines: declineNumbers(await numbers.declines(day)),
  };
}
