/**
 * backfill: asks for the hours of a range, several at once, each under its own workflow id.
 *
 * Promises: every hour that it begins ends in an outcome, success or failure, counted and named. Killed anywhere, it goes on; a
 * second start attaches. Cancelled, it withdraws its own askings and no other's, and is over when each of those hours has ended
 * whole. After each page it begins a new run of itself, so that no history grows with the range. The ledger is told when a run of it
 * begins and when it is over, so that it is found when Temporal has forgotten it.
 */
import {
  allHandlersFinished, ApplicationFailure, CancellationScope, condition, continueAsNew, defineQuery, defineUpdate, isCancellation, log, patched, setHandler, workflowInfo,
} from '@temporalio/workflow';
import {
  checkBackfillInput, pageFrom, problemOfParallel, type BackfillInput, type BackfillOptions, type BackfillStatus, type BackfillSummary, type ShadowHourResult,
} from '../contract/backfill';
import { SluiceError } from '../contract/errors';
import { isLandingHour, type LandingHour } from '../contract/landing-hour';
import type { RunAnswer } from '../contract/run';
import { askForHour, calledOff, noteBackfill, planBackfill, shadowHour, withdrawHour } from './ask-for-hour';
import { BackfillProgress, type HourOutcome } from './backfill-progress';
import { showBackfill, showBackfillBegun, showBackfillOver } from './backfill-view';
import { messageOf } from './failure-kind';

export const pause = defineUpdate<BackfillStatus, [string?]>('pause');
export const resume = defineUpdate<BackfillStatus, []>('resume');
export const parallel = defineUpdate<BackfillStatus, [number]>('parallel');
export const skip = defineUpdate<BackfillStatus, [LandingHour]>('skip');
export const retry = defineUpdate<BackfillStatus, [LandingHour]>('retry');
export const cancel = defineUpdate<BackfillStatus, [string?]>('cancel');
export const backfillStatus = defineQuery<BackfillStatus, [number?]>('backfillStatus');

/** An hour is six events, a withdrawal three more: far below Temporal's 51,200, and quick to replay. */
const EVENTS_OF_A_RUN = 8_000;

export async function backfill(given: BackfillInput): Promise<BackfillSummary> {
  const input = checked(given);
  const { workflowId } = workflowInfo();
  const progress = new BackfillProgress(workflowId, input, new Date());
  setHandlers(progress);
  showBackfillBegun(workflowId);
  // Cancelled from the UI, it ends as the update ends it: hours that it began must not be left behind.
  CancellationScope.current().cancelRequested.catch(() => callOff(progress, 'cancelled from Temporal'));
  return CancellationScope.nonCancellable(() => goThrough(progress));
}

async function goThrough(progress: BackfillProgress): Promise<BackfillSummary> {
  let turning = false;
  await note(progress, null);
  for (;;) {
    if (workflowInfo().historyLength > EVENTS_OF_A_RUN || workflowInfo().continueAsNewSuggested) turning = true;
    if (progress.wantsPage() && progress.begunInThisRun > 0) turning = true;
    if (progress.wantsPage() && !turning) {
      await planPage(progress);
      continue;
    }
    while (!turning && progress.mayBegin()) beginHour(progress);
    showBackfill(progress);
    const seen = progress.changes;
    if (progress.inFlight.size === 0 && progress.withdrawing === 0 && (turning || progress.isThrough())) {
      await condition(allHandlersFinished);
      // An update may have found something more to do.
      if (progress.changes !== seen) continue;
      if (!progress.isThrough()) await continueAsNew<typeof backfill>(progress.carriedOn());
      const summary = progress.summary(new Date());
      await note(progress, summary);
      if (progress.changes !== seen) {
        await note(progress, null);
        continue;
      }
      showBackfillOver(progress);
      return summary;
    }
    await condition(() => progress.changes !== seen);
  }
}

/** Those that began before there were notes are noted from their next run on. */
async function note(progress: BackfillProgress, summary: BackfillSummary | null): Promise<void> {
  if (!patched('noted-in-the-ledger')) return;
  await noteBackfill({
    backfillRun: workflowInfo().firstExecutionRunId, notedAt: new Date().toISOString(), status: progress.status(),
    ending: summary === null ? null : { endedAt: summary.endedAt, unproven: summary.unproven, skipped: summary.skipped, messages: summary.messages },
  });
}

async function planPage(progress: BackfillProgress): Promise<void> {
  const { input } = progress;
  const page = pageFrom(progress.nextPage!, input, input.order);
  const { hours } = await planBackfill(page.from, page.to, input.only);
  progress.planned(hours, page.next);
}

/** Does not wait: how the hour ended is noted when it has. */
function beginHour(progress: BackfillProgress): void {
  const { landingHour, attempt } = progress.begin();
  const { publish, shadow } = progress.input;
  // The first run's id: a later backfill of the same range asks anew, and this one asks the same after continue-as-new.
  const requestId = `${progress.id} ${workflowInfo().firstExecutionRunId} ${landingHour} ${attempt}`;
  const scope = new CancellationScope();
  progress.inFlight.set(landingHour, { requestId, stop: () => scope.cancel() });
  const outcome = scope.run(async () => (shadow
    ? outcomeOfShadow(await shadowHour(landingHour))
    : outcomeOf(await askForHour(landingHour, { requestId, kind: 'backfill', by: progress.id, publish, waitFor: 'done' }, calledOff))));
  void outcome.catch(outcomeOfFailure).then((ended) => progress.end(landingHour, ended));
}

function outcomeOf(answer: RunAnswer): HourOutcome {
  const { state, unchanged, message, proof, withdrawn } = answer;
  const end = withdrawn === true ? 'withdrawn' : state === 'open' ? 'failed' : state;
  return { end, unchanged, message, lines: unchanged ? 0 : (proof?.terms.lines ?? 0) };
}

function outcomeOfShadow({ outcome, lines, now, committed, new: isNew, changed, gone, money }: ShadowHourResult): HourOutcome {
  const cents = money.map(({ currency, amountCents }) => `${currency} ${amountCents} cents`).join(', ');
  const message = `${isNew} new, ${changed} changed, ${gone} gone of ${committed} rows (${now} now)${cents === '' ? '' : `; ${cents}`}`;
  return { end: outcome, unchanged: false, lines, message: outcome === 'differs' ? message : '', money };
}

function outcomeOfFailure(error: unknown): HourOutcome {
  return { end: isCancellation(error) ? 'withdrawn' : 'failed', unchanged: false, lines: 0, message: messageOf(error) };
}

/** Begins no other hour, and takes back what was asked for. A second cancel changes nothing. */
function callOff(progress: BackfillProgress, why: string): void {
  if (progress.cancelled) return;
  progress.stop('cancelled', why);
  for (const landingHour of progress.inFlight.keys()) {
    progress.withdrawing += 1;
    void CancellationScope.nonCancellable(() => withdraw(progress, landingHour))
      .catch((error: unknown) => log.error(`${landingHour} could not be withdrawn`, { error }))
      .finally(() => {
        progress.withdrawing -= 1;
        progress.changes += 1;
      });
  }
}

async function withdraw(progress: BackfillProgress, landingHour: LandingHour): Promise<void> {
  const flight = progress.inFlight.get(landingHour)!;
  if (progress.input.shadow) return flight.stop();
  const { outcome } = await withdrawHour(landingHour, flight.requestId);
  if (outcome !== 'unknown' && outcome !== 'not_running') return;
  // The asking is still on its way, or its answer is: it must not begin an hour after this.
  flight.stop();
  await condition(() => !progress.inFlight.has(landingHour));
  await withdrawHour(landingHour, flight.requestId);
}

function setHandlers(progress: BackfillProgress): void {
  const open = (): void => {
    if (progress.ending) throw usage(`this backfill is over, or ending (${progress.status().why}); start it again to ask for the rest`);
  };
  const hourOr = (hour: unknown, problem: (hour: LandingHour) => string | null): void => {
    open();
    if (!isLandingHour(hour)) throw usage(`not a landing hour: ${JSON.stringify(hour) ?? 'nothing'}. Write a UTC hour like "2026-11-20T10"`);
    const found = problem(hour);
    if (found !== null) throw usage(found);
  };
  const then = (): BackfillStatus => {
    showBackfill(progress);
    return progress.status();
  };
  setHandler<BackfillStatus, [string?], typeof pause>(pause, (why) => {
    progress.pause(why ?? 'asked for');
    return then();
  }, { description: 'Begins no further hour until it is resumed; those under way end. May be told why (text)', validator: open });
  setHandler(resume, () => {
    progress.resume();
    return then();
  }, { description: 'Goes on after a pause', validator: open });
  setHandler(parallel, (count) => {
    progress.setParallel(count);
    return then();
  }, {
    description: 'How many hours may be under way at once (a number); those under way are left to end',
    validator: (count) => {
      open();
      const problem = problemOfParallel(count);
      if (problem !== null) throw usage(problem);
    },
  });
  setHandler(skip, (hour) => {
    progress.skip(hour);
    return then();
  }, { description: 'Leaves an hour out that has not begun ("2026-11-20T10")', validator: (hour) => hourOr(hour, (one) => progress.problemOfSkip(one)) });
  setHandler(retry, (hour) => {
    progress.retry(hour);
    return then();
  }, { description: 'Asks again for an hour that ended unproven or was skipped ("2026-11-20T10")', validator: (hour) => hourOr(hour, (one) => progress.problemOfRetry(one)) });
  setHandler(cancel, (why) => {
    callOff(progress, why ?? 'asked for');
    return then();
  }, { description: 'Ends it for good: begins no further hour and withdraws those it asked for; runs that others asked for go on' });
  setHandler(backfillStatus, (since) => progress.status(since), { description: 'Where it stands; given a number, with the hours that ended after it' });
}

function checked(given: BackfillInput): BackfillInput & BackfillOptions {
  try {
    return checkBackfillInput(given, new Date());
  } catch (error) {
    throw error instanceof SluiceError ? usage(error.message) : error;
  }
}

function usage(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'usage');
}
