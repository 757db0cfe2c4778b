/** Spark jobs as runs of an EMR Serverless application (EMR 7, Spark 3.5): which files they are started with. */
import type { EmrCall } from '../../contract/remote-run';
import type { LakeEngine } from '../engine';
import type { NightlyEngine } from '../nightly';
import { createLakeEngine, type LakeEngineParts } from '../remote/lake-engine';
import { createNightlyEngine } from '../remote/nightly-engine';
import type { JobPlaces, RemoteParts } from '../remote/remote-job';

interface EmrParts {
  /** as spark-submit takes them */
  readonly sparkParameters?: string | undefined;
}

export function createEmrEngine({ sparkParameters, ...parts }: EmrParts & Pick<LakeEngineParts<EmrCall>, 'runs' | 'lake' | 'kmsKeyId' | 'erasureSecret'>): LakeEngine {
  return createLakeEngine<EmrCall>({ ...parts, name: 'emr-serverless', startsOnce: true, callOf: callWith(sparkParameters) });
}

export function createEmrNightlyEngine({ sparkParameters, ...parts }: EmrParts & Pick<RemoteParts<EmrCall>, 'runs' | 'lake' | 'kmsKeyId'>): NightlyEngine {
  return createNightlyEngine<EmrCall>({ ...parts, name: 'emr-nightly', startsOnce: true, callOf: callWith(sparkParameters) });
}

function callWith(sparkParameters: string | undefined): (places: JobPlaces) => EmrCall {
  return ({ entry, modules, description }) => ({
    entryPoint: entry,
    arguments: ['--job', description],
    parameters: [...(modules.length === 0 ? [] : [`--py-files ${modules.join(',')}`]), ...(sparkParameters === undefined ? [] : [sparkParameters])].join(' '),
  });
}
