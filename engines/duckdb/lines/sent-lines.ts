/** What the producer's lines add up to, for his control totals. Counted only where there are some: it is one more question a block. */
import type { SentTotals } from '../../../contract/control-totals';

export interface CurrencySum {
  readonly currency: string;
  readonly count: number;
  readonly cents: bigint;
}

/** An amount's digits in two parts, each of which adds up exactly over a batch's lines. */
const LOW_DIGITS = 9;
const LOW = 10n ** BigInt(LOW_DIGITS);
const ZERO = 0x30;

/** Of plain lines, whose amounts are digits. */
export class SentAmounts {
  private readonly parts = new Map<string, { count: number; low: number; high: number }>();

  add(bytes: Buffer, currencyAt: number, amountStart: number, amountEnd: number): void {
    const currency = bytes.toString('latin1', currencyAt, currencyAt + 3);
    const parts = this.parts.get(currency) ?? { count: 0, low: 0, high: 0 };
    const middle = Math.max(amountStart, amountEnd - LOW_DIGITS);
    parts.count += 1;
    parts.high += wholeNumber(bytes, amountStart, middle);
    parts.low += wholeNumber(bytes, middle, amountEnd);
    this.parts.set(currency, parts);
  }

  sums(): readonly CurrencySum[] {
    return [...this.parts].map(([currency, { count, low, high }]) => ({ currency, count, cents: BigInt(high) * LOW + BigInt(low) }));
  }
}

function wholeNumber(bytes: Buffer, start: number, end: number): number {
  let number = 0;
  for (let i = start; i < end; i += 1) number = number * 10 + bytes[i]! - ZERO;
  return number;
}

export class SentLines {
  private lines = 0;
  private readonly sums = new Map<string, { count: number; cents: bigint }>();

  add(lines: number, sums: readonly CurrencySum[]): void {
    this.lines += lines;
    for (const { currency, count, cents } of sums) {
      const sum = this.sums.get(currency);
      this.sums.set(currency, { count: (sum?.count ?? 0) + count, cents: (sum?.cents ?? 0n) + cents });
    }
  }

  addAll(other: SentLines): void {
    this.add(other.lines, [...other.sums].map(([currency, sum]) => ({ currency, ...sum })));
  }

  totals(files: number): SentTotals {
    const totals = [...this.sums].sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([currency, { count, cents }]) => ({ currency, count, amountCents: cents.toString() }));
    return { files, lines: this.lines, unreadable: this.lines - totals.reduce((sum, { count }) => sum + count, 0), totals };
  }
}
