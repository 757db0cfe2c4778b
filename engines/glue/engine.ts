/** curate as a run of a Glue job (Glue 5, Spark 3.5): which files it is started with. */
import type { GlueCall } from '../../contract/remote-run';
import type { LakeEngine } from '../engine';
import { createLakeEngine, type LakeEngineParts } from '../remote/lake-engine';

export function createGlueEngine(parts: Pick<LakeEngineParts<GlueCall>, 'runs' | 'lake' | 'kmsKeyId' | 'erasureSecret'>): LakeEngine {
  return createLakeEngine<GlueCall>({
    ...parts,
    name: 'glue',
    startsOnce: false,
    callOf: ({ entry, modules, description }) => ({
      // In place of the script of the job's definition: a run has the job's files of the Sluice that started it.
      '--scriptLocation': entry,
      ...(modules.length === 0 ? {} : { '--extra-py-files': modules.join(',') }),
      '--job': description,
    }),
  });
}
