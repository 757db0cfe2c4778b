/**
 * eraseCurated: goes over a page of the curated files, committed or not, and removes those with rows of the person that no reader is
 * shown. What an hour still needs (its commit, or the base of its next difference) is never touched: the hour is named instead, and must
 * be run again. Removing twice is removing once.
 */
import { join } from 'node:path';
import type { CompactionPlan } from '../contract/compaction';
import { EMPTY_PAGE, LEFT_AT_MOST, type ErasedPage, type ErasePage } from '../contract/erasure';
import { commitRecordKey, compactionPlanKey, CURATED_PREFIX } from '../contract/lake-layout';
import { isLandingHour, type LandingHour } from '../contract/landing-hour';
import type { Commit } from '../contract/run';
import type { Engine, FoundRows, JobControl } from '../engines/engine';
import { markNeeded } from '../stores/erasures';
import type { Lake, LakeVersion } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { readCommit } from './committed';
import { downloadPage, pageOf } from './erasure-page';
import { withHeartbeat } from './heartbeat';
import { userIdOf, type ErasureParts } from './person';
import { withWorkFolder } from './work-folder';

export interface EraseCuratedParts extends ErasureParts {
  readonly lake: Lake;
  readonly ledger: Pick<Ledger, 'lastLoaded' | 'isCompactionOpen'>;
  readonly engine: Engine;
  readonly workDir: string;
}

export function createEraseCurated(parts: EraseCuratedParts) {
  return async function eraseCurated(input: ErasePage): Promise<ErasedPage> {
    return withHeartbeat(async (control) => {
      const userId = userIdOf(parts, input);
      const page = await pageOf(parts.lake, CURATED_PREFIX, input.after, (key) => key.endsWith('.parquet'));
      const files = await withRowsOf(parts, userId, page.objects, control);
      let sum: ErasedPage = { ...EMPTY_PAGE, next: page.next, objects: page.objects.length };
      const inUse = new Map<LandingHour, ReadonlySet<string>>();
      for (const { object, found } of files) {
        control.signal.throwIfAborted();
        const rows = found.reduce((count, ofHour) => count + ofHour.rows, 0);
        const owners = object.latest ? await ownersOf(parts, object.key) : { hours: [], why: null };
        const needing: LandingHour[] = [];
        for (const hour of owners.hours) {
          if (!inUse.has(hour)) inUse.set(hour, await keysInUse(parts, hour));
          if (inUse.get(hour)!.has(object.key)) needing.push(hour);
        }
        for (const hour of needing) {
          const own = found.find(({ landingHour }) => landingHour === hour)?.rows ?? 0;
          await markNeeded(parts.lake, input.token, hour, { file: object.key, rows: own });
        }
        if (owners.why !== null || needing.length > 0) {
          sum = {
            ...left(sum, `${object.key} has ${rows} of their rows: ${owners.why ?? `${needing.join(', ')} need${needing.length === 1 ? 's' : ''} it`}`),
            hours: [...new Set([...sum.hours, ...needing])], found: sum.found + rows, needed: (sum.needed ?? 0) + rows,
          };
        } else if (input.look) {
          sum = { ...left(sum, `${object.key} has ${rows} of their rows`), found: sum.found + rows };
        } else {
          await parts.lake.removeForGood([object]);
          sum = { ...sum, changed: sum.changed + 1, found: sum.found + rows, versions: sum.versions + (object.latest ? 0 : 1) };
        }
      }
      return sum;
    });
  };
}

/**
 * Which hours may need the file. One that a compaction made has rows of many: all that name it must be run again before it can go, and
 * while the compaction is under way nobody knows yet which those are.
 */
async function ownersOf({ lake, ledger }: EraseCuratedParts, key: string): Promise<{ readonly hours: readonly LandingHour[]; readonly why: string | null }> {
  const hour = /\/(\d{4}-\d{2}-\d{2}T\d{2})-[^/]*$/.exec(key)?.[1];
  if (isLandingHour(hour)) return { hours: [hour], why: null };
  const [, date, compactionId] = /\/dt=([^/]+)\/.*\/compacted-([^/-]+)-\d+\.parquet$/.exec(key) ?? [];
  if (date === undefined || compactionId === undefined) return { hours: [], why: 'it is of no hour; remove it by hand' };
  if (await ledger.isCompactionOpen(compactionId)) return { hours: [], why: `the compaction of ${date} is under way` };
  const plan = await lake.readText(compactionPlanKey(date, compactionId));
  if (plan === null) return { hours: [], why: 'the plan of its compaction is gone' };
  return { hours: (JSON.parse(plan.text) as CompactionPlan).hours.map(({ landingHour }) => landingHour), why: null };
}

function left(sum: ErasedPage, sentence: string): ErasedPage {
  return { ...sum, left: [...sum.left, sentence].slice(0, LEFT_AT_MOST) };
}

/** A file that is swept meanwhile is no longer there to hold anything. */
async function withRowsOf(
  { lake, engine, workDir }: EraseCuratedParts, userId: string, objects: readonly LakeVersion[], control: JobControl,
): Promise<readonly { readonly object: LakeVersion; readonly found: readonly FoundRows[] }[]> {
  return withWorkFolder(workDir, async (folder) => {
    const { there } = await downloadPage(lake, objects, (i) => join(folder, `${i}.parquet`), control);
    const found = await engine.find({ userId, files: there.map(({ path }) => path) }, control);
    return there.flatMap(({ object }, i) => (found[i]!.length > 0 ? [{ object, found: found[i]! }] : []));
  });
}

/** What the hour's commit names, and what the last loaded revision did: the next difference is taken from that. */
async function keysInUse({ lake, ledger }: EraseCuratedParts, hour: LandingHour): Promise<ReadonlySet<string>> {
  const current = await readCommit(lake, hour);
  const loaded = await ledger.lastLoaded(hour);
  const base = loaded === null || loaded.revision === current?.commit.revision ? null : await lake.readText(commitRecordKey(hour, loaded.revision));
  return new Set([...current?.commit.files ?? [], ...base === null ? [] : (JSON.parse(base.text) as Commit).files].map(({ key }) => key));
}
