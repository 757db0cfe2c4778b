/** Who answers questions to the lake, as configured. */
import type { Configuration } from '../contract/configuration';
import type { LakeQueries } from '../contract/lake-question';
import type { LakeReader } from '../engines/engine';
import type { Athena } from '../stores/athena';
import type { Lake } from '../stores/lake';
import { createEmbeddedLake } from './embedded-lake';
import { lakeStatement } from './lake-statement';

export interface LakeQueriesParts {
  readonly lake: Lake;
  readonly athena: Athena;
  readonly lakeReader: LakeReader;
  readonly workDir: string;
  readonly configuration: Pick<Configuration, 'SLUICE_LAKE_QUERIES' | 'SLUICE_LAKE_DOWNLOAD_BYTES'>;
}

export function createLakeQueries(parts: LakeQueriesParts): LakeQueries {
  const { SLUICE_LAKE_QUERIES: engine, SLUICE_LAKE_DOWNLOAD_BYTES: downloadBytes } = parts.configuration;
  return engine === 'athena' ? createAthenaLake(parts.athena) : createEmbeddedLake({ ...parts, downloadBytes });
}

export function createAthenaLake(athena: Athena): LakeQueries {
  return {
    engine: 'athena',
    ask: async (question, { askedAs, signal, progress }, read) => read(await athena.ask({ sql: lakeStatement(question), askedAs }, { signal, progress })),
  };
}
