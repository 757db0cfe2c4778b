/** The answer of sql/compact/sums-by-hour.sql, whichever engine gives it. */
import { landingHourOf } from '../contract/landing-hour';
import { addSums, NO_SUMS, type Sums } from '../contract/sums';
import type { HourSums } from './engine';

export interface HourCell {
  /** epoch microseconds: to the year 2100 exact in a number */
  readonly landingHour: number;
  readonly currency: string;
  readonly status: string;
  readonly count: number;
  readonly amountCents: string;
  readonly rowHash: string;
}

export function sumsByHourOf(cells: readonly HourCell[]): readonly HourSums[] {
  const hours = new Map<number, Sums>();
  for (const { landingHour, currency, status, count, amountCents, rowHash } of cells) {
    hours.set(landingHour, addSums(hours.get(landingHour) ?? NO_SUMS, { rows: count, sumRowHash: rowHash, totals: [{ currency, status, count, amountCents }] }));
  }
  return [...hours].sort(([a], [b]) => a - b).map(([micros, sums]) => ({ landingHour: landingHourOf(new Date(micros / 1000)), sums }));
}
