/** Backfills as operators look for them: the ledger's, and of those that go on what Temporal says at this moment. Changes nothing. */
import type { ShownBackfill } from '../contract/backfill-note';
import type { Backfills } from '../stores/backfills';
import type { Ledger } from '../stores/ledger';
import type { NotedBackfill, PlaceInBackfills } from '../stores/ledger-backfills';

export interface ShownBackfillsParts {
  readonly ledger: Pick<Ledger, 'notedBackfills' | 'notedBackfill'>;
  readonly backfills: Pick<Backfills, 'status' | 'isRunning' | 'now'>;
}

/** The newest first. One of which nobody says anything in time is shown as it was noted. */
export async function shownBackfills({ ledger, backfills }: ShownBackfillsParts, atMost: number, after: PlaceInBackfills | null): Promise<readonly NotedBackfill[]> {
  const noted = await ledger.notedBackfills(atMost, after);
  return Promise.all(noted.map(async (one) => {
    if (!mayGoOn(one)) return one;
    const now = await backfills.now(one.status.backfillId);
    if (now === 'silent') return one;
    return now === 'not running' || now.startedAt !== one.status.startedAt ? cutOffUnlessOver(ledger, one) : { ...one, state: now.state, status: now };
  }));
}

/** The one of that run, or the newest of that id. Temporal is asked first: it has the hours that ended last. Null: there was never one. */
export async function shownBackfill({ ledger, backfills }: ShownBackfillsParts, backfillId: string, backfillRun: string | null): Promise<ShownBackfill | null> {
  const noted = await ledger.notedBackfill(backfillId, backfillRun);
  if (noted === null && backfillRun !== null) return null;
  const found = await backfills.status(backfillId, 0).catch((error: unknown) => {
    // What is over needs no worker to be told.
    if (noted === null || mayGoOn(noted)) throw error;
    return null;
  });
  const same = noted !== null && found?.startedAt === noted.status.startedAt;
  if (found === null || (backfillRun !== null && !same)) return noted === null || !mayGoOn(noted) ? noted : cutOffUnlessOver(ledger, noted);
  if (!same) return { backfillRun: null, state: found.state, status: found, ending: null };
  if (mayGoOn(noted) && !(await backfills.isRunning(backfillId))) return cutOffUnlessOver(ledger, { ...noted, status: found });
  return { ...noted, state: found.state, status: found };
}

function mayGoOn({ state, ending }: NotedBackfill): boolean {
  return ending === null && state !== 'cut_off';
}

/** It may have ended, and noted it, since the ledger was read. */
async function cutOffUnlessOver(ledger: ShownBackfillsParts['ledger'], one: NotedBackfill): Promise<NotedBackfill> {
  const again = await ledger.notedBackfill(one.status.backfillId, one.backfillRun);
  return again === null || mayGoOn(again) ? { ...one, state: 'cut_off' } : { ...again, status: { ...again.status, recent: one.status.recent } };
}
