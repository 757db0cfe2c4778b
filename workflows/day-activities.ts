/** How long each step of a day's reconciliation may take and how often it is tried. */
import { isCancellation, log, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/registry';
import type { CompareInput, DayScope, StoreComparison } from '../contract/reconciliation';
import type { DayAlarm } from '../contract/stages';
import { alarm } from './activity-options';
import type { DayView } from './day-view';
import { messageOf } from './failure-kind';

/** Tried for about twenty minutes: what cannot be had then is a finding, and the rest of the day is told all the same. */
const TRIED: ActivityOptions = {
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 25 },
};

export const { checkRaw, reconcileScope } = proxyActivities<Activities>({ ...TRIED, startToCloseTimeout: '1 hour' });
export const { compareRollups } = proxyActivities<Activities>({ ...TRIED, startToCloseTimeout: '4 hours' });
export const { reloadKeys, repairRollups } = proxyActivities<Activities>({ ...TRIED, startToCloseTimeout: '2 hours' });
export const { openReconciliation, noteDecision, planRepairs, closeReconciliation, endReconciliation } = proxyActivities<Activities>({ ...TRIED, startToCloseTimeout: '10 minutes' });

/** A store registers itself with the name of its activity (activities/reconciled-stores.ts). */
const comparing = proxyActivities<Record<string, (input: CompareInput) => Promise<StoreComparison>>>({ ...TRIED, startToCloseTimeout: '4 hours' });

export interface Compared {
  readonly comparisons: readonly StoreComparison[];
  /** a sentence for each store that could not be compared */
  readonly failed: readonly string[];
}

/** One store after the other: the night is long, and hours that run meanwhile keep their places. */
export async function compareStores(scope: DayScope, input: CompareInput, view: DayView): Promise<Compared> {
  const comparisons: StoreComparison[] = [];
  const failed: string[] = [];
  for (const { store, activity } of scope.stores) {
    view.say(`comparing ${store}`);
    try {
      const compared = await comparing[activity]!(input);
      comparisons.push(compared);
      view.compared(compared);
    } catch (error) {
      if (isCancellation(error)) throw error;
      failed.push(`${store} could not be compared: ${messageOf(error)}`);
      view.learn(`- ${failed.at(-1)}`);
    }
  }
  return { comparisons, failed };
}

/** A webhook that is down holds up nothing. */
export async function tell(input: DayAlarm, view: DayView): Promise<void> {
  try {
    await alarm.executeWithOptions({ summary: `${input.date}: ${input.state}` }, [input]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('nobody could be told', { error });
    view.learn(`- the alarm could not be raised: ${messageOf(error)}`);
  }
}
