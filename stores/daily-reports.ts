/** Days' reports as a client asks for them: start or make look again, wait, see what holds one back. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { LOOK_AGAIN, REPORT_STATUS, reportWorkflowId, type AskedAgain, type DailyReportAnswer, type DailyReportInput, type DailyReportStatus } from '../contract/daily-report';
import { failedWorkflow } from './failed-workflow';

export class DailyReports {
  constructor(private readonly client: Client, private readonly taskQueue: string) {}

  /** One at a time for each day and merchant. One that waits looks again at once; accepting missing hours reaches it, too. */
  ask(input: DailyReportInput): Promise<WorkflowHandle> {
    const again: AskedAgain = { ...(input.by === undefined ? {} : { by: input.by }), ...(input.acceptMissing === undefined ? {} : { acceptMissing: input.acceptMissing }) };
    return this.client.workflow.signalWithStart('dailyReport', {
      workflowId: reportWorkflowId(input.date, input.merchant ?? null), taskQueue: this.taskQueue, args: [input], signal: LOOK_AGAIN, signalArgs: [again],
      staticSummary: `report of ${input.date}`, staticDetails: `asked for by ${input.by ?? 'somebody'}`,
    });
  }

  async answer(handle: WorkflowHandle): Promise<DailyReportAnswer> {
    try {
      return await handle.result() as DailyReportAnswer;
    } catch (error) {
      throw failedWorkflow(error, { kind: 'data', on: handle.workflowId });
    }
  }

  /** Null: nobody there to say. */
  async status(handle: WorkflowHandle): Promise<DailyReportStatus | null> {
    try {
      return await handle.query<DailyReportStatus>(REPORT_STATUS);
    } catch {
      return null;
    }
  }
}
