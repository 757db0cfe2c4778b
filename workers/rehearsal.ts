/** A worker's start as far as no server is needed: the build runs it, so that what V8 compiles of it is compiled once (scripts/bundles). */
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { createActivities } from '../activities/registry';
import { readConfiguration } from '../contract/configuration';
import { dataConverterOf } from '../stores/temporal';
import { createActivityInterceptor } from './activity-interceptor';
import { createFaults } from './faults';
import { createLog, temporalLog } from './log';
import { Metrics } from './metrics';
import { openParts } from './parts';
import { createRedaction, secretsOf } from './redaction';

const NOWHERE = '127.0.0.1:1';

/** Connects to nothing: whoever calls it ends its process. */
export function rehearseStart(): void {
  const configuration = readConfiguration({
    SLUICE_LOG_LEVEL: 'silent', SLUICE_KAFKA_BROKERS: NOWHERE,
    ...Object.fromEntries(['OWNER', 'LOADER', 'READER'].map((role) => [`SLUICE_POSTGRES_${role}_URL`, `postgres://${NOWHERE}/sluice`])),
  });
  const log = createLog(configuration);
  temporalLog(log);
  const client = new Client({ connection: Connection.lazy({ address: NOWHERE }), dataConverter: dataConverterOf(configuration) });
  const metrics = new Metrics();
  createActivityInterceptor({ log, metrics, redaction: createRedaction(secretsOf(configuration)), faults: createFaults(undefined) });
  createActivities(openParts(configuration, client, log));
  // Named, it is loaded, with all that stands behind it.
  if (typeof Worker.create !== 'function') throw new Error('Temporal’s SDK has no Worker');
}
