/**
 * What an engine is given of an hour's raw objects, wherever they are curated: without the producer's control, what was erased counted
 * as such, and nobody on the list of the suppressed. Read for every attempt: whoever is erased from now on must not come back by this one.
 */
import { setMaxListeners } from 'node:events';
import type { Configuration } from '../contract/configuration';
import { type ErasureKey, erasureKeyOf } from '../contract/erasure';
import type { LandingHour } from '../contract/landing-hour';
import type { LandedObject } from '../contract/run';
import type { CurateJob, CurateOutcome, JobControl, LakeCurateJob, LocalEngine, Suppression } from '../engines/engine';
import { suppressedTokens } from '../stores/erasures';
import type { Lake } from '../stores/lake';
import { sortedOut } from './control-totals';

export interface RawToCurateParts {
  readonly lake: Lake;
  readonly configuration: Pick<Configuration, 'SLUICE_ERASURE_KEY'>;
}

/**
 * Curates them while they are fetched, where the engine follows. Neither goes on without the other: an object that does not come as the manifest
 * has it ends the engine, which may have read its beginning, and nothing is kept of what it made.
 */
export async function curateRaw(
  { lake, configuration }: RawToCurateParts, engine: LocalEngine, landed: readonly LandedObject[], job: Omit<CurateJob, 'objects' | 'suppression'>, folder: string, control: JobControl,
): Promise<CurateOutcome> {
  const suppression = await suppressionOf(lake, erasureKeyOf(configuration.SLUICE_ERASURE_KEY));
  const { payments } = sortedOut(job.landingHour, landed);
  const ending = new AbortController();
  const signal = AbortSignal.any([control.signal, ending.signal]);
  // Many downloads at once listen for it; Node would warn of a leak.
  setMaxListeners(0, signal);
  const { paths, whole } = lake.fetchAll(payments, folder, signal, (count) => {
    control.progress({ step: `downloading object ${count} of ${payments.length}` });
  });
  if (!engine.follows) await whole;
  const objects = payments.map(({ key, versionId, etag, bytes, isSent, erased }, i) => ({
    key, version: versionId ?? etag, path: paths[i]!, isSent, ...(engine.follows ? { growsTo: bytes } : {}), ...(erased === undefined ? {} : { erased }),
  }));
  const curated = engine.curate({ ...job, objects, ...(suppression === null ? {} : { suppression }) }, { ...control, signal });
  try {
    const [outcome] = await Promise.all([curated, whole]);
    return outcome;
  } catch (error) {
    ending.abort(error);
    // Before the folder goes, nobody may be at work in it.
    await Promise.allSettled([curated, whole]);
    throw error;
  }
}

/** What an engine is given where nothing is fetched to this machine. */
export async function lakeToCurate(
  { lake, configuration }: RawToCurateParts, hour: LandingHour, objects: readonly LandedObject[],
): Promise<Pick<LakeCurateJob, 'objects' | 'suppression'>> {
  const suppression = await suppressionOf(lake, erasureKeyOf(configuration.SLUICE_ERASURE_KEY));
  return {
    objects: sortedOut(hour, objects).payments.map(({ key, versionId, etag, bytes, isSent, erased }) => ({
      key, version: versionId ?? etag, etag, bytes, isSent, ...(versionId === undefined ? {} : { versionId }), ...(erased === undefined ? {} : { erased }),
    })),
    ...(suppression === null ? {} : { suppression }),
  };
}

/** Null: nobody was ever erased. */
export async function suppressionOf(lake: Lake, key: ErasureKey | null): Promise<Suppression | null> {
  const tokens = await suppressedTokens(lake, key);
  if (tokens.length === 0 || key === null) return null;
  const { inner, outer } = key.pads();
  return { tokens, keyId: key.id, innerPad: inner, outerPad: outer };
}
