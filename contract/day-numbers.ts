/** A day's four reports as they were sent, and what of them another look says otherwise: number by number, exact. */
import type { LandingHour } from './landing-hour';
import type { DeclineNumbers, LatencyNumbers, NumberRow, ReconNumbers, RefundNumbers } from './report-rows';
import type { ReportName } from './reports';

export interface DayNumbers {
  readonly 'daily-recon': ReconNumbers;
  readonly 'refund-rate': RefundNumbers;
  readonly latency: LatencyNumbers;
  readonly declines: DeclineNumbers;
}

/** money: minor units of `currency`; the others are as their names say. */
export type Unit = 'money' | 'payments' | 'rate' | 'ms';

/** A number that is another one now. Null: there was, or is, none. */
export interface Change {
  readonly report: ReportName;
  /** the row: `EUR/CAPTURED` as /explain knows it, `EUR` for a currency's total, `all` where there is one row only */
  readonly cell: string;
  readonly number: string;
  readonly unit: Unit;
  /** null: of no currency */
  readonly currency: string | null;
  readonly before: string | null;
  readonly after: string | null;
  /** after − before, where nothing counts as 0; of a rate or a duration null where one of both is not there */
  readonly difference: string | null;
}

/** Why a landing hour is named by a restatement. */
export interface BroughtBy {
  readonly landingHour: LandingHour;
  /** revision: another one is loaded; came, left: payments of the day lie in it now, or no longer; repaired: its rows were put right */
  readonly why: 'revision' | 'came' | 'left' | 'repaired';
  readonly before: number | null;
  readonly after: number | null;
}

type Numbers = Readonly<Record<string, Unit>>;

interface Table {
  readonly report: ReportName;
  readonly numbers: Numbers;
  rowsOf(day: DayNumbers): readonly NumberRow[];
  cellOf(row: NumberRow): string;
}

const PAID: Numbers = { payments: 'payments', amount_cents: 'money' };
const ofCell = ({ cell }: NumberRow): string => String(cell);
const ofCurrency = ({ currency }: NumberRow): string => String(currency);

/** Totals first: they are what is looked for. */
const TABLES: readonly Table[] = [
  { report: 'daily-recon', numbers: PAID, rowsOf: (day) => day['daily-recon'].totals, cellOf: ofCurrency },
  { report: 'daily-recon', numbers: PAID, rowsOf: (day) => day['daily-recon'].rows, cellOf: ofCell },
  {
    report: 'refund-rate', rowsOf: (day) => day['refund-rate'].rows, cellOf: ofCurrency,
    numbers: { captured: 'payments', captured_cents: 'money', refunded: 'payments', refunded_cents: 'money', rate_by_count: 'rate', rate_by_amount: 'rate' },
  },
  {
    report: 'latency', rowsOf: (day) => day.latency.rows, cellOf: () => 'all',
    numbers: { payments: 'payments', skewed: 'payments', mean_ms: 'ms', p50_ms: 'ms', p95_ms: 'ms', p99_ms: 'ms', max_ms: 'ms' },
  },
  { report: 'declines', numbers: PAID, rowsOf: (day) => day.declines.rows, cellOf: ofCell },
];

export function changesBetween(before: DayNumbers, after: DayNumbers): readonly Change[] {
  return TABLES.flatMap((table) => changesOf(table, before, after));
}

function changesOf({ report, numbers, rowsOf, cellOf }: Table, before: DayNumbers, after: DayNumbers): readonly Change[] {
  const was = new Map(rowsOf(before).map((row) => [cellOf(row), row]));
  const is = new Map(rowsOf(after).map((row) => [cellOf(row), row]));
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((cell) => Object.entries(numbers).flatMap(([number, unit]): readonly Change[] => {
    const old = textOf(was.get(cell), number);
    const now = textOf(is.get(cell), number);
    if (old === now) return [];
    const currency = unit === 'money' ? String((is.get(cell) ?? was.get(cell))!.currency) : null;
    return [{ report, cell, number, unit, currency, before: old, after: now, difference: differenceOf(unit, old, now) }];
  }));
}

function textOf(row: NumberRow | undefined, number: string): string | null {
  const value = row?.[number];
  return value === undefined || value === null ? null : String(value);
}

function differenceOf(unit: Unit, before: string | null, after: string | null): string | null {
  if (unit === 'money' || unit === 'payments') return (BigInt(after ?? '0') - BigInt(before ?? '0')).toString();
  return before === null || after === null ? null : decimalDifference(before, after);
}

/** Of texts like `0.012346` and `12`: no float, so that no digit is made up. */
export function decimalDifference(before: string, after: string): string {
  const digits = Math.max(...[before, after].map((text) => text.split('.')[1]?.length ?? 0));
  const scaled = (text: string): bigint => BigInt(text.replace('.', '') + '0'.repeat(digits - (text.split('.')[1]?.length ?? 0)));
  const difference = scaled(after) - scaled(before);
  const text = (difference < 0n ? -difference : difference).toString().padStart(digits + 1, '0');
  const shown = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return difference < 0n ? `-${shown}` : shown;
}

/** In the order in which people read them. */
export const REPORT_TITLES: Readonly<Record<ReportName, string>> = {
  'daily-recon': 'Payments', 'refund-rate': 'Refunds', latency: 'Authorised to completed', declines: 'Declines',
};
