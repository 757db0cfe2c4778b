/** Backfills in Temporal, as a client: start or attach, the live controls, where one stands, how it ended. */
import {
  isGrpcServiceError, QueryNotRegisteredError, QueryRejectedError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client, type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { backfillId, type BackfillInput, type BackfillStatus, type BackfillSummary } from '../contract/backfill';
import { SluiceError } from '../contract/errors';

export type BackfillUpdate = 'pause' | 'resume' | 'parallel' | 'skip' | 'retry' | 'cancel';

const NOW_MS = 3_000;

export class Backfills {
  constructor(private readonly client: Client, private readonly taskQueue: string) {}

  /** Starts it, or attaches to the one of this range that is there. Answers with its id. */
  async start(input: BackfillInput): Promise<string> {
    const id = backfillId(input.from, input.to, input.shadow === true);
    try {
      await this.client.workflow.start('backfill', {
        workflowId: id,
        taskQueue: this.taskQueue,
        workflowIdConflictPolicy: 'USE_EXISTING',
        args: [input],
        staticSummary: `${input.shadow === true ? 'shadow of' : 'backfill of'} ${input.from} to ${input.to}`,
        staticDetails: `asked for by ${input.by ?? 'nobody named'}. Updates: pause, resume, parallel, skip, retry, cancel`,
      });
      return id;
    } catch (error) {
      throw backfillError(id, error);
    }
  }

  update(id: string, name: BackfillUpdate, argument?: unknown): Promise<BackfillStatus> {
    return this.told(id, this.handle(id).executeUpdate<BackfillStatus, [unknown]>(name, { args: [argument] }));
  }

  /** With the hours that ended after the number `since`. Null: there is no such backfill. */
  async status(id: string, since?: number): Promise<BackfillStatus | null> {
    try {
      return await this.handle(id).query<BackfillStatus, [number?]>('backfillStatus', since);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw backfillError(id, error);
    }
  }

  /** Of one that should be going on, for a list: nobody waits long for it. silent: no worker, or no Temporal, answers in time. */
  async now(id: string): Promise<BackfillStatus | 'not running' | 'silent'> {
    try {
      return await this.client.withDeadline(Date.now() + NOW_MS, async () => (await this.isRunning(id) ? (await this.status(id)) ?? 'not running' : 'not running'));
    } catch (error) {
      if (error instanceof SluiceError) return 'silent';
      throw error;
    }
  }

  /** Waits for the end; follows it through its runs. */
  result(id: string): Promise<BackfillSummary> {
    return this.told(id, this.handle(id).result() as Promise<BackfillSummary>);
  }

  async isRunning(id: string): Promise<boolean> {
    try {
      return (await this.handle(id).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw backfillError(id, error);
    }
  }

  private handle(id: string): WorkflowHandle {
    return this.client.workflow.getHandle(id);
  }

  private async told<T>(id: string, asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw backfillError(id, error);
    }
  }
}

function backfillError(id: string, error: unknown): SluiceError {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure && error.cause.type === 'usage') {
    return new SluiceError({ kind: 'usage', what: error.cause.message, on: id, cause: error });
  }
  if (error instanceof WorkflowNotFoundError) {
    return new SluiceError({ kind: 'usage', what: 'no such backfill is under way', on: id, fix: 'Start it with `npx sluice backfill --from H --to H`', cause: error });
  }
  const inner = (error as Error).cause as Error | undefined;
  const unanswered = isGrpcServiceError(error) || isGrpcServiceError(inner) || error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError;
  return new SluiceError({
    kind: 'transient',
    what: `the backfill ${unanswered ? 'does not answer' : 'failed'}: ${inner?.message ?? (error as Error).message}`,
    on: id,
    ...(unanswered ? { fix: 'Is a worker running on the task queue? `npx sluice status` shows it' } : {}),
    cause: error,
  });
}
