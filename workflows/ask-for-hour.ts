/** Asks the hour's own workflow for a run, from another workflow: a start under a wrong id, the schedule, a backfill. */
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/registry';
import { requestQueueOf } from '../contract/task-queues';
import type { LandingHour } from '../contract/landing-hour';
import type { RunAnswer, RunRequest } from '../contract/run';

/** The request id makes asking twice one asking, so a retry of the activity is harmless. */
export async function askForHour(landingHour: LandingHour, request: RunRequest): Promise<RunAnswer> {
  const { requestHour } = proxyActivities<Activities>({
    taskQueue: requestQueueOf(workflowInfo().taskQueue),
    startToCloseTimeout: '24 hours',
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
    summary: `ask for ${landingHour}`,
  });
  return requestHour({ landingHour, request });
}
