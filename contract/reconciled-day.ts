/** The reconciliation of a day as it is asked for, watched, decided about and reported. What passes through Temporal is counts and keys of the lake. */
import type { LandingHour } from './landing-hour';
import type {
  Cause, CauseCounts, DayState, Difference, HourInScope, RawFinding, ReconciledStore, RepairDone, RepairMode, StoreComparison,
} from './reconciliation';
import type { HourState } from './proof';
import type { RollupDifference, RollupFindings } from './reconciled-rollups';
import type { Money, PlannedRepair, RepairCap } from './repair';

/** What `reconcile` is started with. From the Temporal UI `{"date": "2026-11-20"}` is enough, and touches nothing. */
export interface ReconcileInput {
  /** UTC, YYYY-MM-DD */
  readonly date: string;
  /** off unless said otherwise */
  readonly repair?: RepairMode;
  readonly by?: string;
  /** also reads files that are as they were when they were last found right */
  readonly deep?: boolean;
  /** by the schedule's starter: the mode is SLUICE_RECONCILE_REPAIR */
  readonly scheduled?: boolean;
}

/** People and the schedule start it under this id, so that a day has one at a time. */
export function reconcileWorkflowId(date: string): string {
  return `reconcile/${date}`;
}

export interface Approval {
  readonly by: string;
}

export interface Refusal {
  readonly by: string;
  readonly why: string;
}

export interface Decision {
  readonly decision: 'approved' | 'refused' | 'timed_out';
  readonly by: string;
  readonly why: string | null;
}

/** The query `reconcileStatus`, and what the updates answer. */
export interface ReconcileStatus {
  readonly reconciliationId: string;
  readonly date: string;
  readonly state: DayState | 'open';
  readonly message: string;
  /** of the repairs that wait, or go on */
  readonly repairs: readonly Omit<PlannedRepair, 'differs'>[];
  /** ISO instant until which approval is waited for; null where none is */
  readonly deadline: string | null;
}

export interface OpenReconciliationInput extends Required<Pick<ReconcileInput, 'date' | 'by' | 'deep' | 'scheduled'>> {
  readonly reconciliationId: string;
  readonly repair: RepairMode;
  readonly workflowId: string;
}

/** What the settings say; a workflow cannot read them. */
export interface OpenedReconciliation {
  readonly repair: RepairMode;
  readonly cap: RepairCap;
  readonly approvalHours: number;
}

export interface NoteDecisionInput {
  readonly reconciliationId: string;
  /** null: it begins to wait */
  readonly decision: Decision | null;
  readonly message: string;
}

/** Of one that did not come to its report. */
export interface EndReconciliationInput {
  readonly reconciliationId: string;
  readonly state: 'cancelled' | 'failed';
  readonly message: string;
}

export interface PlanRepairsInput {
  readonly reconciliationId: string;
  readonly by: string;
  readonly repairs: readonly PlannedRepair[];
}

export interface ReloadKeysInput extends PlannedRepair {
  readonly reconciliationId: string;
}

/** An hour that was asked for again, because of what raw says or because it was not proven. */
export interface AskedHour {
  readonly landingHour: LandingHour;
  readonly state: HourState;
  readonly message: string;
}

export interface RepairedHour extends RepairDone {
  readonly attempt: number;
  readonly differs: readonly { readonly store: ReconciledStore; readonly causes: CauseCounts; readonly differencesKey: string }[];
}

/** All that the workflow learned; the report is this and the first differences by name. */
export interface DayFindings {
  readonly reconciliationId: string;
  readonly date: string;
  readonly state: DayState;
  readonly message: string;
  /** why the day is not in agreement, a sentence each */
  readonly problems: readonly string[];
  readonly repair: RepairMode;
  readonly deep: boolean;
  readonly by: string;
  readonly startedAt: string;
  /** as they are at the end */
  readonly hours: readonly HourInScope[];
  readonly raw: readonly RawFinding[];
  readonly asked: readonly AskedHour[];
  readonly compared: readonly StoreComparison[];
  /** of the hours that were repaired, after it */
  readonly comparedAgain: readonly StoreComparison[];
  readonly decision: Decision | null;
  readonly repairs: readonly RepairedHour[];
  /** absent: begun by a version that did not look at them */
  readonly rollups?: RollupFindings;
}

/** The object `report.json`; it names payments and no persons. */
export interface DayReport extends DayFindings {
  readonly finishedAt: string;
  readonly rows: number;
  readonly differing: readonly StoreDifferences[];
  /** the first, by store and hour; all of them lie under each hour's `differencesKey` */
  readonly differences: readonly Difference[];
  /** rows that differed */
  readonly differencesInAll: number;
  /** cells of the roll-ups, the first of them */
  readonly rollupDifferences?: readonly RollupDifference[];
}

export interface StoreDifferences {
  readonly store: ReconciledStore;
  readonly causes: CauseCounts;
  readonly rows: number;
  readonly money: readonly Money[];
}

/** What the workflow answers with. */
export interface ReconcileAnswer {
  readonly reconciliationId: string;
  readonly date: string;
  readonly state: DayState;
  readonly message: string;
  readonly rows: number;
  readonly differing: readonly StoreDifferences[];
  readonly repairs: readonly RepairDone[];
  readonly reportKey: string;
  readonly htmlKey: string;
}

export function addCauses(counts: readonly CauseCounts[]): CauseCounts {
  const sum: Partial<Record<Cause, number>> = {};
  for (const [cause, count] of counts.flatMap((one) => Object.entries(one) as [Cause, number][])) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
}

export function causesText(causes: CauseCounts): string {
  return Object.entries(causes).map(([cause, count]) => `${count} ${cause}`).join(', ');
}
