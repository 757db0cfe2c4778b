/** Sluice on a running stack: database, catalogue, topic, worker, schedules, demo. Each step may be repeated: a second start changes nothing. */
import { join } from 'node:path';
import type { Configuration } from '../contract/configuration';
import { openCatalog } from '../stores/catalog';
import { openTopic } from '../stores/kafka';
import { openLake } from '../stores/lake';
import { migrate } from '../stores/migrations';
import { openPostgres } from '../stores/postgres';
import { openSchemaRegistry } from '../stores/schema-registry';
import { connectTemporal } from '../stores/temporal';
import { demoKey } from './demo-key';
import { hoursTable, landDemoHours, runHours } from './demo';
import { applySchedules, SCHEDULES } from './schedules';
import { stackConfiguration, stackEnvironment } from './stack/environment';
import type { Stack } from './stack/stack';
import type { Terminal } from './terminal';

export interface ApplicationOptions {
  readonly once: boolean;
  readonly demo: boolean;
  readonly worker: boolean;
}

export async function runApplication(stack: Stack, options: ApplicationOptions, terminal: Terminal): Promise<{ readonly proven: boolean }> {
  const configuration = await stackConfiguration();
  await prepareStores(configuration, terminal);
  if (options.worker) startWorker(stack, configuration);
  startApi(stack);
  const client = await connectTemporal(configuration, stackEnvironment());
  try {
    const schedules = await applySchedules(client, SCHEDULES, configuration);
    terminal.say(`schedules: ${schedules.map((schedule) => `${schedule.id} ${schedule.outcome}`).join(', ')}`);
    if (!options.demo) {
      sayWhereThingsAre(stack, null, terminal);
      return { proven: true };
    }
    const hours = await landDemoHours(configuration, stack.stateDir, terminal);
    if (!options.worker) terminal.say('waiting for a worker: start one with `npx sluice worker`');
    const done = await runHours(client, configuration, hours, terminal);
    terminal.result(done.map(({ answer, seconds }) => ({ ...answer, seconds })), () => `\n${hoursTable(done)}\n`);
    sayWhereThingsAre(stack, await demoKey(configuration, stack.stateDir), terminal);
    return { proven: done.every(({ answer }) => answer.state === 'proven') };
  } finally {
    await client.connection.close();
  }
}

/** What the worker finds ready: tables, bucket, catalogue, topic. The local catalogue forgets at every restart, so it is told again. */
export async function prepareStores(configuration: Configuration, terminal: Terminal): Promise<void> {
  const owner = openPostgres(configuration, 'owner');
  const lake = openLake(configuration);
  const catalog = openCatalog(configuration);
  try {
    const { applied } = await migrate(owner);
    terminal.say(`postgres: ${applied.length === 0 ? 'tables are up to date' : `${applied.length} migrations applied`}`);
    await lake.ensureBucket();
    const { created, updated } = await catalog.apply();
    terminal.say(`catalogue: ${created.length} created, ${updated.length} updated`);
    const topic = openTopic(configuration, openSchemaRegistry(configuration), () => undefined);
    const ensured = await topic.ensure();
    terminal.say(`topic ${topic.name}: ${ensured.created ? 'created' : 'there'}`);
  } finally {
    await owner.close();
    lake.close();
    catalog.close();
  }
}

function startWorker(stack: Stack, configuration: Configuration): void {
  stack.accompany({
    name: 'worker',
    about: 'the worker',
    version: '',
    command: process.execPath,
    args: [join(__dirname, 'sluice.js'), 'worker'],
    environment: {},
    graceMs: (configuration.SLUICE_SHUTDOWN_GRACE_SECONDS + 15) * 1000,
  });
}

function startApi(stack: Stack): void {
  stack.accompany({
    name: 'api',
    about: 'the API',
    version: '',
    command: process.execPath,
    args: [join(__dirname, 'sluice.js'), 'api'],
    environment: {},
    graceMs: 10_000,
  });
}

/** `key`: behind the #, so that it opens the pages and is sent to nobody; null where there is no demo. */
function sayWhereThingsAre(stack: Stack, key: string | null, terminal: Terminal): void {
  const api = `http://127.0.0.1:${stack.ports.api}`;
  terminal.say([
    `Pages         ${api}/pages/hours${key === null ? '' : `#key=${key}`}`,
    `Temporal UI   http://127.0.0.1:${stack.ports.temporal_ui}/namespaces/default/workflows`,
    `API           ${api}/docs (${key === null ? 'a key: npx sluice keys create --name me' : 'the key is the one above'})`,
    `Proof         npx sluice proof --landing-hour HOUR`,
    `Dead letters  npx sluice dead-letters list`,
    `Addresses     npx sluice status`,
  ].join('\n'));
}
