/** A backfill as the ledger knows it: what it notes of itself, and how operators find it again, also when Temporal has forgotten it. */
import type { BackfillState, BackfillStatus, BackfillSummary } from './backfill';

/** Hours by name, of one that is over. */
export type BackfillEnding = Pick<BackfillSummary, 'endedAt' | 'unproven' | 'skipped' | 'messages'>;

export interface BackfillNote {
  /** run id of its first execution: a range may be backfilled more than once */
  readonly backfillRun: string;
  /** ISO instant of the workflow's clock: a note that comes late must not replace a later one */
  readonly notedAt: string;
  readonly status: BackfillStatus;
  /** null: it goes on */
  readonly ending: BackfillEnding | null;
}

/** cut_off: it never said its end; it was terminated, or failed. */
export type ShownBackfillState = BackfillState | 'cut_off';

export interface ShownBackfill {
  /** null: it began before the ledger knew of backfills */
  readonly backfillRun: string | null;
  readonly state: ShownBackfillState;
  readonly status: BackfillStatus;
  readonly ending: BackfillEnding | null;
}
