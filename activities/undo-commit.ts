/**
 * undoCommit: swaps the lake back to what was committed before, unless Kafka has the revision. First it marks the ledger, then it
 * fences the hour's producer: an attempt to publish that comes later sees the mark, one that came before is fenced, and only then
 * is it known whether the revision was published. Published, it stays: from there the run goes forward only. It swaps also where
 * there is nothing to undo: a zombie of the commit may hold the old ETag and must find another one. Any attempt may be killed.
 */
import { randomUUID } from 'node:crypto';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import { commitRecordKey } from '../contract/lake-layout';
import type { Commit } from '../contract/run';
import { NO_SUMS } from '../contract/sums';
import type { RevisionRef, UndoCommitResult } from '../contract/stages';
import type { PaymentsTopic } from '../stores/kafka';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { RevisionState } from '../stores/ledger-revisions';
import { readCommit, swap } from './committed';
import { withHeartbeat } from './heartbeat';

/** Kafka has it, and the ledger knows. */
const FORWARD_ONLY: readonly RevisionState[] = ['published', 'loaded', 'proven', 'broken', 'empty'];

export interface UndoCommitParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly topic: PaymentsTopic;
}

export function createUndoCommit({ lake, ledger, topic }: UndoCommitParts) {
  return async function undoCommit(ref: RevisionRef): Promise<UndoCommitResult> {
    const { landingHour, revision } = ref;
    return withHeartbeat(async () => {
      const { state } = (await ledger.revision(landingHour, revision)) ?? { state: undefined };
      if (state !== undefined && FORWARD_ONLY.includes(state)) return { outcome: 'kept' };
      const seen = (await readCommit(lake, landingHour))?.commit;
      await ledger.markRolledBack(ref, (seen?.revision === revision ? seen.replaced : seen?.revision) ?? 0);
      if ((await topic.fencedRevision(landingHour)) === revision) {
        await ledger.markKept(ref);
        return { outcome: 'kept' };
      }
      // Read after the mark: from here on no attempt of the commit passes the ledger, and those that have passed lose by the ETag.
      const current = await readCommit(lake, landingHour);
      const mine = current?.commit.revision === revision;
      const restored = mine ? await recordOf(lake, landingHour, current.commit.replaced) : (current?.commit ?? nothingCommitted(landingHour));
      await swapOrTryAgain(lake, { ...restored, nonce: randomUUID(), committedAt: new Date().toISOString() }, current?.etag ?? null);
      return { outcome: mine ? 'swapped_back' : 'nothing' };
    });
  };
}

async function recordOf(lake: Lake, hour: LandingHour, revision: number): Promise<Commit> {
  if (revision === 0) return nothingCommitted(hour);
  const record = await lake.readText(commitRecordKey(hour, revision));
  if (record !== null) return JSON.parse(record.text) as Commit;
  throw new SluiceError({
    kind: 'data', what: 'the commit to swap back to is gone', on: commitRecordKey(hour, revision), fix: 'Somebody removed it; restore the lake’s runs/ folder, then ask for the hour again',
  });
}

function nothingCommitted(landingHour: LandingHour): Commit {
  return { landingHour, revision: 0, attempt: '', processedAt: '', files: [], sums: NO_SUMS, replaced: 0, committedAt: '', nonce: '' };
}

async function swapOrTryAgain(lake: Lake, commit: Commit, etag: string | null): Promise<void> {
  try {
    await swap(lake, commit, etag);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.kind !== 'fenced') throw error;
    // A zombie swapped in between: the next attempt of this undo sees it and swaps it back.
    throw new SluiceError({ kind: 'transient', what: 'the commit changed while it was undone', on: commit.landingHour, cause: error });
  }
}
