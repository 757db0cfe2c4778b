/** The ledger's runs and stages: who asked for what, what each stage learned and how long it took. */
import { hourStart, type LandingHour } from '../contract/landing-hour';
import type { HourState } from '../contract/proof';
import type { RunKind } from '../contract/run';
import type { RevisionRef, Stage } from '../contract/stages';
import { readSql } from '../sql/read-sql';
import { landingHourAt } from './ledger-hours';
import type { Postgres, Session } from './postgres';
import { jsonbText } from './postgres-json';

export interface RunStart {
  readonly landingHour: LandingHour;
  readonly workflowId: string;
  readonly workflowRunId: string;
  readonly round: number;
  readonly kind: RunKind;
  readonly by: string;
}

export interface RunEnd {
  readonly workflowRunId: string;
  readonly round: number;
  readonly revision: number | null;
  readonly unchanged: boolean;
  readonly state: HourState;
  readonly message: string;
}

export interface LedgerRun extends RunStart {
  readonly revision: number | null;
  readonly unchanged: boolean;
  readonly state: HourState;
  readonly message: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

export interface StageRecord<Result = unknown> {
  readonly stage: Stage;
  readonly attempt: number;
  readonly startedAt: string;
  readonly seconds: number;
  readonly worker: string;
  /** what the activity answered */
  readonly result: Result;
}

export type StageEnd = StageRecord & RevisionRef;

interface RunRow {
  readonly workflow_run_id: string;
  readonly round: number;
  readonly landing_hour: string;
  readonly workflow_id: string;
  readonly kind: RunKind;
  readonly requested_by: string;
  readonly revision: number | null;
  readonly unchanged: boolean;
  readonly state: HourState;
  readonly message: string | null;
  readonly started_at: string;
  readonly ended_at: string | null;
}

interface StageRow {
  readonly stage: Stage;
  readonly attempt: number;
  readonly started_at: string;
  readonly seconds: number;
  readonly worker: string;
  readonly result: unknown;
}

export function ledgerRuns(postgres: Postgres) {
  async function stages(ref: RevisionRef): Promise<readonly StageRecord[]> {
    const rows = await postgres.rows<StageRow>(readSql('ledger/stages.sql'), [hourStart(ref.landingHour), ref.revision]);
    return rows.map((row) => ({
      stage: row.stage, attempt: row.attempt, startedAt: row.started_at, seconds: row.seconds, worker: row.worker, result: row.result,
    }));
  }

  return {
    async startRun(run: RunStart): Promise<void> {
      await postgres.run(readSql('ledger/start-run.sql'),
        [run.workflowRunId, run.round, hourStart(run.landingHour), run.workflowId, run.kind, run.by]);
    },

    async endRun(run: RunEnd): Promise<void> {
      await postgres.run(readSql('ledger/end-run.sql'),
        [run.workflowRunId, run.round, run.revision, run.unchanged, run.state, run.message.replaceAll('\0', '\ufffd')]);
    },

    async runs(landingHour: LandingHour): Promise<readonly LedgerRun[]> {
      const rows = await postgres.rows<RunRow>(readSql('ledger/runs.sql'), [hourStart(landingHour)]);
      return rows.map((row) => ({
        landingHour: landingHourAt(row.landing_hour), workflowId: row.workflow_id, workflowRunId: row.workflow_run_id,
        round: row.round, kind: row.kind, by: row.requested_by, revision: row.revision, unchanged: row.unchanged,
        state: row.state, message: row.message, startedAt: row.started_at, endedAt: row.ended_at,
      }));
    },

    async recordStage(end: StageEnd): Promise<void> {
      await postgres.run(readSql('ledger/record-stage.sql'), stageValues(end));
    },

    stages,

    /** What the stage answered; null where it has not ended. */
    async stageResult<Result>(ref: RevisionRef, stage: Stage): Promise<Result | null> {
      const record = (await stages(ref)).find((row) => row.stage === stage);
      return record === undefined ? null : (record.result as Result);
    },

    /** People's doings that others may ask about. */
    async audit(who: string, what: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
      await postgres.run(readSql('ledger/audit.sql'), [who, what, jsonbText(detail)]);
    },
  };
}

/** Within somebody's transaction: a load and the note of it are one. */
export async function recordStageIn(session: Session, end: StageEnd): Promise<void> {
  await session.run(readSql('ledger/record-stage.sql'), stageValues(end));
}

function stageValues(end: StageEnd): readonly unknown[] {
  return [
    hourStart(end.landingHour), end.revision, end.stage, end.attempt, end.startedAt, end.seconds, end.worker, jsonbText(end.result),
  ];
}
