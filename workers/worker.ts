/**
 * The worker process: the hour's workflows and stages on one task queue, askings and the stages of backfills on others. On SIGTERM
 * or Ctrl-C it takes no new work, gives activities a grace period, then cancels them; what was under way is tried again elsewhere
 * and loses nothing.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/registry';
import { sweepWorkFolders } from '../activities/work-folder';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import { backfillQueueOf, requestQueueOf } from '../contract/task-queues';
import { connectTemporal, dataConverterOf, temporalSettings } from '../stores/temporal';
import { createActivityInterceptor } from './activity-interceptor';
import { createFaults } from './faults';
import { createLog, temporalLog } from './log';
import { Metrics } from './metrics';
import { startMetricsServer } from './metrics-server';
import { openParts } from './parts';
import { createRedaction, secretsOf } from './redaction';
import { scheduleMissesOf } from './schedule-misses';

/** Built ahead of time by `npm run build`, two folders above dist/workers. */
const BUNDLE = join(__dirname, '..', 'workflow-bundle.js');
const ASKINGS_AT_ONCE = 200;
/** Work folders older than this belong to attempts that were killed. */
const LEFT_BEHIND_MS = 24 * 3_600_000;

export async function runWorker(configuration: Configuration, environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (!existsSync(BUNDLE)) {
    throw new SluiceError({ kind: 'configuration', what: 'the workflow bundle is missing', on: BUNDLE, fix: 'Run `npm run build`' });
  }
  const log = createLog(configuration);
  // Temporal's own handling of signals: first stop taking work, then the grace period.
  Runtime.install({ logger: temporalLog(log), shutdownSignals: ['SIGINT', 'SIGTERM'] });
  // Closed in reverse, also when a later step fails: an open connection would keep a worker alive that takes no work.
  const open: (() => Promise<void>)[] = [];
  try {
    const client = await connectTemporal(configuration, environment);
    open.push(() => client.connection.close());
    const parts = openParts(configuration, client, log);
    open.push(() => parts.close());
    const metrics = new Metrics();
    metrics.watchSchedules(scheduleMissesOf(client));
    const started: { main?: Worker } = {};
    // Before the workers: a port that is taken is told while nothing has been started yet.
    const health = await startMetricsServer(metrics, () => {
      const state = started.main?.getState() ?? 'STARTING';
      return { healthy: state === 'RUNNING', state };
    }, configuration.SLUICE_METRICS_PORT);
    open.push(() => health.close());
    const swept = await sweepWorkFolders(parts.workDir, LEFT_BEHIND_MS);
    const { connectionOptions, namespace } = temporalSettings(environment);
    const connection = await NativeConnection.connect(connectionOptions);
    open.push(() => connection.close());
    const interceptor = createActivityInterceptor({
      log, metrics, redaction: createRedaction(secretsOf(configuration)), faults: createFaults(environment.SLUICE_FAULTS_FILE),
    });
    const { requestHour, withdrawHour, planBackfill, noteBackfill, ...stages } = createActivities(parts);
    const shared = {
      connection,
      namespace,
      dataConverter: dataConverterOf(configuration),
      shutdownGraceTime: configuration.SLUICE_SHUTDOWN_GRACE_SECONDS * 1000,
      shutdownForceTime: (configuration.SLUICE_SHUTDOWN_GRACE_SECONDS + 10) * 1000,
      interceptors: { activity: [interceptor] },
    };
    const main = await Worker.create({
      ...shared,
      taskQueue: configuration.SLUICE_TASK_QUEUE,
      workflowBundle: { codePath: BUNDLE },
      activities: stages,
      maxConcurrentActivityTaskExecutions: configuration.SLUICE_ACTIVITY_SLOTS,
    });
    started.main = main;
    const requests = await Worker.create({
      ...shared,
      taskQueue: requestQueueOf(configuration.SLUICE_TASK_QUEUE),
      activities: { requestHour, withdrawHour, planBackfill, noteBackfill },
      maxConcurrentActivityTaskExecutions: ASKINGS_AT_ONCE,
    });
    const backfills = await Worker.create({
      ...shared,
      taskQueue: backfillQueueOf(configuration.SLUICE_TASK_QUEUE),
      activities: stages,
      maxConcurrentActivityTaskExecutions: configuration.SLUICE_BACKFILL_SLOTS,
    });
    log.info({ taskQueue: configuration.SLUICE_TASK_QUEUE, metricsPort: health.port, swept }, 'worker is up');
    await Promise.all([main.run(), requests.run(), backfills.run()]);
    log.info('worker is down');
  } finally {
    for (const close of open.reverse()) await close();
  }
}
