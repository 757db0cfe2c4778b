/** Counts and sums by which two stores are held equal. Money is exact, one total per currency and status, never across. */
import type { CuratedPayment } from './payment';

/** A whole number in decimal digits: how a bigint crosses JSON without becoming a float. */
export type DecimalText = string;

export interface Total {
  readonly currency: string;
  readonly status: string;
  readonly count: number;
  readonly amountCents: DecimalText;
}

export interface Sums {
  readonly rows: number;
  readonly sumRowHash: DecimalText;
  /** sorted by currency, then status; no entry with count 0 */
  readonly totals: readonly Total[];
}

export const NO_SUMS: Sums = { rows: 0, sumRowHash: '0', totals: [] };

/** Adds rows up one by one; what the topic's reader uses. */
export class SumsOfRows {
  private rows = 0;
  private hash = 0n;
  private readonly cells = new Map<string, { currency: string; status: string; count: number; cents: bigint }>();

  add(row: Pick<CuratedPayment, 'row_hash' | 'currency' | 'amount_cents'> & { readonly status: string }): void {
    this.rows += 1;
    this.hash += row.row_hash;
    const key = `${row.currency}|${row.status}`;
    const cell = this.cells.get(key);
    if (cell === undefined) {
      this.cells.set(key, { currency: row.currency, status: row.status, count: 1, cents: row.amount_cents });
    } else {
      cell.count += 1;
      cell.cents += row.amount_cents;
    }
  }

  result(): Sums {
    const totals = [...this.cells.values()].map((cell) => ({
      currency: cell.currency, status: cell.status, count: cell.count, amountCents: cell.cents.toString(),
    }));
    return { rows: this.rows, sumRowHash: this.hash.toString(), totals: sortTotals(totals) };
  }
}

export function sortTotals(totals: readonly Total[]): readonly Total[] {
  return [...totals].sort((a, b) => compareText(a.currency, b.currency) || compareText(a.status, b.status));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function addSums(a: Sums, b: Sums): Sums {
  const cells = new Map<string, Total>();
  for (const total of [...a.totals, ...b.totals]) {
    const key = `${total.currency}|${total.status}`;
    const seen = cells.get(key);
    cells.set(key, seen === undefined ? total : {
      ...seen,
      count: seen.count + total.count,
      amountCents: (BigInt(seen.amountCents) + BigInt(total.amountCents)).toString(),
    });
  }
  return {
    rows: a.rows + b.rows,
    sumRowHash: (BigInt(a.sumRowHash) + BigInt(b.sumRowHash)).toString(),
    totals: sortTotals([...cells.values()].filter((total) => total.count > 0)),
  };
}

/** The first thing in which two sums differ, as a sentence; null where they are equal. */
export function firstDifferenceOfSums(leftName: string, left: Sums, rightName: string, right: Sums): string | null {
  if (left.rows !== right.rows) return `rows: ${leftName} ${left.rows}, ${rightName} ${right.rows}`;
  const keys = new Map<string, [Total | undefined, Total | undefined]>();
  for (const total of left.totals) keys.set(`${total.currency} ${total.status}`, [total, undefined]);
  for (const total of right.totals) {
    const key = `${total.currency} ${total.status}`;
    keys.set(key, [keys.get(key)?.[0], total]);
  }
  for (const [key, [a, b]] of [...keys].sort((x, y) => compareText(x[0], y[0]))) {
    if ((a?.count ?? 0) !== (b?.count ?? 0)) {
      return `count of ${key}: ${leftName} ${a?.count ?? 0}, ${rightName} ${b?.count ?? 0}`;
    }
    if ((a?.amountCents ?? '0') !== (b?.amountCents ?? '0')) {
      return `amount of ${key} in cents: ${leftName} ${a?.amountCents ?? '0'}, ${rightName} ${b?.amountCents ?? '0'}`;
    }
  }
  if (left.sumRowHash !== right.sumRowHash) {
    return `sum of row_hash: ${leftName} ${left.sumRowHash}, ${rightName} ${right.sumRowHash}`;
  }
  return null;
}
