/** Counts and sums by which two stores are held equal. Money is exact, one total per currency and status, never across. */
import { ExactSum } from './exact-sum';
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

/** Of a row, what sums are made of: where in `bytes` its texts are, and the halves of its int64s. One object for many rows, one after the other. */
export class SummedParts {
  bytes: Buffer = Buffer.alloc(0);
  currencyStart = 0;
  currencyEnd = 0;
  statusStart = 0;
  statusEnd = 0;
  centsLow = 0;
  centsHigh = 0;
  hashLow = 0;
  hashHigh = 0;
}

/** Adds rows up one by one; what the topic's reader uses. */
export class SumsOfRows {
  private rows = 0;
  private readonly hash = new ExactSum();
  private readonly cells = new Map<string, Cell>();
  /** by what is quickly told of the texts' bytes; those that share it one after the other */
  private readonly met = new Map<number, MetCell[]>();

  add(row: Pick<CuratedPayment, 'row_hash' | 'currency' | 'amount_cents'> & { readonly status: string }): void {
    this.rows += 1;
    this.hash.addWhole(row.row_hash);
    const cell = this.cell(row.currency, row.status);
    cell.count += 1;
    cell.cents.addWhole(row.amount_cents);
  }

  /** The same, without a text or a bigint. */
  addParts(row: SummedParts): void {
    this.rows += 1;
    this.hash.add(row.hashLow, row.hashHigh);
    const cell = this.cellOf(row);
    cell.count += 1;
    cell.cents.add(row.centsLow, row.centsHigh);
  }

  /** The same of several rows, at most a few thousand, that share both texts: the halves are sums, of the lower ones without a sign. */
  addGroup(group: SummedParts, rows: number): void {
    this.rows += rows;
    this.hash.addHalves(group.hashLow, group.hashHigh, rows);
    const cell = this.cellOf(group);
    cell.count += rows;
    cell.cents.addHalves(group.centsLow, group.centsHigh, rows);
  }

  result(): Sums {
    const totals = [...this.cells.values()].map((cell) => ({
      currency: cell.currency, status: cell.status, count: cell.count, amountCents: cell.cents.value().toString(),
    }));
    return { rows: this.rows, sumRowHash: this.hash.value().toString(), totals: sortTotals(totals) };
  }

  private cell(currency: string, status: string): Cell {
    const key = `${currency}|${status}`;
    let cell = this.cells.get(key);
    if (cell === undefined) this.cells.set(key, cell = { currency, status, count: 0, cents: new ExactSum() });
    return cell;
  }

  private cellOf({ bytes, currencyStart, currencyEnd, statusStart, statusEnd }: SummedParts): Cell {
    const told = (bytes[currencyStart]! << 16) | (bytes[currencyStart + 1]! << 8) | (bytes[statusStart]! ^ bytes[statusEnd - 1]!);
    let met = this.met.get(told);
    if (met === undefined) this.met.set(told, met = []);
    for (const { currency, status, cell } of met) {
      if (areAlike(currency, bytes, currencyStart, currencyEnd) && areAlike(status, bytes, statusStart, statusEnd)) return cell;
    }
    const currency = Buffer.from(bytes.subarray(currencyStart, currencyEnd));
    const status = Buffer.from(bytes.subarray(statusStart, statusEnd));
    const cell = this.cell(currency.toString(), status.toString());
    met.push({ currency, status, cell });
    return cell;
  }
}

interface Cell {
  readonly currency: string;
  readonly status: string;
  count: number;
  readonly cents: ExactSum;
}

interface MetCell {
  readonly currency: Buffer;
  readonly status: Buffer;
  readonly cell: Cell;
}

function areAlike(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== known.length) return false;
  for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
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
