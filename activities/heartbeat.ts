/**
 * Heartbeats of a long activity and its cancellation, in one place: an activity that forgets to heartbeat is tried a
 * second time while the first is still at work.
 */
import { setMaxListeners } from 'node:events';
import { Context } from '@temporalio/activity';
import type { JobProgress, LakeCurateControl } from '../engines/engine';

const EVERY_MS = 2_000;
const LISTENERS_AT_MOST = 200;

/**
 * Heartbeats on a timer, so that a step which reports no progress of its own is not taken for dead. A cancel aborts
 * `control.signal`; whatever the work then throws, Temporal is told that it was cancelled and not that it failed.
 */
export async function withHeartbeat<T>(work: (control: LakeCurateControl) => Promise<T>): Promise<T> {
  const context = Context.current();
  const { externalRun } = (context.info.heartbeatDetails ?? {}) as Partial<JobProgress>;
  const run = externalRun === undefined ? {} : { externalRun };
  // Kept until there is another one: an attempt may die before it has attached.
  let last: JobProgress = { step: 'started', ...run };
  const beat = (): void => context.heartbeat(last);
  beat();
  // Many downloads at once listen for the same cancel; Node would warn of a leak.
  setMaxListeners(LISTENERS_AT_MOST, context.cancellationSignal);
  const timer = setInterval(beat, EVERY_MS);
  try {
    return await work({
      signal: context.cancellationSignal,
      ...run,
      progress: (progress) => {
        last = { ...(last.externalRun === undefined ? {} : { externalRun: last.externalRun }), ...progress };
      },
    });
  } catch (error) {
    if (context.cancellationSignal.aborted) return await context.cancelled;
    throw error;
  } finally {
    clearInterval(timer);
  }
}
