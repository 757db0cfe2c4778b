/**
 * Reconciliation of a day: every store that holds its payments against what was proven of them. What differs is named down to the
 * key and the cause. What passes through Temporal is counted here; rows and keys lie in the lake.
 */
import type { LandingHour } from './landing-hour';
import { md5 } from './md5';
import type { HourState } from './proof';
import type { RemoteRunNote } from './remote-run';
import type { DecimalText } from './sums';

/** What an hour is held against itself in. Others register beside them (activities/reconciled-stores.ts). */
export const RECONCILED_STORES = ['raw', 'lake', 'topic', 'hour_payments', 'curated_payments'] as const;
export type ReconciledStore = (typeof RECONCILED_STORES)[number];

/**
 * missing: proven and not there; extra: there and never proven; stale: there in an older version; mutated: the same version with
 * other content; duplicate: there more than once.
 */
export const CAUSES = ['missing', 'extra', 'stale', 'mutated', 'duplicate'] as const;
export type Cause = (typeof CAUSES)[number];

export const BUCKETS = 256;

/** The first byte of the key's md5, as `get_byte` has it in Postgres and `substr(md5(…), 1, 2)` in DuckDB and Spark. */
export function bucketOf(paymentId: string): number {
  return Number.parseInt(md5(paymentId).slice(0, 2), 16);
}

/** Of a row, what the comparison looks at. */
export interface ComparedRow {
  readonly paymentId: string;
  /** ISO instant with microseconds */
  readonly createdAt: string;
  readonly status: string;
  readonly currency: string;
  readonly amountCents: DecimalText;
  /** computed from the row's fields where the store has them all, not the one it keeps */
  readonly rowHash: DecimalText;
  readonly dt: string;
  readonly merchantId: string;
}

/** One line of a differences object. */
export interface Difference {
  readonly store: ReconciledStore;
  readonly landingHour: LandingHour;
  readonly paymentId: string;
  readonly cause: Cause;
  /** null where it should not be there at all */
  readonly expected: ComparedRow | null;
  readonly found: ComparedRow | null;
  /** the file, or partition@offset, in which it was found */
  readonly where: string | null;
}

export type CauseCounts = Readonly<Partial<Record<Cause, number>>>;

/** What one store's comparison learned. `hours`: those that differ, never all. */
export interface StoreComparison {
  readonly store: ReconciledStore;
  readonly rows: number;
  readonly bucketsCompared: number;
  /** buckets of an hour in which rows were compared one by one */
  readonly bucketsDescended: number;
  readonly seconds: number;
  readonly hours: readonly HourDifference[];
  /** hours that could not be held against this store, and why (past the topic's retention, not proven, …) */
  readonly notCompared: readonly { readonly landingHour: LandingHour; readonly why: string }[];
  /** by which the store was read, where it was one elsewhere */
  readonly run?: RemoteRunNote;
}

export interface HourDifference {
  readonly store: ReconciledStore;
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly causes: CauseCounts;
  readonly rows: number;
  /** Σ |found − expected| of each currency; a row that is missing or extra counts whole */
  readonly money: readonly { readonly currency: string; readonly amountCents: DecimalText }[];
  /** NDJSON of Difference in the lake */
  readonly differencesKey: string;
  /** a sentence on the first one; its key stands in the first line of `differencesKey`, since keys do not pass through Temporal */
  readonly first: string;
}

/** An hour that the day touches. */
export interface HourInScope {
  readonly landingHour: LandingHour;
  /** the loaded one; null: none */
  readonly revision: number | null;
  readonly state: HourState;
  readonly rows: number;
}

/** What a day's comparison goes over. */
export interface DayScope {
  readonly hours: readonly HourInScope[];
  /** In the order in which they are to be compared, one after the other: the winners are judged by what was found in hour_payments. */
  readonly stores: readonly { readonly store: ReconciledStore; readonly activity: string }[];
}

/** What every comparing activity is given. It answers with a StoreComparison. */
export interface CompareInput {
  readonly reconciliationId: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly hours: readonly HourInScope[];
  /** 1 unless told otherwise; 2, 3, … when a day is compared again after a repair: each round keeps its own differences */
  readonly round?: number;
  /** also reads what is as it was when it was last summed */
  readonly deep?: boolean;
}

/** What raw says since the hour was proven. */
export interface RawFinding {
  readonly landingHour: LandingHour;
  /** raw_gone: an operator must say; control: the producer's totals and what landed disagree; late: objects of an hour never asked for */
  readonly kind: 'new' | 'changed' | 'late' | 'raw_gone' | 'control';
  readonly objects: number;
  readonly message: string;
}

export const REPAIR_MODES = ['auto', 'ask', 'off'] as const;
export type RepairMode = (typeof REPAIR_MODES)[number];

/** reload: the keys into Postgres, from the lake; rerun: the hour from raw, published whole, which heals lake and topic too. */
export type RepairAction = 'reload' | 'rerun';

export interface RepairDone {
  readonly landingHour: LandingHour;
  readonly action: RepairAction;
  readonly stores: readonly ReconciledStore[];
  readonly rows: number;
  readonly money: readonly { readonly currency: string; readonly amountCents: DecimalText }[];
  /** whoever approved, or `auto` */
  readonly by: string;
  readonly at: string;
  readonly outcome: 'healed' | 'failed';
  readonly message: string;
}

/** ask_timed_out: nobody approved before the deadline, so nothing was touched. cancelled, failed: it ended without a report. */
export type DayState = 'agrees' | 'repaired' | 'differs' | 'waiting' | 'refused' | 'ask_timed_out' | 'cancelled' | 'failed';
