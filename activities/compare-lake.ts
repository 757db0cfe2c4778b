/**
 * compareLake: the committed files of the day's hours against what was proven of them, every hash and derived column made anew. Files
 * that are as they were when they were last right are not read again, unless `deep`. A file that is gone or cannot be read is a
 * difference, never a failure. Writes notes and differences only; killed anywhere, a second run does it again, and takes over the scan
 * that is at work elsewhere.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BUCKETS, type CompareInput, type HourDifference, type StoreComparison } from '../contract/reconciliation';
import type { PaymentsComparison } from '../stores/compared-payments';
import { readCommit } from './committed';
import { differencesOfHour, differingBuckets } from './compare-hour';
import { NO_REFERENCE } from './compare-hour-payments';
import { Differences } from './differences';
import { withHeartbeat } from './heartbeat';
import { isRight, lakeHour, ListedDays, type LakeHourReading } from './lake-hour';
import { provenHours, type NotCompared, type ProvenHour } from './proven-hour';
import { referenceHour, type ReferenceParts } from './reference-hour';
import { scannedHours, type ScannedHoursParts } from './scanned-hours';
import { withWorkFolder } from './work-folder';

export interface CompareLakeParts extends ReferenceParts, ScannedHoursParts {
  readonly comparison: PaymentsComparison;
  readonly workDir: string;
}

const STORE = 'lake';

interface ComparedInLake {
  readonly rows: number;
  readonly descended: number;
  readonly difference: HourDifference | null;
  readonly notCompared: string | null;
}

export function createCompareLake(parts: CompareLakeParts) {
  return async function compareLake(input: CompareInput): Promise<StoreComparison> {
    const startedAt = performance.now();
    return withHeartbeat((control) => withWorkFolder(parts.workDir, async (folder) => {
      const listed = new ListedDays(parts.lake);
      const known = await provenHours(parts, input.hours);
      const scanned = await scannedHours(parts, input, known.proven, listed, control);
      const notCompared: NotCompared[] = [...known.notCompared];
      const hours: HourDifference[] = [];
      let [rows, compared, descended] = [0, 0, 0];
      for (const hour of known.proven) {
        control.signal.throwIfAborted();
        control.progress({ step: `comparing ${hour.landingHour}` });
        const work = join(folder, hour.landingHour);
        const found = await compareInLake(parts, input, hour, listed, { folder: work, control, scanned: scanned.sums.get(hour.landingHour) });
        await rm(work, { recursive: true, force: true });
        if (found.notCompared === null) compared += BUCKETS;
        else notCompared.push({ landingHour: hour.landingHour, why: found.notCompared });
        rows += found.rows;
        descended += found.descended;
        if (found.difference !== null) hours.push(found.difference);
      }
      return {
        store: STORE, rows, bucketsCompared: compared, bucketsDescended: descended, seconds: (performance.now() - startedAt) / 1000, hours, notCompared,
        ...(scanned.run === null ? {} : { run: scanned.run }),
      };
    }));
  };
}

async function compareInLake(
  parts: CompareLakeParts, input: CompareInput, hour: ProvenHour, listed: ListedDays, how: Omit<LakeHourReading, 'deep'>,
): Promise<ComparedInLake> {
  const { landingHour, revision, shown } = hour;
  const { folder, control } = how;
  const of = { store: STORE, landingHour, revision } as const;
  const differences = new Differences(parts.lake, input, folder);
  if (shown.revision > revision) return { rows: 0, descended: 0, difference: null, notCompared: underWay(hour) };
  const lake = await lakeHour(parts, hour, shown.files, listed, { ...how, deep: input.deep ?? false });
  const { rows } = lake.held.sums;
  if (isRight(hour, lake)) return { rows, descended: 0, difference: await differences.write(of, []), notCompared: null };
  return parts.comparison.read(async (payments) => {
    const reference = await referenceHour({ parts, payments, listed, folder, control }, hour, lake);
    if (reference === null) return { rows, descended: 0, difference: null, notCompared: NO_REFERENCE };
    const buckets = differingBuckets(reference, lake);
    const difference = await differences.write(of, differencesOfHour({ store: STORE, landingHour }, reference, lake, buckets));
    // A run or a compaction may have swapped the commit while its files were read.
    if ((await readCommit(parts.lake, landingHour))?.commit.nonce === shown.nonce) return { rows, descended: buckets.length, difference, notCompared: null };
    await differences.write(of, []);
    return { rows, descended: buckets.length, difference: null, notCompared: 'its commit was swapped while it was compared; compare it again' };
  }, control.signal);
}

function underWay({ revision, shown }: ProvenHour): string {
  return `the lake shows revision ${shown.revision} and ${revision === 0 ? 'none' : revision} is loaded: a run is under way or was not finished`;
}
