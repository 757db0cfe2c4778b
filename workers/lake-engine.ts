/** The engine that runs on machines of the provider's, where the configuration asks for one. */
import type { Configuration } from '../contract/configuration';
import { mayChoose } from '../contract/engine-choice';
import { erasureSecretOf } from '../contract/erasure';
import { createEmrEngine } from '../engines/emr-serverless/engine';
import type { LakeEngine } from '../engines/engine';
import { createGlueEngine } from '../engines/glue/engine';
import { openEmrJobRuns } from '../stores/emr-job-runs';
import { openGlueJobRuns } from '../stores/glue-job-runs';
import { runsOf } from '../stores/job-runs';
import type { Lake } from '../stores/lake';
import { neededSetting } from './needed-setting';

export interface OpenLakeEngine {
  readonly engine: LakeEngine;
  close(): void;
}

/** Null: whatever its size, an hour is curated on this machine. */
export function openLakeEngine(configuration: Configuration, lake: Lake): OpenLakeEngine | null {
  const timeoutMinutes = configuration.SLUICE_REMOTE_TIMEOUT_MINUTES;
  const pollMs = configuration.SLUICE_REMOTE_POLL_SECONDS * 1000;
  const common = { lake, kmsKeyId: configuration.SLUICE_KMS_KEY_ID, erasureSecret: erasureSecretOf(configuration.SLUICE_ERASURE_SECRET, configuration.SLUICE_AWS_REGION) };
  switch ((['glue', 'emr-serverless'] as const).find((engine) => mayChoose(configuration, engine))) {
    case 'glue': {
      const runs = openGlueJobRuns(configuration, { job: needed(configuration, 'SLUICE_GLUE_JOB'), timeoutMinutes });
      return { engine: createGlueEngine({ ...common, runs: runsOf(runs, pollMs) }), close: () => runs.close() };
    }
    case 'emr-serverless': {
      const runs = openEmrJobRuns(configuration, {
        applicationId: needed(configuration, 'SLUICE_EMR_APPLICATION_ID'), roleArn: needed(configuration, 'SLUICE_EMR_ROLE_ARN'), timeoutMinutes,
      });
      return { engine: createEmrEngine({ ...common, runs: runsOf(runs, pollMs), sparkParameters: configuration.SLUICE_EMR_SPARK_PARAMETERS }), close: () => runs.close() };
    }
    case undefined:
      return null;
  }
}

type Needed = 'SLUICE_GLUE_JOB' | 'SLUICE_EMR_APPLICATION_ID' | 'SLUICE_EMR_ROLE_ARN';

function needed(configuration: Configuration, name: Needed): string {
  return neededSetting(configuration, name, 'by SLUICE_ENGINE and SLUICE_ENGINE_SPARK, hours are curated there', 'set SLUICE_ENGINE=duckdb');
}
