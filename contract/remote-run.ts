/** A run at a service that works by itself (a Glue job, an EMR Serverless job): what it is asked for, how it stands, what it used. */
import { ENGINE_PRICES } from './engine-prices';

export type RemoteState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'timed_out' | 'stopped';

export function isOver(state: RemoteState): boolean {
  return state !== 'waiting' && state !== 'running';
}

/** A piece of work for such a service. The same identity is the same run, whoever asks. */
export interface RemoteWork<Call> {
  /** at most 64 of `[A-Za-z0-9._-]`: what both services take as a name and a token */
  readonly identity: string;
  /** for those who read the service's console, like `hour` and `revision`: short names, short values */
  readonly labels: Readonly<Record<string, string>>;
  /** ISO instant before which no run of this identity can have been started */
  readonly claimedAt: string;
  /** what is to be run, as the service is told */
  readonly call: Call;
}

/** Lets one attempt at a time start a run, where a service would start a second one for a second asker. */
export interface StartGate {
  /** asked right before each start; false: another attempt is about to */
  mayStart(): Promise<boolean>;
  /** this attempt starts nothing any more, and has started nothing */
  giveBack(): Promise<void>;
}

/** Names and values, `--name` and all. */
export type GlueCall = Readonly<Record<string, string>>;

export interface EmrCall {
  /** s3:// */
  readonly entryPoint: string;
  readonly arguments: readonly string[];
  /** as spark-submit takes them */
  readonly parameters: string;
}

export interface RemoteUse {
  readonly dpuSeconds?: number;
  readonly vcpuSeconds?: number;
  readonly gigabyteSeconds?: number;
}

/** What the ledger keeps of a run that was needed for a stage. */
export interface RemoteRunNote extends RemoteUse {
  readonly externalRun: string;
  /** where its log is; a link of the provider's console */
  readonly log: string;
  /** at list prices; null: the service did not say what was used */
  readonly dollars: number | null;
  /** a former attempt had started it */
  readonly attached: boolean;
}

const HOUR = 3600;

/** At list prices, what was used as the service counts it; an estimate, no bill. */
export function dollarsOf({ dpuSeconds, vcpuSeconds, gigabyteSeconds }: RemoteUse): number | null {
  if (dpuSeconds !== undefined) return (dpuSeconds / HOUR) * ENGINE_PRICES.gluePerDpuHour;
  if (vcpuSeconds === undefined && gigabyteSeconds === undefined) return null;
  return ((vcpuSeconds ?? 0) / HOUR) * ENGINE_PRICES.emrPerVcpuHour + ((gigabyteSeconds ?? 0) / HOUR) * ENGINE_PRICES.emrPerGigabyteHour;
}

/** For people, as Markdown. */
export function toldRun({ externalRun, log, dpuSeconds, vcpuSeconds, dollars, attached }: RemoteRunNote): string {
  const used = dpuSeconds !== undefined ? [`${Math.round(dpuSeconds)} DPU-seconds`] : vcpuSeconds !== undefined ? [`${Math.round(vcpuSeconds)} vCPU-seconds`] : [];
  const cost = dollars === null ? [] : [`$${dollars.toFixed(4)} at list prices`];
  return [`run [${externalRun}](${log})${attached ? ', taken over' : ''}`, ...used, ...cost].join(', ');
}
