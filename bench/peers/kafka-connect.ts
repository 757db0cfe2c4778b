/** Kafka Connect, standalone, beside the stack. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KAFKA_CONNECT_VERSION, setUpDebezium, setUpKafkaConnect } from '../../scripts/setup/kafka-connect';
import { java } from '../../scripts/stack/kafka-broker';
import { freePorts } from '../../scripts/stack/ports';
import type { Stack } from '../../scripts/stack/stack';
import type { Terminal } from '../../scripts/terminal';

const HOST = '127.0.0.1';
const UP_WITHIN_MS = 120_000;

export interface Connector {
  /** throws when it has failed */
  check(): Promise<void>;
  remove(): Promise<void>;
}

export interface KafkaConnect {
  readonly pid: number;
  /** returns when its task runs */
  add(name: string, config: Readonly<Record<string, string>>): Promise<Connector>;
}

export async function startKafkaConnect(stack: Stack, brokers: string, terminal: Terminal): Promise<KafkaConnect> {
  const [jars, plugins] = await Promise.all([setUpKafkaConnect(terminal), setUpDebezium(terminal)]);
  const folder = join(stack.stateDir, 'kafka-connect');
  await mkdir(folder, { recursive: true });
  // Any that is free: nothing of the stack listens there.
  const { api: port } = await freePorts();
  const settings = {
    'bootstrap.servers': brokers,
    listeners: `http://${HOST}:${port}`,
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'offset.storage.file.filename': join(folder, 'offsets'),
    'offset.flush.interval.ms': '10000',
    'connector.client.config.override.policy': 'All',
    'plugin.path': plugins,
    'plugin.discovery': 'service_load',
  };
  const properties = join(folder, 'worker.properties');
  await writeFile(properties, Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join(''));
  const { pid } = stack.accompany({
    name: 'connect', about: 'Kafka Connect', version: KAFKA_CONNECT_VERSION, command: java(), environment: {}, graceMs: 10_000,
    // The heap that its own start script gives it.
    args: ['-Xms256m', '-Xmx2g', '-Duser.timezone=UTC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', join(jars, '*'),
      'org.apache.kafka.connect.cli.ConnectStandalone', properties],
  });
  const rest = `http://${HOST}:${port}/connectors`;
  await until('Kafka Connect answers', async () => fetch(rest).then((answer) => answer.ok, () => false));
  return { pid, add: (name, config) => addConnector(rest, name, config) };
}

async function addConnector(rest: string, name: string, config: Readonly<Record<string, string>>): Promise<Connector> {
  const here = `${rest}/${name}`;
  await asked(rest, 'POST', { name, config });
  const check = async (): Promise<readonly string[]> => {
    const answer = await fetch(`${here}/status`);
    if (!answer.ok) return [];
    const { tasks } = await answer.json() as { readonly tasks: readonly { readonly state: string; readonly trace?: string }[] };
    const failed = tasks.find(({ state }) => state === 'FAILED');
    if (failed !== undefined) throw new Error(`the task of ${name} failed: ${failed.trace ?? 'it does not say why'}`);
    return tasks.map(({ state }) => state);
  };
  await until(`the task of ${name} runs`, async () => (await check()).includes('RUNNING'));
  return {
    check: async () => { await check(); },
    remove: () => asked(here, 'DELETE'),
  };
}

async function asked(url: string, method: string, body?: object): Promise<void> {
  const answer = await fetch(url, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + UP_WITHIN_MS;
  while (!(await isSo())) {
    if (Date.now() > giveUp) throw new Error(`waited ${UP_WITHIN_MS / 1000} s in vain: ${what}`);
    await sleep(100);
  }
}
