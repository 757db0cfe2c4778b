/**
 * Where Spark does the night's scans: all hours of a comparison that must be read are summed by one job, before they are looked at one by
 * one. An hour that it could not read, or that is not what was proven, is read by DuckDB, which names files and rows.
 */
import type { BucketedSums } from '../contract/compared-rows';
import type { LandingHour } from '../contract/landing-hour';
import type { RemoteRunNote } from '../contract/remote-run';
import type { CompareInput } from '../contract/reconciliation';
import type { LakeCurateControl } from '../engines/engine';
import type { HourToScan, NightlyEngine } from '../engines/nightly';
import type { Lake } from '../stores/lake';
import { filesThere, isShared, knownSums, type ListedDays } from './lake-hour';
import type { ProvenHour } from './proven-hour';

export interface ScannedHoursParts {
  readonly lake: Lake;
  /** null: DuckDB reads each hour when its turn comes */
  readonly nightly: NightlyEngine | null;
}

export interface ScannedHours {
  readonly sums: ReadonlyMap<LandingHour, BucketedSums>;
  readonly run: RemoteRunNote | null;
}

export async function scannedHours(
  { lake, nightly }: ScannedHoursParts, input: CompareInput, proven: readonly ProvenHour[], listed: ListedDays, control: LakeCurateControl,
): Promise<ScannedHours> {
  if (nightly === null) return { sums: new Map(), run: null };
  const hours: HourToScan[] = [];
  for (const hour of proven) {
    // A run is under way: it is not compared.
    if (hour.shown.revision > hour.revision) continue;
    const { there, gone } = await filesThere(listed, hour.shown.files);
    if (there.length === 0 || await knownSums(lake, hour, { there, gone }, input.deep ?? false) !== null) continue;
    hours.push({
      landingHour: hour.landingHour, revision: hour.revision, processedAt: hour.processedAt,
      files: there.map(({ key, etag, bytes }) => ({ key, etag, bytes, landingHours: isShared(key, hour) ? [hour.landingHour] : null })),
    });
  }
  if (hours.length === 0) return { sums: new Map(), run: null };
  control.progress({ step: `scanning ${hours.length} hours by ${nightly.name}` });
  const outcome = await nightly.scan({ date: input.date, askedAs: `${input.reconciliationId} ${input.round ?? 1}`, hours }, control);
  return { sums: new Map(outcome.hours.flatMap(({ landingHour, held }) => (held === null ? [] : [[landingHour, held]]))), run: outcome.run };
}
