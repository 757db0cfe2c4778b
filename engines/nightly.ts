/** The two large jobs of the night, over committed files where they lie: reconcile's scan, and the merging of a day's small files. */
import type { BucketedSums } from '../contract/compared-rows';
import type { LandingHour } from '../contract/landing-hour';
import type { RemoteRunNote } from '../contract/remote-run';
import type { LakeCurateControl, MergedFile } from './engine';

/** A committed file. */
export interface NightlyFile {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
  /** of which rows count; null: all of them */
  readonly landingHours: readonly LandingHour[] | null;
}

export interface HourToScan {
  readonly landingHour: LandingHour;
  readonly revision: number;
  /** ISO instant; what every row of the revision must carry */
  readonly processedAt: string;
  /** one at least */
  readonly files: readonly NightlyFile[];
}

export interface ScanJob {
  /** UTC day under which the work lies in the lake */
  readonly date: string;
  /** names this looking: what an earlier one has read is not taken for it */
  readonly askedAs: string;
  readonly hours: readonly HourToScan[];
}

export interface ScannedHour {
  readonly landingHour: LandingHour;
  /** of the content, as BucketSumsOutcome has them; null: one of its files cannot be read, and nobody says which */
  readonly held: BucketedSums | null;
}

export interface ScanOutcome {
  readonly hours: readonly ScannedHour[];
  /** null: on this machine */
  readonly run: RemoteRunNote | null;
}

export interface MergeJob {
  readonly date: string;
  readonly merges: readonly { readonly files: readonly NightlyFile[] }[];
}

/** In the lake's staging. */
export interface StagedMerge extends MergedFile {
  readonly key: string;
}

export interface MergeOutcome {
  /** in the order of the merges */
  readonly merged: readonly StagedMerge[];
  /** all that lies below it is the work's, and for whoever took the files to remove */
  readonly workPrefix: string;
  readonly run: RemoteRunNote | null;
}

/** Starts a run or attaches to it, where it is one. A cancel stops it; a shutdown of the worker leaves it to the retry. */
export interface NightlyEngine {
  readonly name: 'spark-local' | 'emr-serverless';
  scan(job: ScanJob, control: LakeCurateControl): Promise<ScanOutcome>;
  merge(job: MergeJob, control: LakeCurateControl): Promise<MergeOutcome>;
}
