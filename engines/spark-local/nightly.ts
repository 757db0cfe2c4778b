/**
 * The night's jobs by Spark on this machine: files are brought here, and what is made of them goes to the lake's staging. Nothing of it
 * outlives the attempt but the staging, which a retry leaves alone: it makes another.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nightlyWorkPrefix } from '../../contract/lake-layout';
import type { JobControl } from '../engine';
import type { NightlyEngine, NightlyFile } from '../nightly';
import { describeMerge, describeScan, type NightlyPlace } from '../spark/describe-nightly';
import type { JobDescription } from '../spark/description';
import { readMerged, readScan } from '../spark/nightly-summary';
import { runLocally, type LocalJob, type SparkLocalSettings } from './local-job';

/** What is needed of the lake. */
export interface LakeFiles {
  downloadAll(objects: readonly { readonly key: string }[], folder: string, signal: AbortSignal, done?: (count: number) => void): Promise<readonly string[]>;
  putFiles(files: readonly { readonly key: string; readonly path: string }[], signal: AbortSignal): Promise<void>;
}

interface Brought extends Pick<LocalJob<unknown>, 'outDir' | 'bytes'> {
  readonly place: NightlyPlace;
}

export function createSparkLocalNightly(settings: SparkLocalSettings, lake: LakeFiles): NightlyEngine {
  const withFiles = async <T>(files: readonly NightlyFile[], control: JobControl, work: (brought: Brought) => Promise<T>): Promise<T> => {
    const folder = join(settings.workDir, `nightly-${randomUUID()}`);
    try {
      const keys = [...new Set(files.map(({ key }) => key))];
      const paths = await lake.downloadAll(keys.map((key) => ({ key })), join(folder, 'in'), control.signal, (count) => {
        control.progress({ step: `downloading file ${count} of ${keys.length}` });
      });
      const pathOf = new Map(keys.map((key, i) => [key, paths[i]!]));
      const outDir = join(folder, 'out');
      return await work({
        outDir, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        place: { uriOf: ({ key }) => pathToFileURL(pathOf.get(key)!).href, out: pathToFileURL(outDir).href },
      });
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  };
  const ran = <Outcome>(
    name: LocalJob<Outcome>['name'], { outDir, bytes, place }: Brought, describe: (place: NightlyPlace) => JobDescription, read: LocalJob<Outcome>['read'], control: JobControl,
  ): Promise<Outcome> => runLocally(settings, { name, outDir, bytes, describe: () => Promise.resolve(describe(place)), read }, control);
  return {
    name: 'spark-local',
    scan: (job, control) => withFiles(job.hours.flatMap(({ files }) => files), control, async (brought) => ({
      hours: await ran('scan', brought, (place) => describeScan(job, place), (text, sha256, on) => readScan(job, text, sha256, on), control), run: null,
    })),
    merge: (job, control) => withFiles(job.merges.flatMap(({ files }) => files), control, async (brought) => {
      const merged = await ran('merge', brought, (place) => describeMerge(job, place), (text, sha256, on) => readMerged(job, text, sha256, on), control);
      const workPrefix = nightlyWorkPrefix(job.date, randomUUID().replaceAll('-', ''));
      const staged = merged.map((file, n) => ({ ...file, key: `${workPrefix}merged/${n}.parquet` }));
      await lake.putFiles(staged.map(({ key }, n) => ({ key, path: join(brought.outDir, 'merged', `${n}.parquet`) })), control.signal);
      return { merged: staged, workPrefix, run: null };
    }),
  };
}
