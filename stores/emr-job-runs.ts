/** Runs of an EMR Serverless application: found by their name, started with the same words as client token. */
import {
  CancelJobRunCommand, EMRServerlessClient, GetJobRunCommand, ListJobRunsCommand, StartJobRunCommand, type JobRun as EmrJobRun, type JobRunState,
} from '@aws-sdk/client-emr-serverless';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { EmrCall, RemoteState, RemoteUse, RemoteWork } from '../contract/remote-run';
import { awsErrors } from './aws-errors';
import { ANSWERED_SOON, JobRuns, logLink, type JobRun } from './job-runs';

const LOG_GROUP = '/aws/emr-serverless';
const RUNS_A_PAGE = 50;
const HOUR = 3600;

const STATES: Readonly<Record<JobRunState, RemoteState>> = {
  SUBMITTED: 'waiting', PENDING: 'waiting', SCHEDULED: 'waiting', QUEUED: 'waiting', RUNNING: 'running', CANCELLING: 'running',
  SUCCESS: 'succeeded', FAILED: 'failed', CANCELLED: 'stopped',
};

const emrError = awsErrors({
  ServiceQuotaExceededException: { kind: 'throttled', fix: 'Raise the application’s maximum capacity or the account’s quota of vCPU' },
  // The application is being started, stopped or changed.
  ConflictException: { kind: 'throttled' },
  AccessDeniedException: { kind: 'configuration', fix: 'Give the worker’s role the rights of infra/worker-emr-serverless.json' },
  ValidationException: { kind: 'configuration', fix: 'Look at the application and at SLUICE_EMR_ROLE_ARN, SLUICE_EMR_SPARK_PARAMETERS: docs/deploy-it.md has what fits' },
});

export interface EmrSettings {
  readonly applicationId: string;
  readonly roleArn: string;
  readonly region: string;
  readonly timeoutMinutes: number;
}

export class EmrJobRuns extends JobRuns<EmrCall, EmrJobRun> {
  constructor(private readonly emr: EMRServerlessClient, private readonly settings: EmrSettings) {
    super();
  }

  get on(): string {
    return `EMR Serverless application ${this.settings.applicationId}`;
  }

  close(): void {
    this.emr.destroy();
  }

  protected async start(work: RemoteWork<EmrCall>): Promise<string> {
    const { applicationId, roleArn, timeoutMinutes } = this.settings;
    try {
      const { jobRunId: id } = await this.emr.send(new StartJobRunCommand({
        applicationId,
        // Asked twice, the service starts once.
        clientToken: work.identity,
        name: work.identity,
        executionRoleArn: roleArn,
        executionTimeoutMinutes: timeoutMinutes,
        jobDriver: {
          sparkSubmit: {
            entryPoint: work.call.entryPoint,
            entryPointArguments: [...work.call.arguments],
            ...(work.call.parameters === '' ? {} : { sparkSubmitParameters: work.call.parameters }),
          },
        },
        configurationOverrides: { monitoringConfiguration: { cloudWatchLoggingConfiguration: { enabled: true, logGroupName: LOG_GROUP, logStreamNamePrefix: work.identity } } },
        tags: { pipeline: 'sluice', ...work.labels },
      }));
      return id!;
    } catch (error) {
      throw this.error('cannot start a run', error);
    }
  }

  protected async runsOf(identity: string, since: Date): Promise<readonly EmrJobRun[]> {
    const ids: string[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.emr.send(new ListJobRunsCommand({
          applicationId: this.settings.applicationId, createdAtAfter: since, maxResults: RUNS_A_PAGE, ...(token === undefined ? {} : { nextToken: token }),
        }));
        ids.push(...(page.jobRuns ?? []).filter(({ name }) => name === identity).map(({ id }) => id!));
        token = page.nextToken;
      } while (token !== undefined && token !== '');
    } catch (error) {
      // The emulator says so of an application that has had no run yet; AWS would, of one that is not there, at the start too.
      if ((error as Error).name === 'ResourceNotFoundException') return [];
      throw this.error('cannot list the runs', error);
    }
    return (await Promise.all(ids.map((id) => this.run(id)))).filter((run) => run !== null);
  }

  protected async run(id: string): Promise<EmrJobRun | null> {
    try {
      return (await this.emr.send(new GetJobRunCommand({ applicationId: this.settings.applicationId, jobRunId: id }))).jobRun ?? null;
    } catch (error) {
      if ((error as Error).name === 'ResourceNotFoundException') return null;
      throw this.error(`cannot look at the run ${id}`, error);
    }
  }

  protected async stop(id: string): Promise<void> {
    try {
      await this.emr.send(new CancelJobRunCommand({ applicationId: this.settings.applicationId, jobRunId: id }));
    } catch (error) {
      // Over already, or gone: nothing is left to be stopped.
      if (['ResourceNotFoundException', 'ValidationException'].includes((error as Error).name)) return;
      throw this.error(`cannot stop the run ${id}`, error);
    }
  }

  protected identityOf({ name }: EmrJobRun): string | undefined {
    return name;
  }

  protected startedAt({ createdAt }: EmrJobRun): Date | undefined {
    return createdAt;
  }

  protected seen(run: EmrJobRun): JobRun {
    const said = run.state ?? 'SUBMITTED';
    return {
      id: run.jobRunId!, said, state: stateOf(run), reason: run.stateDetails ?? null,
      log: logLink(this.settings.region, LOG_GROUP, run.name ?? run.jobRunId!, true), use: useOf(run),
    };
  }

  private error(what: string, error: unknown): SluiceError {
    if ((error as Error).name === 'ResourceNotFoundException') {
      return new SluiceError({
        kind: 'configuration', what: 'there is no such EMR Serverless application', on: this.settings.applicationId,
        fix: 'Create it (docs/deploy-it.md) or set SLUICE_EMR_APPLICATION_ID', cause: error,
      });
    }
    return emrError(what, this.on, error);
  }
}

export function openEmrJobRuns(configuration: Pick<Configuration, 'SLUICE_AWS_REGION' | 'SLUICE_AWS_ENDPOINT'>, settings: Omit<EmrSettings, 'region'>): EmrJobRuns {
  const { SLUICE_AWS_REGION: region, SLUICE_AWS_ENDPOINT: endpoint } = configuration;
  // A lost answer must not start a second run: what is tried again is decided in remote-run.ts.
  return new EmrJobRuns(new EMRServerlessClient({ region, ...(endpoint === undefined ? {} : { endpoint }), maxAttempts: 1, requestHandler: ANSWERED_SOON }), { ...settings, region });
}

/** A run that takes too long is cancelled by the service; only the details tell that nobody asked for it. */
function stateOf({ state = 'SUBMITTED', stateDetails, totalExecutionDurationSeconds: seconds, executionTimeoutMinutes: minutes }: EmrJobRun): RemoteState {
  const tooLong = /time(d)?[ -]?out/i.test(stateDetails ?? '') || (seconds !== undefined && minutes !== undefined && minutes > 0 && seconds >= minutes * 60);
  return (state === 'CANCELLED' || state === 'FAILED') && tooLong ? 'timed_out' : STATES[state] ?? 'failed';
}

/** What is billed, where the service knows it already, else what was used. Storage beyond what is free is left out. */
function useOf({ billedResourceUtilization: billed, totalResourceUtilization: used }: EmrJobRun): RemoteUse {
  const vcpuHours = billed?.vCPUHour ?? used?.vCPUHour;
  const gigabyteHours = billed?.memoryGBHour ?? used?.memoryGBHour;
  return {
    ...(vcpuHours === undefined ? {} : { vcpuSeconds: vcpuHours * HOUR }),
    ...(gigabyteHours === undefined ? {} : { gigabyteSeconds: gigabyteHours * HOUR }),
  };
}
