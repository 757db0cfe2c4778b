/** A run of a landing hour: who asks, what it reads (manifest), what it commits. */
import type { ErasedLines } from './erasure';
import type { LandingHour } from './landing-hour';
import type { HourState, Verdict } from './proof';
import type { Sums } from './sums';

export type RunKind = 'schedule' | 'manual' | 'backfill' | 'repair' | 'redrive' | 'erase' | 'demo';
export type PublishMode = 'changed' | 'all';

/** What `hourlyPayments` is started with. From the Temporal UI `{"landingHour": "2026-11-20T10"}` is enough. */
export interface HourInput {
  readonly landingHour: LandingHour;
  readonly request?: RunRequest;
}

/** One asking for a run; the update `requestRun`. */
export interface RunRequest {
  /** unique for each asking; the same id asked twice is one asking */
  readonly requestId: string;
  readonly kind: RunKind;
  /** who asks: a login name, a schedule id, a backfill id */
  readonly by: string;
  readonly publish?: PublishMode;
  /** an operator accepts that objects of the last manifest are gone */
  readonly acceptGone?: boolean;
  /** answer when the run has a revision, or when it is over */
  readonly waitFor: 'accepted' | 'landed' | 'done';
}

export interface RunAnswer {
  readonly landingHour: LandingHour;
  readonly workflowId: string;
  readonly workflowRunId: string;
  /** 1, 2, …: which round of the workflow execution contains what the asker saw */
  readonly round: number;
  readonly attached: boolean;
  readonly revision: number | null;
  /** nothing had changed since that revision; it was proven again and nothing was written */
  readonly unchanged: boolean;
  readonly state: HourState;
  readonly proof: Verdict | null;
  readonly message: string;
  /** whoever asked took the asking back before the run was over */
  readonly withdrawn?: true;
}

/** What the update `withdrawRequest` answers. */
export interface WithdrawAnswer {
  /**
   * cancelled: nobody else had asked for the run, so it was cancelled and is over (`answer` says how: rolled back, or forward where
   * Kafka had it); left: others ask for it, so it goes on; taken_out: its run had not begun; over: too late; unknown: never asked
   * for here, and refused if it comes later; not_running: the hour has no run.
   */
  readonly outcome: 'cancelled' | 'left' | 'taken_out' | 'over' | 'unknown' | 'not_running';
  readonly answer: RunAnswer | null;
}

export interface LandedObject {
  readonly key: string;
  readonly etag: string;
  readonly versionId?: string;
  readonly bytes: number;
  readonly lastModified: string;
  readonly erased?: ErasedLines;
}

export interface Manifest {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly listedAt: string;
  readonly objects: readonly LandedObject[];
  /** over keys, versions and sizes: equal for an unchanged hour */
  readonly fingerprint: string;
  /** The objects went by retention: made of the rows that this revision committed, without persons erased since. Absent: made of the objects. */
  readonly rowsOf?: number;
}

export interface CommittedFile {
  readonly key: string;
  readonly dt: string;
  readonly merchantId: string;
  /** of this hour */
  readonly rows: number;
  readonly bytes: number;
  /** compaction made it: it has rows of other landing hours too, which are not this commit's */
  readonly shared?: true;
  /** of a shared file, all rows that were written */
  readonly wholeRows?: number;
}

/** The object `committed/<hour>.json`. */
export interface Commit {
  readonly landingHour: LandingHour;
  /** 0: nothing is committed (a first revision was rolled back) */
  readonly revision: number;
  readonly attempt: string;
  readonly processedAt: string;
  readonly files: readonly CommittedFile[];
  readonly sums: Sums;
  /** the revision that was committed before; 0: none */
  readonly replaced: number;
  readonly committedAt: string;
  /** new at each swap: without it a rolled-back commit has the old bytes, so the old ETag, and a zombie's swap would pass */
  readonly nonce: string;
}
