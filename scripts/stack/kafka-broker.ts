/** The one broker of the local stack: KRaft, its own controller. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { onPath, runTool } from '../setup/run-tool';
import type { Part, PartAddress, PartContext } from './part';
import type { Ports } from './ports';

const HOST = '127.0.0.1';

/** What docker-compose.yml must say as well. */
export const BROKER_SETTINGS: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': 'CONTROLLER',
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '8',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '8',
  'group.initial.rebalance.delay.ms': '0',
  // A misspelt topic must be an error, not a new topic.
  'auto.create.topics.enable': 'false',
};

/** How a broker differs from the stack's own: the tests' secured one. */
export interface BrokerVariation {
  readonly settings: (ports: Ports) => Readonly<Record<string, string>>;
  /** further arguments of the storage tool's `format` */
  readonly format: readonly string[];
}

const AS_IT_IS: BrokerVariation = { settings: () => ({}), format: [] };

export function kafkaPart(version: string, answers: (address: PartAddress) => Promise<void>, variation = AS_IT_IS): Part {
  return {
    name: 'kafka',
    about: 'Apache Kafka, one broker (KRaft)',
    version,
    ports: ['kafka', 'kafka_controller'],
    stopSignal: 'SIGTERM',
    folder: (stateDir) => join(stateDir, 'kafka'),
    prepare: (context) => prepare(context, variation),
    launch: ({ programs, folder, log }) => ({
      command: java(),
      args: ['-Xmx256m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-Dorg.slf4j.simpleLogger.showDateTime=true', '-cp', join(programs.kafka, '*'), 'kafka.Kafka', join(folder, 'server.properties')],
      cwd: folder,
      log,
    }),
    answers,
    address: ({ ports }) => `${HOST}:${ports.kafka}`,
  };
}

async function prepare({ programs, ports, folder }: PartContext, variation: BrokerVariation): Promise<void> {
  const data = join(folder, 'data');
  mkdirSync(folder, { recursive: true });
  const settings = {
    ...BROKER_SETTINGS,
    'controller.quorum.voters': `1@${HOST}:${ports.kafka_controller}`,
    listeners: `PLAINTEXT://${HOST}:${ports.kafka},CONTROLLER://${HOST}:${ports.kafka_controller}`,
    'advertised.listeners': `PLAINTEXT://${HOST}:${ports.kafka}`,
    'log.dirs': data,
    ...variation.settings(ports),
  };
  const properties = join(folder, 'server.properties');
  writeFileSync(properties, Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join(''));
  if (existsSync(join(data, 'meta.properties'))) return;
  await runTool({
    command: java(),
    args: ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(programs.kafka, '*'), 'kafka.tools.StorageTool', 'format',
      '--cluster-id', clusterId(), '--config', properties, ...variation.format],
  });
}

export function java(): string {
  const home = process.env.JAVA_HOME;
  return home === undefined || home === '' ? onPath('java') ?? 'java' : join(home, 'bin', 'java');
}

/** Never with a dash in front: the tool would take it for an option, one start in sixty-four. */
export function clusterId(random: () => Buffer = () => randomBytes(16)): string {
  const id = random().toString('base64url');
  return id.startsWith('-') ? clusterId(random) : id;
}
