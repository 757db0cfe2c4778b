/** What each stage of an hour is given and what it learned. These pass through Temporal: references and numbers, never rows. */
import type { ControlReading, SentTotals } from './control-totals';
import type { ReportRef } from './daily-report';
import type { LandingHour } from './landing-hour';
import type { DeadLetter, Reason } from './payment';
import type { HourState, Terms, Verdict } from './proof';
import type { RemoteRunNote } from './remote-run';
import type { DayState } from './reconciliation';
import type { PublishMode, RunKind, RunRequest } from './run';
import type { DecimalText, Sums } from './sums';

export const STAGES = ['land', 'crawl', 'curate', 'audit', 'commit', 'publish', 'load', 'prove'] as const;
export type Stage = (typeof STAGES)[number];

/** Which revision of which hour; every activity after land takes it. */
export interface RevisionRef {
  readonly landingHour: LandingHour;
  readonly revision: number;
}

export interface LandInput {
  readonly landingHour: LandingHour;
  readonly round: number;
  readonly kind: RunKind;
  readonly by: string;
  readonly publish: PublishMode;
  readonly acceptGone: boolean;
}

export type LandResult =
  /** a new revision is open */
  | { readonly outcome: 'landed'; readonly revision: number; readonly baseRevision: number | null; readonly processedAt: string;
      readonly publish: PublishMode; readonly manifestKey: string; readonly objects: number; readonly bytes: number }
  /** same manifest, transform and contract as the last loaded revision */
  | { readonly outcome: 'unchanged'; readonly revision: number; readonly objects: number; readonly bytes: number }
  /** no object yet, or no control totals where they are required; the deadline has not passed */
  | { readonly outcome: 'waiting'; readonly deadline: string; readonly for?: 'control' }
  | { readonly outcome: 'missing'; readonly deadline: string }
  /** objects have landed in an hour whose raw objects went by retention: curated alone, they would lose the old lines */
  | { readonly outcome: 'raw_retired'; readonly revision: number; readonly message: string }
  | { readonly outcome: 'raw_gone'; readonly revision: number; readonly gone: readonly string[] };

export interface FieldDrift {
  readonly field: string;
  /** table: the catalogue's table disagrees; landed: lines carry it and the contract does not know it */
  readonly where: 'table' | 'landed';
  readonly problem: string;
  /** `object:line` that first showed it */
  readonly firstSeen?: string;
  readonly count?: number;
}

export interface CrawlResult {
  readonly mode: 'catalogue' | 'crawler';
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly drift: readonly FieldDrift[];
}

export interface CurateInput extends RevisionRef {
  readonly processedAt: string;
  readonly manifestKey: string;
}

/** What the engine learned from an hour's lines. `sluice curate --json` prints it. */
export interface CurateCounts {
  readonly lines: number;
  readonly blank: number;
  readonly dead: number;
  readonly erased: number;
  readonly duplicates: number;
  readonly curated: number;
  /** keys of objects that could not be read to their end */
  readonly quarantined: readonly string[];
  readonly sums: Sums;
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
  readonly unknownFields: readonly UnknownField[];
  /** card numbers seen, in good lines and dead letters */
  readonly cards: number;
}

export interface UnknownField {
  readonly field: string;
  readonly count: number;
  /** `object:line` */
  readonly firstSeen: string;
}

/** What may run the transform. */
export type EngineName = 'duckdb' | 'spark-local' | 'glue' | 'emr-serverless';

/** The numbers pass through Temporal; what can grow (files, quarantined objects, totals) lies in the summary object. */
export interface CurateResult {
  /** of the staging prefix; also in the names of the curated files */
  readonly attempt: string;
  readonly stagingPrefix: string;
  /** a CurateSummary in the lake */
  readonly summaryKey: string;
  readonly lines: number;
  readonly blank: number;
  readonly dead: number;
  readonly erased: number;
  readonly duplicates: number;
  readonly curated: number;
  readonly cards: number;
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
  readonly quarantined: number;
  readonly files: number;
  readonly bytes: number;
  /** absent in results of before there was a choice */
  readonly engine?: EngineName;
  /** where the engine is a service: the run that did it */
  readonly run?: RemoteRunNote;
  /** the manifest's `rowsOf` */
  readonly rowsOf?: number;
}

/** The object at `summaryKey`. */
export interface CurateSummary {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly attempt: string;
  readonly counts: CurateCounts;
  /** paths below `<staging prefix>curated/` and below `curated/payments/` alike */
  readonly files: readonly { readonly path: string; readonly dt: string; readonly merchantId: string; readonly rows: number; readonly bytes: number }[];
  /** below `<staging prefix>dead-letters/` */
  readonly deadLetterFiles: readonly string[];
  /** what the producer says of the hour, and what of it landed; absent where he says nothing and need not */
  readonly control?: { readonly reading: ControlReading; readonly sent: SentTotals };
  /** a few cases of each reason, for the ledger */
  readonly samples: readonly DeadLetter[];
}

export interface AuditInput extends RevisionRef {
  readonly curate: CurateResult;
}

export interface AuditResult {
  readonly files: number;
  readonly rows: number;
}

export interface CommitInput extends RevisionRef {
  readonly processedAt: string;
  readonly curate: CurateResult;
}

export interface CommitResult {
  /** 0 where nothing was committed before */
  readonly replacedRevision: number;
  readonly files: number;
  /** a former attempt had swapped already */
  readonly found: boolean;
}

export interface UndoCommitResult {
  /** swapped back; nothing: this revision was not committed; kept: Kafka has it, so it must be loaded, not undone */
  readonly outcome: 'swapped_back' | 'nothing' | 'kept';
}

export interface PublishInput extends RevisionRef {
  readonly publish: PublishMode;
}

/** Offsets by partition: `from` inclusive, `to` exclusive. Decimal text: offsets are int64. */
export interface PublishedRange {
  readonly partition: number;
  readonly from: DecimalText;
  readonly to: DecimalText;
}

export interface PublishResult {
  readonly topic: string;
  readonly published: number;
  readonly upserted: number;
  readonly retracted: number;
  readonly new: number;
  readonly base: number;
  readonly unchanged: Sums;
  readonly ranges: readonly PublishedRange[];
  /** read back as a read-committed consumer sees it */
  readonly upsertsRead: Sums;
  readonly retractsRead: number;
  /** a former attempt had committed the transaction already */
  readonly found: boolean;
}

export interface LoadInput extends RevisionRef {
  readonly publish: PublishResult;
}

export interface LoadResult {
  readonly won: number;
  readonly updated: number;
  readonly stale: number;
  readonly alreadyThere: number;
  readonly retracted: number;
  /** keys whose winner is now an older hour's row, brought back from the lake */
  readonly broughtBack: number;
  /** a former attempt had loaded it already */
  readonly found: boolean;
}

export type ProveResult = Verdict;

export const NO_TERMS: Terms = {
  lines: 0, blank: 0, deadLettered: 0, erased: 0, duplicates: 0, curated: 0, base: 0, new: 0, retracted: 0, unchanged: 0,
  upserted: 0, published: 0, won: 0, updated: 0, stale: 0, alreadyThere: 0,
};

/** The run that ends with a proof. */
export interface EndedRun {
  readonly workflowRunId: string;
  readonly round: number;
  /** nothing had changed since the revision; it was only proven again */
  readonly unchanged: boolean;
}

export interface ProveInput extends RevisionRef {
  /** absent: the run goes on after it */
  readonly ends?: EndedRun;
}

export interface CloseRunInput {
  readonly landingHour: LandingHour;
  readonly workflowRunId: string;
  readonly round: number;
  readonly revision: number | null;
  readonly unchanged: boolean;
  readonly state: HourState;
  readonly message: string;
}

export interface RequestHourInput {
  readonly landingHour: LandingHour;
  readonly request: RunRequest;
}

export interface WithdrawHourInput {
  readonly landingHour: LandingHour;
  /** of the asking that is taken back */
  readonly requestId: string;
}

export interface ShadowHourInput {
  readonly landingHour: LandingHour;
}

export type AlarmInput = HourAlarm | DayAlarm | ReportAlarm;

export interface ReportAlarm extends ReportRef {
  /** held_back: its hours were not proven in time; not_delivered: somebody could not be reached, or refused it */
  readonly report: 'held_back' | 'not_delivered';
  readonly message: string;
}

export interface DayAlarm {
  /** of the reconciliation that says so */
  readonly date: string;
  readonly reconciliationId: string;
  readonly state: DayState;
  readonly message: string;
}

export interface HourAlarm {
  readonly landingHour: LandingHour;
  readonly revision: number | null;
  /** open: the run could not go on */
  readonly state: HourState;
  readonly message: string;
}

export interface SweepResult {
  readonly revisions: number;
  readonly objects: number;
  /** there are more past their grace */
  readonly more: boolean;
}

export interface CompactInput {
  /** UTC, like 2026-11-20: the day of the payments (dt) */
  readonly date: string;
}

export interface CompactResult {
  readonly date: string;
  /** hours whose commits now name the new files */
  readonly hours: number;
  /** hours left as they were: a run of theirs was first */
  readonly left: number;
  /** not proven, or with a run under way: not looked at */
  readonly skipped: number;
  /** of the day, as the proven hours name them */
  readonly filesBefore: number;
  readonly filesAfter: number;
  readonly rows: number;
  /** by which the files were merged, where it was one elsewhere */
  readonly run?: RemoteRunNote;
}

export interface CheckRawInput {
  /** UTC, like 2026-11-20; all its landing hours are looked at */
  readonly date: string;
  /** landing hours of other days to look at too; absent: those in which payments of the date landed */
  readonly hours?: readonly LandingHour[];
}
