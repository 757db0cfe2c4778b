/** Temporal as a client: the connection by its own standard settings, and the one way in which everybody asks for an hour. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client, Connection, isGrpcServiceError, NamespaceNotFoundError, WithStartWorkflowOperation, WorkflowNotFoundError, WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, type DataConverter, type Workflow } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import { hourWorkflowId, type LandingHour } from '../contract/landing-hour';
import type { RunAnswer, RunRequest, WithdrawAnswer } from '../contract/run';
import { createPayloadCodec } from './payload-codec';
import { temporalConnectError } from './temporal-errors';

/** An execution that ends while we ask, a worker that died with a workflow task: both pass, the latter within a minute. */
const PATIENCE_MS = 120_000;
/** So says Temporal too where its database does not answer in time (its registry.go: "we should return the actual error"). It may be true. */
const NAMESPACE_PATIENCE_MS = 20_000;

/** TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_… and the profile file, as for every Temporal tool. */
export function temporalSettings(environment: Readonly<Record<string, string | undefined>>) {
  const overrideEnvVars = Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars });
    return { connectionOptions, namespace: namespace ?? 'default' };
  } catch (error) {
    throw new SluiceError({
      kind: 'configuration', what: `Temporal’s settings cannot be read: ${(error as Error).message}`, on: 'TEMPORAL_…',
      fix: 'Correct the variable or the profile file that it comes from', cause: error,
    });
  }
}

export function dataConverterOf(configuration: Configuration): DataConverter {
  return { payloadCodecs: [createPayloadCodec(configuration)] };
}

export async function connectTemporal(
  configuration: Configuration,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Client> {
  const { connectionOptions, namespace } = temporalSettings(environment);
  try {
    const connection = await Connection.connect(connectionOptions);
    return new Client({ connection, namespace, dataConverter: dataConverterOf(configuration) });
  } catch (error) {
    throw await temporalConnectError(connectionOptions, error);
  }
}

/** Asks for hours. Attach or start: schedule, backfill, redrive and people all come through here. */
export class Hours {
  constructor(private readonly client: Client, private readonly taskQueue: string) {}

  async request(landingHour: LandingHour, request: RunRequest, signal?: AbortSignal): Promise<RunAnswer> {
    const askedAt = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = this.client.workflow.executeUpdateWithStart<Workflow, RunAnswer, [RunRequest]>('requestRun', {
          args: [request],
          // Asked again after a lost answer, it is the same update.
          updateId: request.requestId,
          startWorkflowOperation: this.startOf(landingHour, request),
        });
        return await (signal === undefined ? answer : Promise.race([answer, rejectOn(signal)]));
      } catch (error) {
        if (signal?.aborted !== true && Date.now() - askedAt < patienceWith(error)) {
          // The request id keeps it one asking, however often it is said.
          await sleep(Math.min(100 * attempt, 2_000));
          continue;
        }
        throw requestError(landingHour, error);
      }
    }
  }

  /** Takes an asking back; answers when the hour has ended whole, where that was for this asking to decide. */
  async withdraw(landingHour: LandingHour, requestId: string, signal?: AbortSignal): Promise<WithdrawAnswer> {
    const askedAt = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = this.client.workflow.getHandle(hourWorkflowId(landingHour))
          .executeUpdate<WithdrawAnswer, [string]>('withdrawRequest', { args: [requestId], updateId: `withdraw ${requestId}` });
        return await (signal === undefined ? answer : Promise.race([answer, rejectOn(signal)]));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { outcome: 'not_running', answer: null };
        if (signal?.aborted === true || Date.now() - askedAt >= patienceWith(error)) throw requestError(landingHour, error);
        await sleep(Math.min(100 * attempt, 2_000));
      }
    }
  }

  /** Whether an execution of the hour is under way. */
  async isRunning(landingHour: LandingHour): Promise<boolean> {
    try {
      return (await this.client.workflow.getHandle(hourWorkflowId(landingHour)).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw requestError(landingHour, error);
    }
  }

  private startOf(landingHour: LandingHour, request: RunRequest): WithStartWorkflowOperation<Workflow> {
    return new WithStartWorkflowOperation('hourlyPayments', {
      workflowId: hourWorkflowId(landingHour),
      taskQueue: this.taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ landingHour, request }],
      staticSummary: `payments that landed in ${landingHour}`,
      staticDetails: `asked for by ${request.by} (${request.kind})`,
    });
  }
}

/** How long it may pass by itself, from the first asking on. */
function patienceWith(error: unknown): number {
  if (error instanceof WorkflowNotFoundError) return PATIENCE_MS;
  if (error instanceof WorkflowUpdateFailedError) {
    return error.cause instanceof ApplicationFailure && error.cause.type === 'AcceptedUpdateCompletedWorkflow' ? PATIENCE_MS : 0;
  }
  const text = `${(error as Error).message} ${((error as Error).cause as Error | undefined)?.message ?? ''}`;
  if (error instanceof NamespaceNotFoundError || /namespace .* is not found/i.test(text)) return NAMESPACE_PATIENCE_MS;
  return isGrpcServiceError((error as Error).cause ?? error) && /workflow execution already completed|update.*(aborted|closing)|workflow task in failed state/i.test(text)
    ? PATIENCE_MS : 0;
}

function requestError(landingHour: LandingHour, error: unknown): unknown {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure && error.cause.type === 'usage') {
    return new SluiceError({ kind: 'usage', what: error.cause.message, on: landingHour, cause: error });
  }
  if (error instanceof SluiceError || (error as Error).name === 'AbortError') return error;
  const inner = (error as Error).cause as Error | undefined;
  return new SluiceError({
    kind: 'transient',
    what: `the hour could not be asked for: ${inner?.message ?? (error as Error).message}`,
    on: hourWorkflowId(landingHour),
    fix: 'Is a worker running on the task queue? `npx sluice status` shows it',
    cause: error,
  });
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new DOMException('stopped waiting', 'AbortError'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
