/** The engines that may curate, opened by the configuration; which of them does is decided for each run. */
import type { Configuration } from '../contract/configuration';
import { chosenEngine, type ChosenEngine } from '../contract/engine-choice';
import type { LocalEngine } from '../engines/engine';
import { createSparkLocalEngine } from '../engines/spark-local/engine';

export function openCurateEngines(configuration: Configuration, duckdb: LocalEngine, workDir: string): (bytes: number) => LocalEngine {
  const engines: Readonly<Record<ChosenEngine, LocalEngine>> = {
    duckdb,
    'spark-local': createSparkLocalEngine({
      python: configuration.SLUICE_SPARK_PYTHON, memoryLimit: configuration.SLUICE_SPARK_MEMORY, threads: configuration.SLUICE_SPARK_THREADS, workDir,
    }),
  };
  return (bytes) => engines[chosenEngine(configuration, bytes)];
}
