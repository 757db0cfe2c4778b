/** Runs of the Glue job that curates: found by the identity that each carries as an argument, since Glue takes no token at the start. */
import {
  BatchStopJobRunCommand, GetJobRunCommand, GetJobRunsCommand, GlueClient, StartJobRunCommand, type JobRun as GlueJobRun, type JobRunState, type WorkerType,
} from '@aws-sdk/client-glue';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { GlueCall, RemoteState, RemoteUse, RemoteWork } from '../contract/remote-run';
import { awsErrors } from './aws-errors';
import { CLOCKS_DIFFER_MS, logLink, theRun, type JobRun } from './job-runs';
import type { RemoteConversation } from './remote-run';

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

type GlueWork = RemoteWork<GlueCall>;

export class GlueJobRuns {
  readonly longer = 'SLUICE_REMOTE_TIMEOUT_MINUTES';

  constructor(private readonly glue: GlueClient, private readonly settings: GlueJobSettings) {}

  conversation(work: GlueWork): RemoteConversation<JobRun> {
    return {
      on: this.on,
      find: (known) => this.find(work, known),
      start: () => this.start(work),
      look: async (id) => {
        const run = await this.run(id);
        return run === null ? null : this.seen(run);
      },
      stop: (id) => this.stop(id),
    };
  }

  get on(): string {
    return `Glue job ${this.settings.job}`;
  }

  close(): void {
    this.glue.destroy();
  }

  private async start(work: GlueWork): Promise<string> {
    const { job, timeoutMinutes } = this.settings;
    try {
      const { JobRunId: id } = await this.glue.send(new StartJobRunCommand({
        JobName: job,
        Timeout: timeoutMinutes,
        Arguments: {
          ...work.call, [IDENTITY]: work.identity,
          // Only for those who read the console: the identity says it all.
          '--sluice-hour': work.landingHour, '--sluice-revision': String(work.revision),
        },
      }));
      return id!;
    } catch (error) {
      throw this.error('cannot start a run', error);
    }
  }

  private async find({ identity, claimedAt }: GlueWork, known: string | undefined): Promise<JobRun | null> {
    if (known !== undefined) {
      const run = await this.run(known);
      if (run?.Arguments?.[IDENTITY] === identity) return this.seen(run);
    }
    const before = Date.parse(claimedAt) - CLOCKS_DIFFER_MS;
    const ours: GlueJobRun[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.glue.send(new GetJobRunsCommand({
          JobName: this.settings.job, MaxResults: RUNS_A_PAGE, ...(token === undefined ? {} : { NextToken: token }),
        }));
        const runs = page.JobRuns ?? [];
        ours.push(...runs.filter((run) => run.Arguments?.[IDENTITY] === identity));
        // Glue tells the newest first: a page of runs that are all older is followed by none of ours.
        token = runs.length > 0 && runs.every(({ StartedOn }) => StartedOn !== undefined && StartedOn.getTime() < before) ? undefined : page.NextToken;
      } while (token !== undefined && token !== '');
    } catch (error) {
      throw this.error('cannot list the runs', error);
    }
    return theRun(ours.sort((a, b) => (b.StartedOn?.getTime() ?? 0) - (a.StartedOn?.getTime() ?? 0)).map((run) => this.seen(run)));
  }

  private async run(id: string): Promise<GlueJobRun | null> {
    try {
      return (await this.glue.send(new GetJobRunCommand({ JobName: this.settings.job, RunId: id }))).JobRun ?? null;
    } catch (error) {
      if ((error as Error).name === 'EntityNotFoundException') return null;
      throw this.error(`cannot look at the run ${id}`, error);
    }
  }

  private async stop(id: string): Promise<void> {
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

  private seen(run: GlueJobRun): JobRun {
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
  return new GlueJobRuns(new GlueClient({ region, ...(endpoint === undefined ? {} : { endpoint }), maxAttempts: 1 }), { ...settings, region });
}

/** Glue counts by itself only for workers that come and go; else it is seconds by capacity, and at least a minute is billed. */
function useOf({ DPUSeconds: counted, ExecutionTime: seconds, MaxCapacity: capacity, NumberOfWorkers: workers, WorkerType: type }: GlueJobRun): RemoteUse {
  if (counted !== undefined) return { dpuSeconds: counted };
  const dpus = capacity ?? (workers === undefined || type === undefined ? undefined : workers * (DPUS[type] ?? NaN));
  if (seconds === undefined || seconds === 0 || dpus === undefined || Number.isNaN(dpus)) return {};
  return { dpuSeconds: Math.max(seconds, 60) * dpus };
}
