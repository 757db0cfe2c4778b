/** curate on machines of the provider's: the claims and the staging of a revision, and what its run is told of the hour. */
import type { ErasureSecret } from '../../contract/erasure';
import { SluiceError } from '../../contract/errors';
import { remoteClaimsPrefix, stagingPrefix } from '../../contract/lake-layout';
import type { CurateOutcome, LakeCurateJob, LakeEngine } from '../engine';
import { describeCurate } from '../spark/description';
import { readSummary } from '../spark/summary';
import { runRemotely, type RemoteJob, type RemoteParts } from './remote-job';

export interface LakeEngineParts<Call> extends RemoteParts<Call> {
  readonly name: LakeEngine['name'];
  readonly erasureSecret?: ErasureSecret | undefined;
}

export function createLakeEngine<Call>(parts: LakeEngineParts<Call>): LakeEngine {
  return {
    name: parts.name,
    async curateInLake(job, control) {
      refuseErased(parts, job);
      const { attempt, prefix, outcome, run } = await runRemotely(parts, curating(parts, job), control);
      return { attempt, stagingPrefix: prefix, outcome, run };
    },
  };
}

function curating<Call>({ lake, kmsKeyId, erasureSecret }: LakeEngineParts<Call>, job: LakeCurateJob): RemoteJob<CurateOutcome> {
  const { landingHour, revision } = job;
  const objects = job.objects.map((object) => ({ ...object, uri: `s3://${lake.bucket}/${object.key}` }));
  return {
    entry: 'curate',
    name: `${landingHour}-r${revision}`,
    labels: { hour: landingHour, revision: String(revision) },
    claims: remoteClaimsPrefix(landingHour, revision),
    staging: (attempt) => stagingPrefix(landingHour, revision, attempt),
    describe: (attempt, out) => describeCurate({ ...job, attempt, objects, out, erasureSecret, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) }),
    read: readSummary,
  };
}

/** The hashes of erased persons are keyed, and in a job's description the key would lie in the lake beside them. */
function refuseErased<Call>({ name, erasureSecret }: LakeEngineParts<Call>, { suppression, landingHour }: LakeCurateJob): void {
  if (suppression === undefined || erasureSecret !== undefined) return;
  throw new SluiceError({
    kind: 'configuration', what: `persons are erased, and ${name} is not told where the key is by which their lines are known`, on: landingHour,
    fix: 'Put the key into Secrets Manager and name the secret in SLUICE_ERASURE_SECRET, or curate with SLUICE_ENGINE=duckdb or spark-local', fields: { engine: name },
  });
}
