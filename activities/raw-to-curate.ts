/**
 * What the engine is given of an hour's raw objects, wherever they are curated: without the producer's control, what was erased counted
 * as such, and nobody on the list of the suppressed. Read for every attempt: whoever is erased from now on must not come back by this one.
 */
import type { Configuration } from '../contract/configuration';
import { type ErasureKey, erasureKeyOf } from '../contract/erasure';
import type { LandingHour } from '../contract/landing-hour';
import type { LandedObject } from '../contract/run';
import type { CurateJob, JobControl, LakeCurateJob, Suppression } from '../engines/engine';
import { suppressedTokens } from '../stores/erasures';
import type { Lake } from '../stores/lake';
import { sortedOut } from './control-totals';

export interface RawToCurateParts {
  readonly lake: Lake;
  readonly configuration: Pick<Configuration, 'SLUICE_ERASURE_KEY'>;
}

export async function rawToCurate(
  { lake, configuration }: RawToCurateParts, hour: LandingHour, objects: readonly LandedObject[], folder: string, control: JobControl,
): Promise<Pick<CurateJob, 'objects' | 'suppression'>> {
  const suppression = await suppressionOf(lake, erasureKeyOf(configuration.SLUICE_ERASURE_KEY));
  const { payments } = sortedOut(hour, objects);
  const paths = await lake.downloadAll(payments, folder, control.signal, (count) => {
    control.progress({ step: `downloading object ${count} of ${payments.length}` });
  });
  return {
    objects: payments.map(({ key, versionId, etag, isSent, erased }, i) => ({
      key, version: versionId ?? etag, path: paths[i]!, isSent, ...(erased === undefined ? {} : { erased }),
    })),
    ...(suppression === null ? {} : { suppression }),
  };
}

/** The same where nothing is downloaded. */
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
