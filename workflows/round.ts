/**
 * One round of an hour: land … prove. Before Kafka has committed, a round that cannot go on is rolled back; after it, only
 * forward: the revision stays open, *published, not loaded*, and the next revision loads every row. A round that is cancelled ends
 * whole before it is told: rolled back with the revision before it proven again, or loaded and proven where Kafka has it.
 */
import {
  ActivityCancellationType, CancellationScope, CancelledFailure, condition, isCancellation, log, patched, workflowInfo, type ActivityOptions,
} from '@temporalio/workflow';
import type { LandingHour } from '../contract/landing-hour';
import { endOf, type Verdict } from '../contract/proof';
import { toldRun } from '../contract/remote-run';
import type { RunAnswer, RunRequest } from '../contract/run';
import type { CrawlResult, EndedRun, LandResult, RevisionRef, UndoCommitResult } from '../contract/stages';
import { backfillQueueOf } from '../contract/task-queues';
import { alarm, audit, closeRun, commit, crawl, curate, land, load, prove, publish, undoCommit } from './activity-options';
import { Compensation } from './compensation';
import { failureKind, messageOf } from './failure-kind';
import type { OperatorView } from './operator-view';

export type RoundOutcome = Pick<RunAnswer, 'revision' | 'unchanged' | 'state' | 'proof' | 'message'>;

/** `ended`: the ledger knows it already. */
interface Ending {
  readonly outcome: RoundOutcome;
  readonly ended: boolean;
}

export interface Round {
  readonly landingHour: LandingHour;
  readonly round: number;
  readonly requests: () => readonly RunRequest[];
  /** those, and whoever waits for the round after this one */
  readonly waiting: () => readonly RunRequest[];
  readonly view: OperatorView;
  /** called right before the lake is listed: whoever asks later needs another round */
  readonly listing: () => void;
  /** the lake had nothing yet: whoever asks now may join again */
  readonly listedNothing: () => void;
  readonly asked: () => number;
  readonly landed: (outcome: RoundOutcome) => void;
}

/** While an hour has no object yet, the lake is looked at this often. */
const LOOK_EVERY_MS = 5 * 60_000;
/** An object overwritten between land and curate makes a new manifest; one that changes this often is somebody's bug. */
const MANIFESTS_AT_MOST = 20;

const DRIFTS_SHOWN = 10;

/** Before, a cancelled hour was over before its activity heard of it, and a run elsewhere went on for nobody. */
const CANCEL_IS_WAITED_FOR = 'a cancelled stage stops its run elsewhere';

/** Executions that were cancelled before this was there ended where they stood. */
const CANCELLED_ENDS_WHOLE = 'a cancelled round ends whole';

/** Executions from before had an activity of its own to tell the ledger of a run's end, one more than there need be. Whichever knows this knows the two above. */
const PROOF_ENDS_RUN = 'a proof ends its run';

type Landed = Exclude<LandResult, { outcome: 'waiting' }>;

export async function runRound(round: Round): Promise<RoundOutcome> {
  const { view, requests } = round;
  view.startRound(round.round, requests());
  for (let manifests = 1; ; manifests += 1) {
    let landed: Landed | null = null;
    try {
      landed = await landUntilThere(round);
      const { outcome, ended } = await runLanded(round, landed);
      // Cancelled this late, it is over all the same.
      await CancellationScope.nonCancellable(() => (ended ? tell(round, outcome) : close(round, outcome)));
      view.end(outcome.state, outcome.proof, outcome.message);
      return outcome;
    } catch (error) {
      if (failureKind(error) === 'manifest_stale' && manifests < MANIFESTS_AT_MOST) {
        view.say(`landing again: ${messageOf(error)}`);
        continue;
      }
      if (landed === null && !isCancellation(error)) throw error;
      const ended = { revision: landed === null ? null : revisionOf(landed), unchanged: false, state: 'open', proof: null } as const;
      if (!isCancellation(error)) await close(round, { ...ended, message: messageOf(error) });
      else if (cancelledEndsWhole()) await CancellationScope.nonCancellable(() => closeInLedger(round, { ...ended, message: 'cancelled' }));
      throw error;
    }
  }
}

async function landUntilThere(round: Round): Promise<Landed> {
  const { landingHour, view, requests } = round;
  for (;;) {
    view.startStage('land');
    // From here on whoever asks may have seen what this listing does not: they get the next round.
    round.listing();
    const first = requests()[0]!;
    const landed = await land.executeWithOptions(place(round), [{
      landingHour,
      round: round.round,
      kind: first.kind,
      by: first.by,
      publish: requests().some((request) => request.publish === 'all') ? 'all' as const : 'changed' as const,
      acceptGone: requests().some((request) => request.acceptGone === true),
    }]);
    if (landed.outcome !== 'waiting') return landed;
    view.say(landed.for === 'control'
      ? `no control totals yet; landed without them by ${landed.deadline}` : `no object yet; missing if there is none by ${landed.deadline}`);
    round.listedNothing();
    const askedBefore = round.asked();
    const left = new Date(landed.deadline).getTime() - Date.now();
    await condition(() => round.asked() > askedBefore, Math.max(1000, Math.min(left, LOOK_EVERY_MS)));
  }
}

async function runLanded(round: Round, landed: Landed): Promise<Ending> {
  const { view } = round;
  const unproven = (outcome: Pick<RoundOutcome, 'revision' | 'state' | 'message'>): Ending => ({ outcome: { unchanged: false, proof: null, ...outcome }, ended: false });
  switch (landed.outcome) {
    case 'missing':
      return unproven({ revision: null, state: 'missing', message: `no object by ${landed.deadline}` });
    case 'raw_retired':
      return unproven({ revision: landed.revision, state: 'broken', message: landed.message });
    case 'raw_gone':
      return unproven({
        revision: landed.revision, state: 'broken',
        message: `raw_gone: ${landed.gone[0]} is no longer in the lake (${landed.gone.length} in all). ` +
          'Nothing was changed; put it back, or accept it with `npx sluice run --accept-gone`',
      });
    case 'unchanged':
      view.gotRevision(landed.revision);
      round.landed({ revision: landed.revision, unchanged: true, state: 'open', proof: null, message: 'nothing has changed' });
      return endWithProof(round, landed.revision, true);
    case 'landed':
      view.gotRevision(landed.revision);
      view.endStage('land', `${landed.objects} objects, ${landed.bytes} bytes`);
      round.landed({ revision: landed.revision, unchanged: false, state: 'open', proof: null, message: 'landed' });
      return runRevision(round, landed);
  }
}

async function runRevision(round: Round, landed: Extract<LandResult, { outcome: 'landed' }>): Promise<Ending> {
  const { landingHour, view } = round;
  const ref = { landingHour, revision: landed.revision };
  const here = (): ActivityOptions => place(round, landed.revision);
  const compensation = new Compensation();
  let undone: UndoCommitResult['outcome'] | null = null;
  const undo = async (): Promise<void> => {
    ({ outcome: undone } = await undoCommit.executeWithOptions({ summary: `undo the commit of ${landingHour} r${landed.revision}` }, [ref]));
  };
  try {
    view.startStage('crawl');
    const crawled = await waited((options) => crawl.executeWithOptions({ ...here(), ...options }, [ref]));
    view.endStage('crawl', `${crawled.mode}: ${crawled.created.length} created, ${crawled.updated.length} updated${driftOf(crawled)}`);

    view.startStage('curate');
    const curated = await waited((options) => curate.executeWithOptions({ ...here(), ...options }, [{ ...ref, processedAt: landed.processedAt, manifestKey: landed.manifestKey }]));
    view.endStage('curate', `${curated.lines} lines, ${curated.curated} curated, ${curated.dead} dead, ${curated.duplicates} duplicates` +
      // Of runs before there was erasure, the history has no such number.
      (curated.erased > 0 ? `, ${curated.erased} erased` : '') +
      (curated.cards > 0 ? `, ${curated.cards} card numbers seen` : '') +
      (curated.quarantined > 0 ? `, **${curated.quarantined} objects quarantined**` : '') +
      (curated.rowsOf === undefined ? '' : `, from the rows of revision ${curated.rowsOf}, since the raw objects went by retention`) +
      (curated.engine === undefined ? '' : `, by ${curated.engine}`) + (curated.run === undefined ? '' : `, ${toldRun(curated.run)}`));

    view.startStage('audit');
    const audited = await audit.executeWithOptions(here(), [{ ...ref, curate: curated }]);
    view.endStage('audit', `${audited.files} files read back, ${audited.rows} rows`);

    view.startStage('commit');
    compensation.register('commit', undo);
    const committed = await commit.executeWithOptions(here(), [{ ...ref, processedAt: landed.processedAt, curate: curated }]);
    view.endStage('commit', `${committed.files} files, in place of revision ${committed.replacedRevision}`);

    view.startStage('publish');
    const published = await publish.executeWithOptions(here(), [{ ...ref, publish: landed.publish }]);
    view.endStage('publish', `${published.upserted} upserted, ${published.retracted} retracted`);

    view.startStage('load');
    const loaded = await load.executeWithOptions(here(), [{ ...ref, publish: published }]);
    view.endStage('load', `${loaded.won} won, ${loaded.updated} updated, ${loaded.stale} stale, ${loaded.alreadyThere} already there`);
  } catch (error) {
    const failed = await compensation.run();
    if (failed.length > 0) view.say(`could not be undone: ${failed.join('; ')}`);
    if (failed.length > 0 || !isCancellation(error) || !cancelledEndsWhole()) throw error;
    return CancellationScope.nonCancellable(async () => {
      // Cancelled before the commit, there is nothing to swap back, but the ledger must know that this revision is over.
      if (undone === null) await undo();
      if (undone === 'kept') return forward(round, landed, ref);
      // Readers have the revision before this one again: the hour stands as it stood.
      if (landed.baseRevision !== null) await proveIt(round, landed.baseRevision);
      throw error;
    });
  }
  try {
    return await endWithProof(round, landed.revision, false);
  } catch (error) {
    if (!isCancellation(error) || !cancelledEndsWhole()) throw error;
    return CancellationScope.nonCancellable(() => endWithProof(round, landed.revision, false));
  }
}

/** Kafka has the revision, so there is no way back: publish finds it there and learns its ranges again. */
async function forward(round: Round, landed: Extract<LandResult, { outcome: 'landed' }>, ref: RevisionRef): Promise<Ending> {
  round.view.say('cancelled after Kafka had it: loaded and proven before it ends');
  const published = await publish.executeWithOptions(place(round, ref.revision), [{ ...ref, publish: landed.publish }]);
  await load.executeWithOptions(place(round, ref.revision), [{ ...ref, publish: published }]);
  return endWithProof(round, ref.revision, false);
}

/** A stage with a run elsewhere: cancelled, it has stopped that run before the hour goes on to its end. */
async function waited<Result>(stage: (options: ActivityOptions) => Promise<Result>): Promise<Result> {
  if (!patched(PROOF_ENDS_RUN) && !patched(CANCEL_IS_WAITED_FOR)) return stage({});
  try {
    return await stage({ cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED });
  } catch (error) {
    // Its worker may be dead, so that the stage ends by its heartbeat: the hour was cancelled all the same.
    if (CancellationScope.current().consideredCancelled && !isCancellation(error)) throw new CancelledFailure('cancelled while a stage was at work');
    throw error;
  }
}

/** By field, with the first line that showed it: what a producer changed is the first thing to know about a strange hour. */
function driftOf({ drift }: CrawlResult): string {
  const shown = drift.slice(0, DRIFTS_SHOWN).map(({ field, where, problem, firstSeen }) =>
    `\n  - drift: \`${field}\` (${where}): ${problem}${firstSeen === undefined ? '' : `, first in ${firstSeen}`}`);
  const more = drift.length > DRIFTS_SHOWN ? [`\n  - and ${drift.length - DRIFTS_SHOWN} more; the ledger’s crawl stage has all`] : [];
  return [...shown, ...more].join('');
}

/** What a proof says is what the run ends with: the ledger learns both at once. */
async function endWithProof(round: Round, revision: number, unchanged: boolean): Promise<Ending> {
  const ended = patched(PROOF_ENDS_RUN);
  const proof = await proveIt(round, revision, ended ? { workflowRunId: workflowInfo().runId, round: round.round, unchanged } : undefined);
  return { outcome: { ...endOf(proof, unchanged), proof }, ended };
}

async function proveIt(round: Round, revision: number, ends?: EndedRun): Promise<Verdict> {
  round.view.startStage('prove');
  const proof = await prove.executeWithOptions(place(round, revision), [
    { landingHour: round.landingHour, revision, ...(ends === undefined ? {} : { ends }) },
  ]);
  round.view.endStage('prove', proof.state);
  return proof;
}

function cancelledEndsWhole(): boolean {
  return patched(PROOF_ENDS_RUN) || patched(CANCELLED_ENDS_WHOLE);
}

async function closeInLedger(round: Round, outcome: RoundOutcome): Promise<void> {
  await closeRun.executeWithOptions(place(round, outcome.revision ?? undefined), [{
    landingHour: round.landingHour, workflowRunId: workflowInfo().runId, round: round.round,
    revision: outcome.revision, unchanged: outcome.unchanged, state: outcome.state, message: outcome.message,
  }]);
}

async function close(round: Round, outcome: RoundOutcome): Promise<void> {
  await closeInLedger(round, outcome);
  await tell(round, outcome);
}

async function tell(round: Round, outcome: RoundOutcome): Promise<void> {
  if (outcome.state === 'proven' || outcome.state === 'empty') return;
  const { landingHour, view } = round;
  try {
    await alarm.executeWithOptions({ summary: `${landingHour} is ${outcome.state}` }, [
      { landingHour, revision: outcome.revision, state: outcome.state, message: outcome.message },
    ]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('nobody could be told', { error });
    view.say(`the alarm could not be raised: ${messageOf(error)}`);
  }
}

function revisionOf(landed: Landed): number | null {
  return landed.outcome === 'missing' ? null : landed.revision;
}

/** The stage's title, and where it runs: asked anew at each stage, so that an hour that somebody else waits for leaves the backfills' queue. */
function place({ landingHour, waiting }: Round, revision?: number): ActivityOptions {
  const summary = revision === undefined ? landingHour : `${landingHour} r${revision}`;
  const backfillsOnly = waiting().every(({ kind }) => kind === 'backfill');
  return backfillsOnly ? { summary, taskQueue: backfillQueueOf(workflowInfo().taskQueue) } : { summary };
}
