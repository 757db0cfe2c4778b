/** Who does the night's large jobs, where it is not DuckDB on the worker. */
import type { Configuration } from '../contract/configuration';
import { createEmrNightlyEngine } from '../engines/emr-serverless/engine';
import type { NightlyEngine } from '../engines/nightly';
import { createSparkLocalNightly } from '../engines/spark-local/nightly';
import { openEmrJobRuns } from '../stores/emr-job-runs';
import { runsOf } from '../stores/job-runs';
import type { Lake } from '../stores/lake';
import { neededSetting } from './needed-setting';

export interface OpenNightlyEngine {
  readonly engine: NightlyEngine;
  close(): void;
}

/** Null: DuckDB does it. */
export function openNightlyEngine(configuration: Configuration, lake: Lake, workDir: string): OpenNightlyEngine | null {
  switch (configuration.SLUICE_NIGHTLY_ENGINE) {
    case 'duckdb':
      return null;
    case 'spark-local': {
      const { SLUICE_SPARK_PYTHON: python, SLUICE_SPARK_MEMORY: memoryLimit, SLUICE_SPARK_THREADS: threads } = configuration;
      return { engine: createSparkLocalNightly({ python, memoryLimit, threads, workDir }, lake), close: () => undefined };
    }
    case 'emr-serverless': {
      const [why, instead] = ['by SLUICE_NIGHTLY_ENGINE, the night’s jobs run there', 'set SLUICE_NIGHTLY_ENGINE=duckdb'];
      const runs = openEmrJobRuns(configuration, {
        applicationId: neededSetting(configuration, 'SLUICE_EMR_APPLICATION_ID', why, instead),
        roleArn: neededSetting(configuration, 'SLUICE_NIGHTLY_EMR_ROLE_ARN', why, instead),
        timeoutMinutes: configuration.SLUICE_REMOTE_TIMEOUT_MINUTES,
      });
      const engine = createEmrNightlyEngine({
        lake, kmsKeyId: configuration.SLUICE_KMS_KEY_ID, runs: runsOf(runs, configuration.SLUICE_REMOTE_POLL_SECONDS * 1000), sparkParameters: configuration.SLUICE_EMR_SPARK_PARAMETERS,
      });
      return { engine, close: () => runs.close() };
    }
  }
}
