/**
 * Hours whose raw objects went by retention. They cannot be curated again: what lands in them now, curated alone, would retract every
 * payment of the hour. So such an hour is broken, and nothing of it changes, until its objects are there again or the new ones are not.
 * For an erasure alone such an hour is made again, of its committed rows: a revision without the person takes nothing from anybody else.
 */
import type { LandingHour } from '../contract/landing-hour';
import { rawRetiredKey } from '../contract/lake-layout';
import type { RawRetired } from '../contract/retention';
import type { LandedObject } from '../contract/run';
import type { LandResult } from '../contract/stages';
import { erasedObjects, filesWaitedFor, isOnlyErased } from '../stores/erasures';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { readCommit } from './committed';
import { changesSince, readManifest } from './landed-objects';
import { saveBroken } from './raw-gone';

export interface RawRetiredParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'hour' | 'keepRaw' | 'proofOf' | 'saveProof'>;
}

/** Of what a revision is to be made where there is no raw. */
export interface CommittedRows {
  readonly rowsOf: number;
  /** of that revision; where an erasure has overwritten one that retention had not taken yet, as it is now */
  readonly objects: readonly LandedObject[];
}

/**
 * What `land` answers for such an hour, or what it opens a revision of; null: its raw objects are kept. Ask after the hour was listed:
 * retention tells the ledger before it takes the first object. `loaded`, `committed`: 0 for none.
 */
export async function landRetired(
  { lake, ledger }: RawRetiredParts, landingHour: LandingHour, { loaded, committed }: { readonly loaded: number; readonly committed: number }, objects: readonly LandedObject[],
): Promise<LandResult | CommittedRows | null> {
  const hour = await ledger.hour(landingHour);
  // Committed by the lake and loaded nowhere: cut off after its commit, or Postgres was lost.
  const revision = Math.max(loaded, committed);
  if (hour === null || hour.rawRetiredAt === null || revision === 0) return null;
  const manifest = await readManifest(lake, landingHour, revision);
  const { added, changed, gone } = changesSince(manifest, objects);
  if (gone.length === 0 && hour.rawRemovedAt !== null) {
    // Somebody put all of them back.
    await keepRaw({ lake, ledger }, landingHour);
    return null;
  }
  const now = new Map(objects.map((object) => [object.key, object]));
  const records = changed.length === 0 ? [] : await erasedObjects(lake, landingHour);
  const erased = manifest.objects.filter((was) => changed.includes(was.key) && isOnlyErased(records, was, now.get(was.key)!)).map(({ key }) => key);
  const news = [...added, ...changed.filter((key) => !erased.includes(key))];
  if (news.length > 0 && loaded > 0) {
    const firstDifference = `raw_retired: ${news[0]} landed after the hour’s raw objects were removed by retention (${news.length} in all)`;
    await saveBroken(ledger, landingHour, loaded, firstDifference);
    return {
      outcome: 'raw_retired', revision: loaded,
      message: `${firstDifference}. Nothing was changed; put the objects of ${revisionOf(landingHour, loaded)} back, or land the new lines in an hour of now and remove them here, then ask again`,
    };
  }
  if (committed > loaded || erased.length > 0 || await isWaitedFor(lake, landingHour)) {
    return { rowsOf: revision, objects: manifest.objects.map((was) => (erased.includes(was.key) ? now.get(was.key)! : was)) };
  }
  return { outcome: 'unchanged', revision: loaded, objects: objects.length, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** An erasure has found rows in a file that readers of the hour are shown. Once the hour shows other files, nobody waits any more. */
async function isWaitedFor(lake: Lake, landingHour: LandingHour): Promise<boolean> {
  const files = await filesWaitedFor(lake, landingHour);
  return files.size > 0 && ((await readCommit(lake, landingHour))?.commit.files ?? []).some(({ key }) => files.has(key));
}

function revisionOf(hour: LandingHour, revision: number): string {
  return `runs/${hour}/r${revision}/manifest.json`;
}

/** The marker first: a ledger made again from the lake must not take the hour for retired. */
export async function keepRaw({ lake, ledger }: Pick<RawRetiredParts, 'lake'> & { readonly ledger: Pick<Ledger, 'keepRaw'> }, landingHour: LandingHour): Promise<void> {
  await lake.remove([rawRetiredKey(landingHour)]);
  await ledger.keepRaw(landingHour);
}

/** What the lake remembers of it; null: the hour's raw objects were never retired. */
export async function readRawRetired(lake: Lake, landingHour: LandingHour): Promise<RawRetired | null> {
  const found = await lake.readText(rawRetiredKey(landingHour));
  return found === null ? null : JSON.parse(found.text) as RawRetired;
}
