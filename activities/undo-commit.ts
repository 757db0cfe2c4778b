/**
 * undoCommit: swaps the lake back to what was committed before, where this revision was committed and Kafka does not have it.
 * First it fences the hour's producer: only then is it known whether the revision was published. Published, it stays: from
 * there the run goes forward only. Does nothing where there is nothing to undo; any attempt may be killed.
 */
import { randomUUID } from 'node:crypto';
import { commitRecordKey } from '../contract/lake-layout';
import type { Commit } from '../contract/run';
import { NO_SUMS } from '../contract/sums';
import type { RevisionRef, UndoCommitResult } from '../contract/stages';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { PaymentsTopic } from '../stores/kafka';
import { readCommit, swap } from './commit';
import { withHeartbeat } from './heartbeat';

export interface UndoCommitParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
  readonly topic: PaymentsTopic;
}

export function createUndoCommit({ lake, ledger, topic }: UndoCommitParts) {
  return async function undoCommit({ landingHour, revision }: RevisionRef): Promise<UndoCommitResult> {
    return withHeartbeat(async () => {
      if ((await topic.fencedRevision(landingHour)) === revision) {
        await ledger.markPublished(landingHour, revision);
        return { outcome: 'kept' };
      }
      const current = await readCommit(lake, landingHour);
      await ledger.markRolledBack(landingHour, revision);
      if (current === null || current.commit.revision !== revision) return { outcome: 'nothing' };
      await swap(lake, await before(lake, current.commit), current.etag);
      return { outcome: 'swapped_back' };
    });
  };
}

async function before(lake: Lake, commit: Commit): Promise<Commit> {
  const fresh = { nonce: randomUUID(), committedAt: new Date().toISOString() };
  const record = commit.replaced === 0 ? null : await lake.readText(commitRecordKey(commit.landingHour, commit.replaced));
  if (record === null) return { ...commit, ...fresh, revision: 0, attempt: '', files: [], sums: NO_SUMS, replaced: 0 };
  return { ...(JSON.parse(record.text) as Commit), ...fresh };
}
