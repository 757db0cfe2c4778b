/** What the worker and its child process say to each other. */
import type { ErrorKind } from '../../contract/errors';
import type {
  AskJob, AskOutcome, BucketSumsJob, BucketSumsOutcome, CarryOverJob, CarryOverOutcome, CompactJob, CompactOutcome, CurateJob, CurateOutcome, DifferenceJob, DifferenceOutcome, EraseJob, ErasedFile, FindJob, FoundRows, HourSums,
  JobProgress, KeptRowsJob, PartSumsJob, PickJob, SumsJob, TableJob,
} from '../engine';
import type { PartSum } from '../../contract/compared-rows';
import type { Sums } from '../../contract/sums';

export interface Jobs {
  readonly curate: { readonly job: CurateJob; readonly outcome: CurateOutcome };
  readonly sums: { readonly job: SumsJob; readonly outcome: Sums };
  readonly difference: { readonly job: DifferenceJob; readonly outcome: DifferenceOutcome };
  readonly pick: { readonly job: PickJob; readonly outcome: { readonly rows: number } };
  readonly bucketSums: { readonly job: BucketSumsJob; readonly outcome: BucketSumsOutcome };
  readonly partSums: { readonly job: PartSumsJob; readonly outcome: readonly PartSum[] };
  readonly keptRows: { readonly job: KeptRowsJob; readonly outcome: { readonly rows: number } };
  readonly compact: { readonly job: CompactJob; readonly outcome: CompactOutcome };
  readonly sumsByHour: { readonly job: SumsJob; readonly outcome: readonly HourSums[] };
  readonly erase: { readonly job: EraseJob; readonly outcome: readonly ErasedFile[] };
  readonly ask: { readonly job: AskJob; readonly outcome: AskOutcome };
  readonly writeTable: { readonly job: TableJob; readonly outcome: null };
  readonly find: { readonly job: FindJob; readonly outcome: readonly (readonly FoundRows[])[] };
  readonly carryOver: { readonly job: CarryOverJob; readonly outcome: CarryOverOutcome };
}
export type JobName = keyof Jobs;

export interface StartMessage {
  readonly type: 'start';
  readonly name: JobName;
  readonly job: Jobs[JobName]['job'];
  readonly folder: string;
  readonly threads: number;
  /** bytes */
  readonly memory: number;
  /** as the setting has it, for messages */
  readonly memoryLimit: string;
}

export type ToChild = StartMessage | { readonly type: 'cancel' };

export interface DoneMessage {
  readonly type: 'done';
  readonly outcome: Jobs[JobName]['outcome'];
  /** bytes of memory that the child still has when the job is over */
  readonly left: number;
}

export interface FailedMessage {
  readonly type: 'failed';
  /** absent where nobody foresaw the error */
  readonly kind?: ErrorKind | undefined;
  readonly what: string;
  readonly on?: string | undefined;
  readonly fix?: string | undefined;
  readonly stack?: string | undefined;
}

export type FromChild =
  | { readonly type: 'progress'; readonly progress: JobProgress }
  | DoneMessage
  | FailedMessage;
