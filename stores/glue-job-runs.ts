/** Runs of the Glue job that curates: found by the identity that each carries as an argument, since Glue takes no token at the start. */
import {
  BatchStopJobRunCommand, GetJobRunCommand, GetJobRunsCommand, GlueClient, StartJobRunCommand, type JobRun as GlueJobRun, type JobRunState, type WorkerType,
} from '@aws-sdk/client-glue';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { GlueCall, RemoteState, RemoteUse, RemoteWork } from '../contract/remote-run';
import { awsErrors } from './aws-errors';
import { ANSWERED_SOON, JobRuns, logLink, type JobRun } from './job-runs';

const IDENTITY = '--sluice-run';
const LOG_GROUP = '/aws-glue/jobs/error';
const RUNS_A_PAGE = 200;

const STATES: Readonly<Record<JobRunState, RemoteState>> = {
  WAITING: 'waiting', STARTING: 'waiting', RUNNING: 'running', STOPPING: 'running', STOPPED: 'stopped', SUCCEEDED: 'succeeded',
  FAILED: 'failed', ERROR: 'failed', EXPIRED: 'failed', TIMEOUT: 'timed_out',
};

/** DPU of a worker. */
const DPUS: Readonly<Partial<Record<WorkerType, number>>> = { 'G.025X': 0.25, 'G.1X': 1, 'G.2X': 2, 'G.4X': 4, 'G.8X': 8, Standard: 1 };

const glueError = awsErrors({
  ConcurrentRunsExceededException: { kind: 'throttled', fix: 'Raise the job’s maximum concurrency' },
  ResourceNumberLimitExceededException: { kind: 'throttled', fix: 'Raise the account’s limit of Glue job runs or DPUs' },
  OperationTimeoutException: { kind: 'throttled' },
  AccessDeniedException: { kind: 'configuration', fix: 'Give the worker’s role the rights of infra/worker-glue.json' },
  InvalidInputException: { kind: 'configuration', fix: 'Look at the job’s definition: docs/deploy-it.md has one that fits' },
});

export interface GlueJobSettings {
  readonly job: string;
  readonly region: string;
  readonly timeoutMinutes: number;
}

export class GlueJobRuns extends JobRuns<GlueCall, GlueJobRun> {
  constructor(private readonly glue: GlueClient, private readonly settings: GlueJobSettings) {
    super();
  }

  get on(): string {
    return `Glue job ${this.settings.job}`;
  }

  close(): void {
    this.glue.destroy();
  }

  protected async start(work: RemoteWork<GlueCall>): Promise<string> {
    const { job, timeoutMinutes } = this.settings;
    try {
      const { JobRunId: id } = await this.glue.send(new StartJobRunCommand({
        JobName: job,
        Timeout: timeoutMinutes,
        Arguments: {
          ...work.call, [IDENTITY]: work.identity,
          // Only for those who read the console: the identity says it all.
          ...Object.fromEntries(Object.entries(work.labels).map(([name, value]) => [`--sluice-${name}`, value])),
        },
      }));
      return id!;
    } catch (error) {
      throw this.error('cannot start a run', error);
    }
  }

  protected async runsOf(identity: string, since: Date): Promise<readonly GlueJobRun[]> {
    const ours: GlueJobRun[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.glue.send(new GetJobRunsCommand({
          JobName: this.settings.job, MaxResults: RUNS_A_PAGE, ...(token === undefined ? {} : { NextToken: token }),
        }));
        const runs = page.JobRuns ?? [];
        ours.push(...runs.filter((run) => this.identityOf(run) === identity));
        // Glue tells the newest first: a page of runs that are all older is followed by none of ours.
        token = runs.length > 0 && runs.every(({ StartedOn }) => StartedOn !== undefined && StartedOn < since) ? undefined : page.NextToken;
      } while (token !== undefined && token !== '');
    } catch (error) {
      throw this.error('cannot list the runs', error);
    }
    return ours;
  }

  protected async run(id: string): Promise<GlueJobRun | null> {
    try {
      return (await this.glue.send(new GetJobRunCommand({ JobName: this.settings.job, RunId: id }))).JobRun ?? null;
    } catch (error) {
      if ((error as Error).name === 'EntityNotFoundException') return null;
      throw this.error(`cannot look at the run ${id}`, error);
    }
  }

  protected async stop(id: string): Promise<void> {
    try {
      const { Errors: errors } = await this.glue.send(new BatchStopJobRunCommand({ JobName: this.settings.job, JobRunIds: [id] }));
      const [refused] = errors ?? [];
      // Over already, or gone: nothing is left to be stopped.
      if (refused === undefined || ['JobRunInvalidStateTransitionException', 'EntityNotFoundException'].includes(refused.ErrorDetail?.ErrorCode ?? '')) return;
      throw Object.assign(new Error(refused.ErrorDetail?.ErrorMessage ?? 'Glue gives no reason'), { name: refused.ErrorDetail?.ErrorCode ?? 'Error' });
    } catch (error) {
      throw this.error(`cannot stop the run ${id}`, error);
    }
  }

  protected identityOf({ Arguments: given }: GlueJobRun): string | undefined {
    return given?.[IDENTITY];
  }

  protected startedAt({ StartedOn: startedOn }: GlueJobRun): Date | undefined {
    return startedOn;
  }

  protected seen(run: GlueJobRun): JobRun {
    const said = run.JobRunState ?? 'WAITING';
    return {
      id: run.Id!, said, state: STATES[said] ?? 'failed', reason: run.ErrorMessage ?? null, log: logLink(this.settings.region, LOG_GROUP, run.Id!, false), use: useOf(run),
    };
  }

  private error(what: string, error: unknown): SluiceError {
    if ((error as Error).name === 'EntityNotFoundException') {
      return new SluiceError({
        kind: 'configuration', what: 'there is no such Glue job', on: this.settings.job, fix: 'Create it (docs/deploy-it.md) or set SLUICE_GLUE_JOB', cause: error,
      });
    }
    return glueError(what, this.on, error);
  }
}

export function openGlueJobRuns(configuration: Pick<Configuration, 'SLUICE_AWS_REGION' | 'SLUICE_AWS_ENDPOINT'>, settings: Pick<GlueJobSettings, 'job' | 'timeoutMinutes'>): GlueJobRuns {
  const { SLUICE_AWS_REGION: region, SLUICE_AWS_ENDPOINT: endpoint } = configuration;
  // A lost answer must not start a second run: what is tried again is decided in remote-run.ts.
  return new GlueJobRuns(new GlueClient({ region, ...(endpoint === undefined ? {} : { endpoint }), maxAttempts: 1, requestHandler: ANSWERED_SOON }), { ...settings, region });
}

/** Glue counts by itself only for workers that come and go; else it is seconds by capacity, and at least a minute is billed. */
function useOf({ DPUSeconds: counted, ExecutionTime: seconds, MaxCapacity: capacity, NumberOfWorkers: workers, WorkerType: type }: GlueJobRun): RemoteUse {
  if (counted !== undefined) return { dpuSeconds: counted };
  const dpus = capacity ?? (workers === undefined || type === undefined ? undefined : workers * (DPUS[type] ?? NaN));
  if (seconds === undefined || seconds === 0 || dpus === undefined || Number.isNaN(dpus)) return {};
  return { dpuSeconds: Math.max(seconds, 60) * dpus };
}
