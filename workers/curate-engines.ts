/** The engines that may curate, opened by the configuration; which of them does is decided for each run. */
import type { Configuration } from '../contract/configuration';
import { chosenEngine, type ChosenEngine } from '../contract/engine-choice';
import type { CurateEngine, LakeEngine, LocalEngine } from '../engines/engine';
import { createSparkLocalEngine } from '../engines/spark-local/engine';

/** `elsewhere`: the one service that the configuration may choose, if any. */
export function openCurateEngines(configuration: Configuration, duckdb: LocalEngine, elsewhere: LakeEngine | null, workDir: string): (bytes: number) => CurateEngine {
  const engines: Readonly<Partial<Record<ChosenEngine, CurateEngine>>> = {
    duckdb,
    'spark-local': createSparkLocalEngine({
      python: configuration.SLUICE_SPARK_PYTHON, memoryLimit: configuration.SLUICE_SPARK_MEMORY, threads: configuration.SLUICE_SPARK_THREADS, workDir,
    }),
    ...(elsewhere === null ? {} : { [elsewhere.name]: elsewhere }),
  };
  return (bytes) => engines[chosenEngine(configuration, bytes)]!;
}
