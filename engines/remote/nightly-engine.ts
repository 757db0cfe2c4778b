/**
 * The night's jobs on machines of the provider's. The same work asked for again, after a kill or by a compaction that starts over, is the
 * same run. What was given up for good is removed with its claims, so that it does not stand in the way of the next night.
 */
import { SluiceError } from '../../contract/errors';
import { nightlyWorkPrefix } from '../../contract/lake-layout';
import type { LakeCurateControl } from '../engine';
import type { NightlyEngine } from '../nightly';
import { describeMerge, describeScan, type NightlyPlace } from '../spark/describe-nightly';
import { readMerged, readScan } from '../spark/nightly-summary';
import { digestOf, runRemotely, type RemoteJob, type RemoteOutcome, type RemoteParts } from './remote-job';

export function createNightlyEngine<Call>(parts: RemoteParts<Call>): NightlyEngine {
  const { lake, kmsKeyId } = parts;
  const placeOf = (out: string): NightlyPlace => ({ uriOf: ({ key }) => `s3://${lake.bucket}/${key}`, out, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) });
  const ran = async <Outcome>(
    date: string, job: Pick<RemoteJob<Outcome>, 'entry' | 'read' | 'describe'>, control: LakeCurateControl,
  ): Promise<RemoteOutcome<Outcome> & { readonly workPrefix: string }> => {
    const workPrefix = nightlyWorkPrefix(date, digestOf(parts, job));
    try {
      const outcome = await runRemotely(parts, {
        ...job, name: `${job.entry}-${date}`, labels: { work: job.entry, day: date }, claims: `${workPrefix}claims/`, staging: (attempt) => `${workPrefix}${attempt}/`,
      }, control);
      return { ...outcome, workPrefix };
    } catch (error) {
      if (error instanceof SluiceError && error.kind === 'data') await lake.remove((await lake.list(workPrefix)).map(({ key }) => key));
      throw error;
    }
  };
  return {
    name: 'emr-serverless',
    async scan(job, control) {
      const { outcome, run } = await ran(job.date, {
        entry: 'scan', describe: (_attempt, out) => describeScan(job, placeOf(out)), read: (text, sha256, on) => readScan(job, text, sha256, on),
      }, control);
      return { hours: outcome, run };
    },
    async merge(job, control) {
      const { outcome, run, prefix, workPrefix } = await ran(job.date, {
        entry: 'merge', describe: (_attempt, out) => describeMerge(job, placeOf(out)), read: (text, sha256, on) => readMerged(job, text, sha256, on),
      }, control);
      return { merged: outcome.map((file, n) => ({ ...file, key: `${prefix}merged/${n}.parquet` })), workPrefix, run };
    },
  };
}
