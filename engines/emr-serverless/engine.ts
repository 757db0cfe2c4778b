/** curate as a run of an EMR Serverless application (EMR 7, Spark 3.5): which files it is started with. */
import type { EmrCall } from '../../contract/remote-run';
import type { LakeEngine } from '../engine';
import { createLakeEngine, type LakeEngineParts } from '../remote/lake-engine';

export interface EmrEngineParts extends Pick<LakeEngineParts<EmrCall>, 'runs' | 'lake' | 'kmsKeyId'> {
  /** as spark-submit takes them */
  readonly sparkParameters?: string | undefined;
}

export function createEmrEngine({ sparkParameters, ...parts }: EmrEngineParts): LakeEngine {
  return createLakeEngine<EmrCall>({
    ...parts,
    name: 'emr-serverless',
    callOf: ({ entry, modules, description }) => ({
      entryPoint: entry,
      arguments: ['--job', description],
      parameters: [...(modules.length === 0 ? [] : [`--py-files ${modules.join(',')}`]), ...(sparkParameters === undefined ? [] : [sparkParameters])].join(' '),
    }),
  });
}
