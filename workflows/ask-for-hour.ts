/** Asks the hour's own workflow for a run, from another workflow: a start under a wrong id, the schedule, a backfill. */
import { ActivityCancellationType, proxyActivities, workflowInfo, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/registry';
import type { BackfillNote } from '../contract/backfill-note';
import type { BackfillMode, PlanBackfillResult, ShadowHourResult } from '../contract/backfill';
import { backfillQueueOf, requestQueueOf } from '../contract/task-queues';
import type { LandingHour } from '../contract/landing-hour';
import type { RunAnswer, RunRequest, WithdrawAnswer } from '../contract/run';

/** On the requests' queue: these wait, and cost next to nothing while they do. */
function waiting(summary: string, more: ActivityOptions = {}): Activities {
  return proxyActivities<Activities>({
    taskQueue: requestQueueOf(workflowInfo().taskQueue),
    startToCloseTimeout: '24 hours',
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
    summary,
    ...more,
  });
}

/** For who calls an asking off and must know that it will not be asked any more. */
export const calledOff: ActivityOptions = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED };

/** The request id makes asking twice one asking, so a retry of the activity is harmless. */
export async function askForHour(landingHour: LandingHour, request: RunRequest, more: ActivityOptions = {}): Promise<RunAnswer> {
  return waiting(`ask for ${landingHour}`, more).requestHour({ landingHour, request });
}

export async function withdrawHour(landingHour: LandingHour, requestId: string): Promise<WithdrawAnswer> {
  return waiting(`withdraw ${landingHour}`).withdrawHour({ landingHour, requestId });
}

/** On the backfills' queue: it curates, and must not take the place of an hour that somebody waits for. */
export async function shadowHour(landingHour: LandingHour): Promise<ShadowHourResult> {
  return waiting(`shadow of ${landingHour}`, { ...calledOff, taskQueue: backfillQueueOf(workflowInfo().taskQueue), startToCloseTimeout: '3 hours' }).shadowHour({ landingHour });
}

export async function planBackfill(from: LandingHour, to: LandingHour, only: BackfillMode): Promise<PlanBackfillResult> {
  return waiting(`which hours from ${from} to ${to} are ${only}`).planBackfill({ from, to, only });
}

export async function noteBackfill(note: BackfillNote): Promise<void> {
  return waiting(note.ending === null ? 'into the ledger: where it stands' : 'into the ledger: how it ended', { startToCloseTimeout: '5 minutes' }).noteBackfill(note);
}
