/** The ledger's reconciliations: what each found, who decided, what was repaired and how it ended. */
import { hourStart, type LandingHour } from '../contract/landing-hour';
import type { CauseCounts, DayState, HourDifference, ReconciledStore, RepairAction, RepairMode } from '../contract/reconciliation';
import type { RepairRollupsInput } from '../contract/reconciled-rollups';
import type { PlannedRepair } from '../contract/repair';
import { readSql } from '../sql/read-sql';
import { landingHourAt } from './ledger-hours';
import type { RepairRef, RepairResult } from './payments-repair';
import type { Postgres } from './postgres';
import { jsonbText } from './postgres-json';

export interface ReconciliationStart {
  readonly reconciliationId: string;
  readonly date: string;
  readonly mode: RepairMode;
  readonly deep: boolean;
  readonly by: string;
  readonly workflowId: string;
  readonly workflowRunId: string;
}

export interface RepairDecision {
  readonly decision: 'approved' | 'refused' | 'timed_out';
  readonly by: string;
  readonly why: string | null;
}

export interface ReconciliationEnd {
  readonly reconciliationId: string;
  readonly state: DayState;
  readonly message: string;
  readonly reportKey: string;
  readonly htmlKey: string;
  readonly report: unknown;
}

export interface LedgerReconciliation extends ReconciliationStart {
  /** open: it goes on, or was terminated */
  readonly state: DayState | 'open';
  readonly message: string | null;
  readonly decision: (RepairDecision & { readonly at: string }) | null;
  readonly reportKey: string | null;
  readonly htmlKey: string | null;
  readonly report: unknown;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

export interface LedgerRepair {
  readonly landingHour: LandingHour;
  readonly attempt: number;
  readonly revision: number;
  readonly action: RepairAction;
  readonly stores: readonly ReconciledStore[];
  readonly differs: readonly HourDifference[];
  readonly by: string;
  readonly plannedAt: string;
  readonly doneAt: string | null;
  readonly result: RepairResult | null;
  readonly outcome: 'healed' | 'failed' | null;
  readonly message: string | null;
}

export interface LedgerRollupRepair {
  readonly cells: number;
  readonly causes: CauseCounts;
  readonly differencesKey: string;
  readonly by: string;
  readonly plannedAt: string;
  readonly doneAt: string | null;
  readonly outcome: 'healed' | 'failed' | null;
  readonly message: string | null;
}

interface ReconciliationRow {
  readonly reconciliation_id: string;
  readonly date: string;
  readonly state: DayState | 'open';
  readonly mode: RepairMode;
  readonly deep: boolean;
  readonly requested_by: string;
  readonly workflow_id: string;
  readonly workflow_run_id: string;
  readonly message: string | null;
  readonly decision: RepairDecision['decision'] | null;
  readonly decided_by: string | null;
  readonly decided_at: string | null;
  readonly decided_why: string | null;
  readonly report_key: string | null;
  readonly html_key: string | null;
  readonly report: unknown;
  readonly started_at: string;
  readonly finished_at: string | null;
}

interface RepairRow {
  readonly landing_hour: string;
  readonly attempt: number;
  readonly revision: number;
  readonly action: RepairAction;
  readonly stores: ReconciledStore[];
  readonly differs: HourDifference[];
  readonly approved_by: string;
  readonly planned_at: string;
  readonly done_at: string | null;
  readonly result: RepairResult | null;
  readonly outcome: 'healed' | 'failed' | null;
  readonly message: string | null;
}

interface RollupRepairRow {
  readonly cells: number;
  readonly causes: CauseCounts;
  readonly differences_key: string;
  readonly approved_by: string;
  readonly planned_at: string;
  readonly done_at: string | null;
  readonly outcome: 'healed' | 'failed' | null;
  readonly message: string | null;
}

export function ledgerReconciliations(postgres: Postgres) {
  return {
    async startReconciliation(start: ReconciliationStart): Promise<void> {
      await postgres.run(readSql('ledger/open-reconciliation.sql'),
        [start.reconciliationId, start.date, start.mode, start.deep, start.by, start.workflowId, start.workflowRunId]);
    },

    /** Every row of hour_payments was right, in a view for which all transactions before `settled` were over. */
    async noteComparedHour(landingHour: LandingHour, revision: number, settled: string): Promise<void> {
      await postgres.run(readSql('ledger/note-compared-hour.sql'), [hourStart(landingHour), revision, settled]);
    },

    /** The same of all winners of these hours. */
    async noteComparedWinners(hours: readonly LandingHour[], settled: string): Promise<void> {
      await postgres.run(readSql('ledger/note-compared-winners.sql'), [hours.map(hourStart), settled]);
    },

    async waitForDecision(reconciliationId: string, message: string): Promise<void> {
      await postgres.run(readSql('ledger/wait-for-decision.sql'), [reconciliationId, storable(message)]);
    },

    /** The first decision stands; also in the audit. */
    async saveDecision(reconciliationId: string, { decision, by, why }: RepairDecision): Promise<void> {
      await postgres.run(readSql('ledger/save-decision.sql'), [reconciliationId, decision, storable(by), why === null ? null : storable(why)]);
    },

    /** Before it is done: a repair that was cut off must be seen. */
    async planRepair(reconciliationId: string, repair: PlannedRepair, by: string): Promise<void> {
      await postgres.run(readSql('ledger/plan-repair.sql'), [
        reconciliationId, hourStart(repair.landingHour), repair.attempt, repair.revision, repair.action, repair.stores, jsonbText(repair.differs), storable(by),
      ]);
    },

    async saveRepairOutcome({ reconciliationId, landingHour, attempt }: Omit<RepairRef, 'revision'>, outcome: 'healed' | 'failed', message: string): Promise<void> {
      await postgres.run(readSql('ledger/save-repair-outcome.sql'), [reconciliationId, hourStart(landingHour), attempt, outcome, storable(message)]);
    },

    /** Without it rollups.mend() makes nothing again. */
    async planRollupRepair({ reconciliationId, cells, causes, differencesKey, by }: RepairRollupsInput): Promise<void> {
      await postgres.run(readSql('ledger/plan-rollup-repair.sql'), [reconciliationId, cells, jsonbText(causes), differencesKey, storable(by)]);
    },

    async saveRollupRepairOutcome(reconciliationId: string, outcome: 'healed' | 'failed', message: string): Promise<void> {
      await postgres.run(readSql('ledger/save-rollup-repair-outcome.sql'), [reconciliationId, outcome, storable(message)]);
    },

    async closeReconciliation({ reconciliationId, state, message, reportKey, htmlKey, report }: ReconciliationEnd): Promise<void> {
      await postgres.run(readSql('ledger/close-reconciliation.sql'), [reconciliationId, state, storable(message), reportKey, htmlKey, jsonbText(report)]);
    },

    /** Without a report; one that has its report keeps it. */
    async endReconciliation(reconciliationId: string, state: 'cancelled' | 'failed', message: string): Promise<void> {
      await postgres.run(readSql('ledger/end-reconciliation.sql'), [reconciliationId, state, storable(message)]);
    },

    /** The newest first. */
    async reconciliations(date: string, limit = 20): Promise<readonly LedgerReconciliation[]> {
      const rows = await postgres.rows<ReconciliationRow>(readSql('ledger/reconciliations.sql'), [date, limit]);
      return rows.map((row) => ({
        reconciliationId: row.reconciliation_id, date: row.date, state: row.state, mode: row.mode, deep: row.deep, by: row.requested_by,
        workflowId: row.workflow_id, workflowRunId: row.workflow_run_id, message: row.message,
        decision: row.decision === null ? null : { decision: row.decision, by: row.decided_by!, why: row.decided_why, at: row.decided_at! },
        reportKey: row.report_key, htmlKey: row.html_key, report: row.report, startedAt: row.started_at, finishedAt: row.finished_at,
      }));
    },

    async repairs(reconciliationId: string): Promise<readonly LedgerRepair[]> {
      const rows = await postgres.rows<RepairRow>(readSql('ledger/repairs.sql'), [reconciliationId]);
      return rows.map((row) => ({
        landingHour: landingHourAt(row.landing_hour), attempt: row.attempt, revision: row.revision, action: row.action, stores: row.stores,
        differs: row.differs, by: row.approved_by, plannedAt: row.planned_at, doneAt: row.done_at, result: row.result, outcome: row.outcome, message: row.message,
      }));
    },

    /** Null: they were left as they are. */
    async rollupRepair(reconciliationId: string): Promise<LedgerRollupRepair | null> {
      const [row] = await postgres.rows<RollupRepairRow & Record<string, unknown>>(readSql('ledger/rollup-repair.sql'), [reconciliationId]);
      return row === undefined ? null : {
        cells: row.cells, causes: row.causes, differencesKey: row.differences_key, by: row.approved_by, plannedAt: row.planned_at, doneAt: row.done_at,
        outcome: row.outcome, message: row.message,
      };
    },
  };
}

/** What people type may hold a character that Postgres cannot. */
function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}
