/** `backfill --dry-run`: opens what the plan is made from, and shows it. */
import { tmpdir } from 'node:os';
import { plannedBackfill, type BackfillPlan, type PlannedHour } from '../activities/planned-backfill';
import type { BackfillInput, BackfillOptions } from '../contract/backfill';
import type { Configuration } from '../contract/configuration';
import { createDuckdbEngine } from '../engines/duckdb/engine';
import { openLake } from '../stores/lake';
import { openLedger } from '../stores/ledger';
import { openPostgres } from '../stores/postgres';
import { connectTemporal, Hours } from '../stores/temporal';
import { stackEnvironment } from './stack/environment';
import { table } from './terminal';

export async function planned(configuration: Configuration, input: BackfillInput & BackfillOptions): Promise<BackfillPlan> {
  const postgres = openPostgres(configuration, 'reader');
  const lake = openLake(configuration);
  const client = await connectTemporal(configuration, stackEnvironment());
  try {
    const engine = createDuckdbEngine({
      memoryLimit: configuration.SLUICE_DUCKDB_MEMORY, threads: configuration.SLUICE_DUCKDB_THREADS, workDir: configuration.SLUICE_WORK_DIR ?? tmpdir(),
    });
    return await plannedBackfill({ lake, ledger: openLedger(postgres), engine, hours: new Hours(client, configuration.SLUICE_TASK_QUEUE) }, input);
  } finally {
    await client.connection.close();
    lake.close();
    await postgres.close();
  }
}

export function planText(plan: BackfillPlan): string {
  const { hours } = plan;
  const sum = (of: (hour: PlannedHour) => number): string => hours.reduce((total, hour) => total + of(hour), 0).toLocaleString('en-US');
  const rows = hours.map((hour) => [
    hour.landingHour, hour.why, String(hour.objects), hour.bytes.toLocaleString('en-US'), hour.rows?.toLocaleString('en-US') ?? '?', hour.rowsBy,
  ]);
  return [
    table([{ title: 'hour' }, { title: 'why' }, { title: 'objects', right: true }, { title: 'bytes', right: true }, { title: 'rows', right: true }, { title: 'rows known' }], rows),
    '',
    `${hours.length} of ${plan.looked} hours: ${sum(({ objects }) => objects)} objects, ${sum(({ bytes }) => bytes)} bytes, ${sum(({ rows: count }) => count ?? 0)} rows. Nothing was started.`,
    plan.bytesPerLine === null ? 'Nothing was ever loaded, so rows are not estimated by bytes.' : `A line is ${plan.bytesPerLine.toFixed(1)} bytes as it lies in the lake, in the hours loaded last.`,
    '',
    ...plan.costs.map(({ engine, dollars }) => `${engine.padEnd(15)} about $${dollars.toFixed(2)}`),
    plan.assumptions,
  ].join('\n');
}
