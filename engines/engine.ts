/** Where SQL runs: DuckDB on this machine for everything, and the transform on Spark where one machine is not enough. */
import type { SentTotals } from '../contract/control-totals';
import type { BucketedSums, PartSum } from '../contract/compared-rows';
import type { Amount, ErasedLines } from '../contract/erasure';
import type { LandingHour } from '../contract/landing-hour';
import type { RemoteRunNote } from '../contract/remote-run';
import type { CurateCounts } from '../contract/stages';
import type { PublishMode } from '../contract/run';
import type { ComparedRow } from '../contract/reconciliation';
import type { Sums } from '../contract/sums';

export interface JobControl {
  /** aborting interrupts the query within a second */
  readonly signal: AbortSignal;
  /** called a few times a second at most while the job goes on; feeds heartbeats */
  readonly progress: (progress: JobProgress) => void;
}

export interface JobProgress {
  readonly step: string;
  readonly lines?: number;
  readonly bytes?: number;
  readonly pid?: number;
  /** of the run that goes on elsewhere: the heartbeat keeps it, so that a retry attaches to it */
  readonly externalRun?: string;
}

export interface LocalObject {
  /** as it is named in the lake (or on the command line) */
  readonly key: string;
  readonly version: string;
  readonly path: string;
  /** bytes of the file when all of it is fetched, which goes on while it is read; absent: it is whole */
  readonly growsTo?: number;
  /** by the producer; counts for his control totals */
  readonly isSent?: boolean;
  readonly erased?: ErasedLines;
}

/** Persons of whom nothing may be curated: keyed hashes of their ids, and the key's two blocks to make such hashes by. */
export interface Suppression {
  readonly tokens: readonly string[];
  /** tells keys apart and is no secret */
  readonly keyId: string;
  readonly innerPad: string;
  readonly outerPad: string;
}

export interface CurateJob {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly attempt: string;
  /** ISO instant, one for the whole run */
  readonly processedAt: string;
  readonly objects: readonly LocalObject[];
  /** there are control totals, so what was sent is counted too */
  readonly countSent?: boolean;
  /** absent where nobody was ever erased: it costs nothing then */
  readonly suppression?: Suppression;
  /** receives `curated/dt=…/merchant_id=…/*.parquet` and `dead-letters/*.ndjson`; must be empty or absent */
  readonly outDir: string;
}

/** As it lies in the lake. */
export interface LakeObject extends Omit<LocalObject, 'path' | 'growsTo'> {
  readonly etag: string;
  readonly versionId?: string;
  readonly bytes: number;
}

/** A CurateJob of which nothing comes to this machine. Where it writes, and under which attempt's name, is the engine's: a retry takes over what the run before it has. */
export interface LakeCurateJob extends Omit<CurateJob, 'objects' | 'outDir' | 'attempt'> {
  readonly objects: readonly LakeObject[];
}

export interface LakeCurateOutcome {
  readonly attempt: string;
  /** of the lake, ending in a slash; has `curated/` and `dead-letters/` as an outDir has */
  readonly stagingPrefix: string;
  readonly outcome: CurateOutcome;
  readonly run: RemoteRunNote;
}

export interface LakeCurateControl extends JobControl {
  /** the external run that an earlier attempt's heartbeat named */
  readonly externalRun?: string;
}

export interface CuratedFile {
  /** below `<outDir>/curated/` */
  readonly path: string;
  readonly dt: string;
  readonly merchantId: string;
  readonly rows: number;
  readonly bytes: number;
}

export interface CurateOutcome {
  readonly counts: CurateCounts;
  /** where it was asked for; lines of objects that cannot be read to their end are not in it */
  readonly sent?: SentTotals;
  readonly files: readonly CuratedFile[];
  /** below `<outDir>/dead-letters/` */
  readonly deadLetterFiles: readonly string[];
}

/** A local Parquet file of curated rows; with an hour, only that landing hour's rows of it. */
export type CuratedPath = string | { readonly path: string; readonly landingHour: LandingHour };

export interface SumsJob {
  readonly files: readonly CuratedPath[];
}

export interface HourSums {
  readonly landingHour: LandingHour;
  readonly sums: Sums;
}

export interface CompactJob {
  readonly merges: readonly { readonly files: readonly CuratedPath[]; readonly out: string }[];
}

export interface MergedFile {
  readonly rows: number;
  readonly bytes: number;
  /** of the rows as they were read */
  readonly hours: readonly HourSums[];
}

export interface CompactOutcome {
  /** in the order of the merges */
  readonly merged: readonly MergedFile[];
}

export interface DifferenceJob {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly now: readonly CuratedPath[];
  /** of the last loaded revision; empty where there is none */
  readonly base: readonly CuratedPath[];
  readonly publish: PublishMode;
  readonly format: 'avro' | 'json';
  /** bytes put before every value: the schema registry's header; base64 */
  readonly valueHeader: string;
  /** file of record frames (contract/record-frame) to be written */
  readonly spool: string;
}

export interface DifferenceOutcome {
  readonly base: number;
  /** keys that the base did not have */
  readonly new: number;
  readonly upserted: number;
  readonly retracted: number;
  /** rows shared with the base and not published */
  readonly unchanged: Sums;
  readonly upserts: Sums;
}

export interface PickJob {
  readonly files: readonly CuratedPath[];
  readonly paymentIds: readonly string[];
  /** NDJSON of CuratedPayment in JSON form (contract/curated-record) to be written */
  readonly out: string;
}

/** A committed file as it lies on this machine. */
export interface KeptFile {
  readonly path: string;
  /** also holds rows of other hours, which are left out; in any other file they are too many */
  readonly shared: boolean;
}

export interface BucketSumsJob {
  readonly landingHour: LandingHour;
  readonly revision: number;
  /** ISO instant; what every row of the revision must carry */
  readonly processedAt: string;
  readonly files: readonly KeptFile[];
}

/** Of the content: hashes are computed from the columns, not taken from them. */
export interface BucketSumsOutcome extends BucketedSums {
  /** places in `files` of those that cannot be read, or have not the columns of a curated row; they are left out */
  readonly unreadable: readonly number[];
}

export interface PartSumsJob extends BucketSumsJob {
  readonly buckets: readonly number[];
}

/** All rows of these buckets, or of these parts of them; or of these payments, for which no other row is hashed. */
export type WantedRows = { readonly buckets: readonly number[]; readonly parts?: readonly number[] | undefined } | { readonly paymentIds: readonly string[] };

export interface KeptRowsJob extends BucketSumsJob {
  readonly wanted: WantedRows;
  /** NDJSON of FileRow to be written, sorted by bucket */
  readonly out: string;
}

export interface FileRow {
  readonly bucket: number;
  readonly row: ComparedRow;
  readonly flaws: string;
  /** its place in `files` */
  readonly file: number;
}

export interface EraseJob {
  readonly userId: string;
  /** `out` receives the object without the person's lines, where it has any */
  readonly objects: readonly { readonly path: string; readonly out: string }[];
}

export interface ErasedFile {
  /** overwritten by spaces, so that every other line stays where it was; 0: nothing was written */
  readonly lines: number;
  readonly amounts: readonly Amount[];
  /** lines of others in which the id stands; they are left alone */
  readonly mentions: number;
  /** the object cannot be read to its end, so nobody knows what is in it */
  readonly unreadable: string | null;
}

export interface FindJob {
  readonly userId: string;
  /** local Parquet files of curated rows */
  readonly files: readonly string[];
}

/** A person's rows of one landing hour in a file. */
export interface FoundRows {
  readonly landingHour: LandingHour;
  readonly rows: number;
}

/** Rows of a committed revision for one that is made of them. */
export interface CarryOverJob extends Pick<CurateJob, 'landingHour' | 'revision' | 'attempt' | 'processedAt' | 'suppression' | 'outDir'> {
  /** all files of a merchant are in one group */
  readonly groups: readonly (readonly CuratedPath[])[];
}

export interface CarryOverOutcome {
  readonly kept: Sums;
  /** of persons who are suppressed; together with `kept` it is what was read */
  readonly erased: Sums;
  /** below `<outDir>/curated/` */
  readonly files: readonly CuratedFile[];
}

/** Runs the transform over files of this machine. */
export interface LocalEngine {
  readonly name: 'duckdb' | 'spark-local';
  /** whether it reads objects whose files still grow; to any other they are given whole */
  readonly follows: boolean;
  curate(job: CurateJob, control: JobControl): Promise<CurateOutcome>;
}

/** Runs the transform over objects of the lake, elsewhere. */
export interface LakeEngine {
  readonly name: 'glue' | 'emr-serverless';
  /** Starts a run or attaches to it. A cancel stops the run; a shutdown of the worker leaves it to the retry. */
  curateInLake(job: LakeCurateJob, control: LakeCurateControl): Promise<LakeCurateOutcome>;
}

export type CurateEngine = LocalEngine | LakeEngine;

export interface Engine extends LocalEngine {
  readonly name: 'duckdb';
  /** of the transform, whichever engine runs it: a changed transform makes a new revision, another engine does not */
  transformFingerprint(): Promise<string>;
  sums(job: SumsJob, control: JobControl): Promise<Sums>;
  difference(job: DifferenceJob, control: JobControl): Promise<DifferenceOutcome>;
  pick(job: PickJob, control: JobControl): Promise<{ readonly rows: number }>;
  bucketSums(job: BucketSumsJob, control: JobControl): Promise<BucketSumsOutcome>;
  partSums(job: PartSumsJob, control: JobControl): Promise<readonly PartSum[]>;
  keptRows(job: KeptRowsJob, control: JobControl): Promise<{ readonly rows: number }>;
  /** Writes each merge's files as one. */
  compact(job: CompactJob, control: JobControl): Promise<CompactOutcome>;
  sumsByHour(job: SumsJob, control: JobControl): Promise<readonly HourSums[]>;
  /** Takes a person's lines out of raw objects. One answer for each object, in their order. */
  erase(job: EraseJob, control: JobControl): Promise<readonly ErasedFile[]>;
  /** Which rows of a person each file has, in the order of the files. */
  find(job: FindJob, control: JobControl): Promise<readonly (readonly FoundRows[])[]>;
  /** Writes a revision's rows again as another revision's, without those of suppressed persons. */
  carryOver(job: CarryOverJob, control: JobControl): Promise<CarryOverOutcome>;
}

/** A question to the lake (sql/lake/), of committed files on this machine. */
export interface AskJob {
  readonly statement: string;
  /** NDJSON of CommittedPath: what the commits name, also files that the question does not need */
  readonly commits: string;
  /** `path`: as Athena calls the object, `s3://bucket/key` */
  readonly files: readonly { readonly file: string; readonly path: string }[];
  /** NDJSON of the rows to be written, each an array of texts and nulls */
  readonly out: string;
}

/** A line of AskJob’s `commits`. */
export interface CommittedPath {
  /** epoch microseconds; years to 2100 are exact in a number */
  readonly landing_micros: number;
  readonly revision: number;
  readonly path: string;
  readonly dt: string;
  readonly merchant_id: string;
  readonly row_count: number;
  readonly bytes: number;
  readonly is_shared: boolean;
}

export interface AskOutcome {
  /** types as DuckDB calls them */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: number;
}

export interface TableJob {
  readonly columns: readonly { readonly name: string; readonly type: 'text' | 'integer' | 'money' | 'number' | 'timestamp' | 'date' }[];
  /** NDJSON of objects, each value a text or null */
  readonly rows: string;
  /** the Parquet file to be written */
  readonly out: string;
}

export interface TableWriter {
  write(job: TableJob, control: JobControl): Promise<void>;
}

export interface LakeReader {
  ask(job: AskJob, control: JobControl): Promise<AskOutcome>;
}
