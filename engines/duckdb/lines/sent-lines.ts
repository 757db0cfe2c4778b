/** What the producer's lines add up to, for his control totals. Counted only where there are some: it is one more question a block. */
import type { SentTotals } from '../../../contract/control-totals';

export interface CurrencySum {
  readonly currency: string;
  readonly count: number;
  readonly cents: bigint;
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
