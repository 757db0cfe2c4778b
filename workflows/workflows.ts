/** Every workflow of the worker's bundle: what Temporal knows by name. */
export { hourlyPayments } from './hourly-payments';
export { compact, scheduledCompaction } from './compact';
export { sweepReplaced } from './sweep-replaced';
export { scheduledHour } from './scheduled-hour';
export { rebuildPostgres } from './rebuild-postgres';
export { backfill } from './backfill';
export { retention } from './retention';
export { reconcile } from './reconcile';
export { scheduledReconcile } from './scheduled-reconcile';
export { erase } from './erase';
export { dailyReport } from './daily-report';
export { scheduledReports } from './scheduled-reports';
