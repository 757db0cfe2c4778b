/** Reconciliations as a client asks for them: start or attach, wait, approve, refuse. */
import { randomUUID } from 'node:crypto';
import { isGrpcServiceError, WorkflowFailedError, WorkflowUpdateFailedError, WorkflowNotFoundError, type Client, type WorkflowHandle, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { SluiceError } from '../contract/errors';
import { reconcileWorkflowId, type ReconcileAnswer, type ReconcileInput, type ReconcileStatus } from '../contract/reconciled-day';
import { failedWorkflow, innermost } from './failed-workflow';
import type { LedgerReconciliation } from './ledger-reconciliations';

type Execution = Pick<LedgerReconciliation, 'workflowId' | 'workflowRunId'>;

export interface StartedDay {
  readonly handle: WorkflowHandleWithFirstExecutionRunId;
  /** it was going on already, as somebody else asked for it */
  readonly attached: boolean;
}

export class Days {
  constructor(private readonly client: Client, private readonly taskQueue: string) {}

  /** One at a time for a day: whoever comes while it goes on waits for that one, whatever it may repair. */
  async start(input: ReconcileInput): Promise<StartedDay> {
    const startToken = randomUUID();
    const workflowId = reconcileWorkflowId(input.date);
    const handle = await this.client.workflow.start('reconcile', {
      workflowId,
      taskQueue: this.taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      staticSummary: `reconciliation of ${input.date}`,
      staticDetails: `asked for by ${input.by ?? 'somebody'}, repair ${input.repair ?? 'off'}`,
      memo: { startToken },
    }).catch((error: unknown) => {
      if (!isGrpcServiceError(error)) throw error;
      throw new SluiceError({ kind: 'transient', what: `Temporal does not take the reconciliation: ${error.message}`, on: workflowId, cause: error });
    });
    // Whose start it is that goes on: looked at before, another's could come in between.
    const { memo } = await this.client.workflow.getHandle(workflowId, handle.firstExecutionRunId).describe();
    return { handle, attached: memo?.startToken !== startToken };
  }

  /** Also of a day that does not agree: its execution failed with the same answer. */
  async answer(handle: WorkflowHandle): Promise<ReconcileAnswer> {
    try {
      return await handle.result() as ReconcileAnswer;
    } catch (error) {
      const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
      const [answer] = (cause instanceof ApplicationFailure ? cause.details : undefined) ?? [];
      if ((answer as Partial<ReconcileAnswer> | undefined)?.reportKey !== undefined) return answer as ReconcileAnswer;
      throw failedWorkflow(error, {
        kind: 'data', what: 'the reconciliation did not come to its end', on: handle.workflowId, fix: 'The Temporal UI shows where it stopped; start it again',
      });
    }
  }

  approve(execution: Execution, by: string): Promise<ReconcileStatus> {
    return this.decide(execution, 'approve', { by });
  }

  refuse(execution: Execution, by: string, why: string): Promise<ReconcileStatus> {
    return this.decide(execution, 'refuse', { by, why });
  }

  private async decide({ workflowId, workflowRunId }: Execution, update: 'approve' | 'refuse', given: Readonly<Record<string, string>>): Promise<ReconcileStatus> {
    try {
      return await this.client.workflow.getHandle(workflowId, workflowRunId).executeUpdate<ReconcileStatus, [typeof given]>(update, { args: [given] });
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError) {
        throw new SluiceError({ kind: 'usage', what: innermost(error).message, on: workflowId, cause: error });
      }
      throw error;
    }
  }
}
