/** The rows of the four reports, as the API answers them, files have them and scheduled reports keep them. Money is text of whole minor units. */
import type { ReportName } from './reports';
import type { TableColumn } from './table';

export type NumberRow = Readonly<Record<string, string | number | null>>;

export interface ReconRow extends NumberRow {
  /** the row's name for /explain */
  readonly cell: string;
  readonly currency: string;
  readonly minor_units: number;
  readonly status: string;
  readonly payments: number;
  readonly amount_cents: string;
}

export interface CurrencyTotal extends NumberRow {
  readonly currency: string;
  readonly minor_units: number;
  readonly payments: number;
  readonly amount_cents: string;
}

export interface RefundRow extends NumberRow {
  readonly currency: string;
  readonly minor_units: number;
  readonly captured: number;
  readonly captured_cents: string;
  readonly refunded: number;
  readonly refunded_cents: string;
  readonly rate_by_count: string | null;
  readonly rate_by_amount: string | null;
}

export interface LatencyRow extends NumberRow {
  readonly payments: number;
  readonly skewed: number;
  readonly mean_ms: string | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  readonly max_ms: number | null;
}

export interface DeclineRow extends NumberRow {
  readonly cell: string;
  readonly reason: string;
  readonly currency: string;
  readonly minor_units: number;
  readonly payments: number;
  readonly amount_cents: string;
}

export interface ReconNumbers {
  readonly rows: readonly ReconRow[];
  /** one a currency; never across them */
  readonly totals: readonly CurrencyTotal[];
  readonly payments: number;
}

export interface RefundNumbers {
  readonly rows: readonly RefundRow[];
  /** over all currencies, by count only */
  readonly all: { readonly captured: number; readonly refunded: number; readonly rate_by_count: string | null };
}

export interface LatencyNumbers {
  readonly rows: readonly LatencyRow[];
  readonly percentile_error: number;
}

export interface DeclineNumbers {
  readonly rows: readonly DeclineRow[];
  /** over all currencies, the most frequent first */
  readonly reasons: readonly { readonly reason: string; readonly payments: number }[];
  readonly payments: number;
}

const OF_A_RANGE = { from: 'date', to: 'date' } as const;

/** What a report's table has beside its own rows stands first. */
export const REPORT_COLUMNS: Readonly<Record<ReportName, readonly TableColumn[]>> = {
  'daily-recon': columnsOf({ date: 'date', currency: 'text', minor_units: 'integer', status: 'text', payments: 'integer', amount_cents: 'money' }),
  'refund-rate': columnsOf({
    ...OF_A_RANGE, currency: 'text', minor_units: 'integer', captured: 'integer', captured_cents: 'money', refunded: 'integer',
    refunded_cents: 'money', rate_by_count: 'number', rate_by_amount: 'number',
  }),
  latency: columnsOf({
    ...OF_A_RANGE, payment_method: 'text', payments: 'integer', skewed: 'integer', mean_ms: 'number', p50_ms: 'integer', p95_ms: 'integer', p99_ms: 'integer', max_ms: 'integer',
  }),
  declines: columnsOf({ ...OF_A_RANGE, reason: 'text', currency: 'text', minor_units: 'integer', payments: 'integer', amount_cents: 'money' }),
};

function columnsOf(types: Readonly<Record<string, TableColumn['type']>>): readonly TableColumn[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}
