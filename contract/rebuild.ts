/** The rebuilding of Postgres from the lake: what is asked, what an hour came to, what it ends as. */
import type { LandingHour } from './landing-hour';
import type { HourState } from './proof';

export const REBUILD_POSTGRES_ID = 'rebuild/postgres';

/** What `rebuildPostgres` is started with. From the Temporal UI `{}` is enough. */
export interface RebuildInput {
  /** who asks: a login name */
  readonly by?: string;
  /** of the execution that this one goes on from */
  readonly carried?: RebuildCarried;
}

/** What goes from one execution to the next: a history must not grow with the years in the lake. */
export interface RebuildCarried {
  /** the last hour of the pages that are done */
  readonly after: LandingHour | null;
  readonly pagesDone: boolean;
  readonly summary: RebuildSummary;
  /** hours to be looked at once more when all have been, since a row of theirs was left out */
  readonly again: readonly LandingHour[];
  /** hours that only a run can make again; asked for when everything else is there */
  readonly needRun: readonly LandingHour[];
}

export interface PlanRebuildInput {
  readonly after: LandingHour | null;
  readonly limit: number;
  /** with the first page: who asks, and the run that goes on until all is there */
  readonly begin?: { readonly workflowRunId: string; readonly by: string };
}

export interface PlanRebuildResult {
  readonly hours: readonly HourToRebuild[];
  readonly more: boolean;
  /** false: Kafka did not answer, so the numbers are those of the lake alone */
  readonly topicAsked: boolean;
}

export interface HourToRebuild {
  readonly landingHour: LandingHour;
  /** the revision that Kafka has as published; 0: none, or not known */
  readonly published: number;
}

/**
 * unchanged: Postgres has what the lake shows; ledger: only the ledger had to be told; loaded: the rows were loaded; uncommitted: the
 * lake shows no revision of the hour; needs_run: its revision has no record of a proof, so it must be run from raw.
 */
export type RebuildOutcome = 'unchanged' | 'ledger' | 'loaded' | 'uncommitted' | 'needs_run' | 'failed';

export interface RebuiltHour {
  readonly landingHour: LandingHour;
  readonly outcome: RebuildOutcome;
  readonly revision: number;
  /** of the hour's revision */
  readonly rows: number;
  readonly state: HourState;
  readonly message: string;
  /** hours that were not yet as the lake has them, so that a row could not come back from them: to be looked at again */
  readonly leftOut: readonly LandingHour[];
}

export interface NotProven {
  readonly landingHour: LandingHour;
  /** open where it could not be rebuilt or run */
  readonly state: HourState;
  readonly message: string;
}

export interface RebuildSummary {
  readonly hours: number;
  readonly rows: number;
  readonly unchanged: number;
  readonly ledgerOnly: number;
  readonly loaded: number;
  /** made again by a run of the hour, which publishes every row once more */
  readonly run: readonly LandingHour[];
  readonly proven: number;
  readonly empty: number;
  readonly notProven: readonly NotProven[];
  readonly topicAsked: boolean;
}

export const NOTHING_REBUILT: RebuildSummary = {
  hours: 0, rows: 0, unchanged: 0, ledgerOnly: 0, loaded: 0, run: [], proven: 0, empty: 0, notProven: [], topicAsked: true,
};
