/**
 * `npm run bench -- reconcile [--rows N] [--hours N] [--merchants N] [--runs N] [--every-row-at 0,1]`: a day of proven hours reconciled
 * with 0, 1 and 1,000 cents planted in hour_payments, and beside it, alternating, a comparison of every row of the lake with every row of
 * hour_payments. Fails unless both find exactly what was planted.
 */
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { program } from 'commander';
import { pino } from 'pino';
import { differencesInRows } from '../activities/compare-hour';
import { hourPayments } from '../activities/hour-store';
import { lakeHour, ListedDays } from '../activities/lake-hour';
import { provenHours } from '../activities/proven-hour';
import { withWorkFolder } from '../activities/work-folder';
import type { Configuration } from '../contract/configuration';
import { hoursAfter, hourStart, parseLandingHour, type LandingHour } from '../contract/landing-hour';
import type { DayFindings } from '../contract/reconciled-day';
import { BUCKETS, type HourInScope } from '../contract/reconciliation';
import type { JobControl } from '../engines/engine';
import { prepareStores } from '../scripts/application';
import { wholeNumberOption } from '../scripts/options';
import { stackConfiguration } from '../scripts/stack/environment';
import type { Stack } from '../scripts/stack/stack';
import { table, Terminal } from '../scripts/terminal';
import { readSql } from '../sql/read-sql';
import { openPostgres, type Postgres } from '../stores/postgres';
import { connectTemporal, Hours } from '../stores/temporal';
import { openParts, type OpenParts } from '../workers/parts';
import { median } from './measuring/alternating';
import { withOwnStack } from './measuring/own-stack';
import { circumstances, keepResult, rounded, versionsOf } from './measuring/results';
import { sluice } from './measuring/sluice';
import { untilWorkerUp } from './measuring/worker-up';

const DATE = '2026-01-05';
const PLANTED = [0, 1, 1_000] as const;
const STORES = ['lake', 'topic', 'hour_payments', 'curated_payments', 'rollups'] as const;
const ALL_BUCKETS = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

interface ReconcileOptions {
  readonly rows: number;
  readonly hours: number;
  readonly merchants: number;
  readonly runs: number;
  readonly everyRowAt: readonly number[];
}

interface Measured {
  readonly planted: number;
  /** the whole workflow: every store, raw, the report */
  readonly reconcile: readonly number[];
  /** of the last run, by store */
  readonly stores: Readonly<Record<string, number>>;
  readonly rowByRow: readonly number[];
}

async function main(): Promise<void> {
  const options = program
    .option('--rows <n>', 'payments of the day', wholeNumberOption(1), 1_000_000)
    .option('--hours <n>', 'landing hours they are spread over', wholeNumberOption(1), 4)
    .option('--merchants <n>', 'merchants', wholeNumberOption(1), 50)
    .option('--runs <n>', 'runs of each, alternating', wholeNumberOption(1), 3)
    .option('--every-row-at <list>', 'with how many differences every row is compared besides: 0,1', (text: string) => text.split(',').map(wholeNumberOption(0)), [...PLANTED])
    .parse().opts<ReconcileOptions>();
  const terminal = new Terminal(false);
  await withOwnStack(terminal, (stack) => measureAll(stack, options, terminal));
  process.exit(0);
}

async function measureAll(stack: Stack, options: ReconcileOptions, terminal: Terminal): Promise<void> {
  const configuration = await stackConfiguration();
  await prepareStores(configuration, terminal);
  const lines = Math.ceil(options.rows / options.hours);
  const first = parseLandingHour(`${DATE}T00`);
  await sluice(['generate', '--landing-hour', first, '--lines', String(lines), '--hours', String(options.hours), '--merchants', String(options.merchants),
    '--bad', '0', '--duplicates', '0']);
  stack.accompany({
    name: 'worker', about: 'the worker', version: '', command: process.execPath, args: [join(__dirname, '..', 'scripts', 'sluice.js'), 'worker'],
    environment: {}, graceMs: 30_000,
  });
  await untilWorkerUp(configuration.SLUICE_METRICS_PORT);
  const client = await connectTemporal(configuration, process.env);
  const parts = openParts(configuration, client, pino({ level: 'silent' }));
  const owner = openPostgres(configuration, 'owner', { statementMs: 600_000 });
  try {
    const hours = Array.from({ length: options.hours }, (_, n) => hoursAfter(first, n));
    await proveAll(client, configuration, hours, terminal);
    await owner.run(readSql('bench/analyze.sql'));
    const cold = await reconcileOnce(client, configuration, parts);
    const measured: Measured[] = [];
    for (const planted of PLANTED) measured.push(await measure(planted, options, { terminal, client, configuration, parts, owner, hours }));
    terminal.result(null, () => rendered(cold, measured));
    const file = await keepResult('reconcile', {
      ...circumstances(versionsOf(stack.parts)),
      ...options, firstSeconds: rounded(cold.seconds), firstStores: roundedStores(cold.stores),
      measured: measured.map(({ planted, reconcile, stores, rowByRow }) => ({
        planted, reconcile: reconcile.map((seconds) => rounded(seconds)), rowByRow: rowByRow.map((seconds) => rounded(seconds)),
        stores: roundedStores(stores),
      })),
    });
    terminal.say(`kept in ${file}`);
  } finally {
    await owner.close();
    await parts.close();
    await client.connection.close();
  }
}

async function proveAll(client: Client, configuration: Configuration, hours: readonly LandingHour[], terminal: Terminal): Promise<void> {
  const asking = new Hours(client, configuration.SLUICE_TASK_QUEUE);
  for (const landingHour of hours) {
    const answer = await asking.request(landingHour, { requestId: randomUUID(), kind: 'manual', by: 'bench', waitFor: 'done' });
    if (answer.state !== 'proven') throw new Error(`${landingHour} is ${answer.state}: ${answer.message}`);
    terminal.say(`${landingHour}: ${answer.proof!.terms.curated.toLocaleString('en-US')} rows proven`);
  }
}

interface Bench {
  readonly terminal: Terminal;
  readonly client: Client;
  readonly configuration: Configuration;
  readonly parts: OpenParts;
  readonly owner: Postgres;
  readonly hours: readonly LandingHour[];
}

async function measure(planted: number, { runs, everyRowAt }: ReconcileOptions, { terminal, client, configuration, parts, owner, hours }: Bench): Promise<Measured> {
  const plant = (cents: number): Promise<number> => owner.run(readSql('bench/plant-differences.sql'), [hourStart(parseLandingHour(`${DATE}T00`)), planted, cents]);
  await plant(1);
  const reconcile: number[] = [];
  const rowByRow: number[] = [];
  let stores: Readonly<Record<string, number>> = {};
  for (let run = 0; run < runs; run += 1) {
    const ours = await reconcileOnce(client, configuration, parts);
    mustFind(planted, ours.found, 'the reconciliation');
    reconcile.push(ours.seconds);
    stores = ours.stores;
    terminal.say(`${planted} differences: reconciled in ${ours.seconds.toFixed(1)} s`);
    if (!everyRowAt.includes(planted)) continue;
    const started = performance.now();
    mustFind(planted, await everyRow(parts, hours), 'the comparison of every row');
    rowByRow.push((performance.now() - started) / 1000);
  }
  await plant(-1);
  return { planted, reconcile, stores, rowByRow };
}

function mustFind(planted: number, found: number, who: string): void {
  if (found !== planted) throw new Error(`${who} found ${found} rows of hour_payments that differ, ${planted} were planted`);
}

interface Reconciled {
  readonly seconds: number;
  readonly found: number;
  readonly stores: Readonly<Record<string, number>>;
}

async function reconcileOnce(client: Client, configuration: Configuration, { lake, ledger }: OpenParts): Promise<Reconciled> {
  const started = performance.now();
  // A day that differs fails its workflow; the report is there either way.
  await client.workflow.execute('reconcile', {
    workflowId: `reconcile/${DATE}`, taskQueue: configuration.SLUICE_TASK_QUEUE, args: [{ date: DATE, repair: 'off', by: 'bench' }],
  }).catch(() => undefined);
  const seconds = (performance.now() - started) / 1000;
  const [last] = await ledger.reconciliations(DATE, 1);
  const report = JSON.parse((await lake.readText(last!.reportKey!))!.text) as Pick<DayFindings, 'compared' | 'rollups'>;
  const held = report.compared.find(({ store }) => store === 'hour_payments')!;
  return {
    seconds,
    found: held.hours.reduce((sum, { rows }) => sum + rows, 0),
    stores: { ...Object.fromEntries(report.compared.map(({ store, seconds: took }) => [store, took])), rollups: report.rollups?.compared?.seconds ?? 0 },
  };
}

/** Every row of both, bucket by bucket: what the tree of sums saves. */
async function everyRow(parts: OpenParts, hours: readonly LandingHour[]): Promise<number> {
  const control: JobControl = { signal: new AbortController().signal, progress: () => undefined };
  // As activities/heartbeat.ts does: many downloads listen to one signal.
  setMaxListeners(0, control.signal);
  return withWorkFolder(tmpdir(), async (folder) => {
    const { proven } = await provenHours(parts, hours.map((landingHour): HourInScope => ({ landingHour, revision: 1, state: 'proven', rows: 0 })));
    return parts.comparison.read(async (payments) => {
      let found = 0;
      for (const hour of proven) {
        const { landingHour } = hour;
        const reference = await lakeHour(parts, hour, hour.files, new ListedDays(parts.lake), { folder, deep: true, control });
        const store = hourPayments(payments, landingHour, reference.held);
        const differences = differencesInRows({ store: 'hour_payments', landingHour }, reference, store, ALL_BUCKETS);
        while ((await differences.next()).done !== true) found += 1;
      }
      return found;
    }, control.signal);
  });
}

function roundedStores(stores: Reconciled['stores']): Record<string, number> {
  return Object.fromEntries(Object.entries(stores).map(([store, seconds]) => [store, rounded(seconds)]));
}

function rendered(first: Reconciled, measured: readonly Measured[]): string {
  const rows = measured.map(({ planted, reconcile, stores, rowByRow }) => {
    const compared = (stores.lake ?? 0) + (stores.hour_payments ?? 0);
    return [
      planted.toLocaleString('en-US'), median(reconcile).toFixed(2), ...STORES.map((store) => (stores[store] ?? 0).toFixed(2)),
      ...(rowByRow.length === 0 ? ['', ''] : [median(rowByRow).toFixed(2), (median(rowByRow) / compared).toFixed(1)]),
    ];
  });
  const titles = ['reconcile', ...STORES, 'every row', 'every row ÷ (lake + hour_payments)'];
  return [
    `\nthe first reconciliation, which reads everything: ${first.seconds.toFixed(2)} s, of them ${STORES.map((store) => `${store} ${(first.stores[store] ?? 0).toFixed(2)}`).join(', ')}; then, seconds:`,
    table([{ title: 'differences', right: true }, ...titles.map((title) => ({ title, right: true }))], rows),
  ].join('\n');
}

main().catch((error: unknown) => {
  new Terminal(false).error(error);
  process.exit(1);
});
