/** The roll-ups of a day in its reconciliation: they are no store of what was proven, but what the rows of one add up to. */
import type { Cause, CauseCounts, RepairDone } from './reconciliation';

export const ROLLUPS = ['totals', 'declines', 'latency', 'buckets', 'longest', 'hours'] as const;
export type Rollup = (typeof ROLLUPS)[number];

/** One line of the object that names them. Numbers are decimal texts. */
export interface RollupDifference {
  readonly rollup: Rollup;
  /** the columns that name the cell, like merchant_id (`*`: all), dt, currency and status */
  readonly cell: Readonly<Record<string, string>>;
  readonly cause: Extract<Cause, 'missing' | 'extra' | 'mutated'>;
  /** what the payments add up to; null where they have no such cell */
  readonly expected: Readonly<Record<string, string>> | null;
  readonly found: Readonly<Record<string, string>> | null;
}

export interface CompareRollupsInput {
  readonly reconciliationId: string;
  /** UTC, YYYY-MM-DD */
  readonly date: string;
  /** 1; 2 when they are compared again after a repair */
  readonly round: number;
}

export interface RollupsComparison {
  /** that the day has */
  readonly cells: number;
  readonly differing: number;
  /** of those that are named */
  readonly causes: CauseCounts;
  /** NDJSON of RollupDifference in the lake; null: none differs */
  readonly differencesKey: string | null;
  /** a sentence; null: none differs */
  readonly first: string | null;
  readonly seconds: number;
}

export interface RepairRollupsInput {
  readonly reconciliationId: string;
  readonly date: string;
  readonly by: string;
  readonly cells: number;
  readonly causes: CauseCounts;
  readonly differencesKey: string;
}

/** What a reconciliation learned of them, and did about it. */
export interface RollupFindings {
  /** null: they could not be compared */
  readonly compared: RollupsComparison | null;
  /** null: nothing was done */
  readonly repair: (Pick<RepairDone, 'by' | 'at' | 'outcome' | 'message'> & { readonly cells: number }) | null;
}

export function causeOf({ expected, found }: Pick<RollupDifference, 'expected' | 'found'>): RollupDifference['cause'] {
  if (expected === null) return 'extra';
  return found === null ? 'missing' : 'mutated';
}
