/** The parts of the local stack: what runs, where it listens, how it is known to be well. docker-compose.yml is held against it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../contract/search-attributes';
import { KAFKA_VERSION } from '../setup/kafka';
import { MOTO_VERSION } from '../setup/moto';
import { postgresVersion } from '../setup/postgres';
import { runTool } from '../setup/run-tool';
import { TEMPORAL_CLI_VERSION } from '../setup/temporal-cli';
import { VERSITYGW_VERSION } from '../setup/versitygw';
import { ensureBucket } from './bucket';
import { awsAnswers, kafkaAnswers, s3Answers, temporalAnswers } from './health';
import { kafkaPart } from './kafka-broker';
import type { Part } from './part';
import { postgresPart } from './postgres-server';

const HOST = '127.0.0.1';

/** As `start-dev` takes them: `Revision=Int`. */
export const SEARCH_ATTRIBUTE_FLAGS: readonly string[] = Object.entries(SEARCH_ATTRIBUTES)
  .map(([name, type]) => `${name}=${type.charAt(0)}${type.slice(1).toLowerCase()}`);

/**
 * What the dev server needs to keep up, as it takes it and as the compose file says it.
 * With SQLite's own defaults each step of a workflow waits for the disk twice. Written ahead, what Temporal has said survives its being killed;
 * a power cut may take the last moment, and never the order of things.
 * A history shard asks its queue for tasks 20 times a second and no more. A cluster has hundreds of shards, the dev server has one: all workflows
 * together would take 20 steps a second, each of them 40 ms.
 * And an activity goes to the worker that asked for it with the same answer, as on Temporal Cloud, where it has room; otherwise it is polled for.
 */
export const TEMPORAL_PACE: readonly string[] = [
  '--sqlite-pragma=journal_mode=wal', '--sqlite-pragma=synchronous=normal', '--dynamic-config-value=history.transferProcessorMaxPollRPS=1000',
  '--dynamic-config-value=system.enableActivityEagerExecution=true',
];

const temporal: Part = {
  name: 'temporal',
  about: 'Temporal dev server',
  version: TEMPORAL_CLI_VERSION,
  askVersion: async ({ temporal: command }) => {
    const [, cli, server] = /version (\S+) \(Server ([^,)]+)/.exec(await runTool({ command, args: ['--version'] })) ?? [];
    return `${cli ?? 'unknown'} (server ${server ?? 'unknown'})`;
  },
  ports: ['temporal', 'temporal_ui'],
  stopSignal: 'SIGTERM',
  folder: (stateDir) => join(stateDir, 'temporal'),
  prepare: ({ folder }) => {
    mkdirSync(folder, { recursive: true });
    return Promise.resolve();
  },
  launch: ({ programs, ports, folder, log }) => ({
    command: programs.temporal,
    args: ['server', 'start-dev', '--ip', HOST, '--port', String(ports.temporal), '--ui-port', String(ports.temporal_ui),
      '--db-filename', join(folder, 'temporal.db'), ...TEMPORAL_PACE, '--log-level', 'warn', '--log-format', 'json',
      ...SEARCH_ATTRIBUTE_FLAGS.flatMap((flag) => ['--search-attribute', flag])],
    cwd: folder,
    log,
  }),
  answers: ({ ports }) => temporalAnswers(`${HOST}:${ports.temporal}`),
  address: ({ ports }) => `${HOST}:${ports.temporal}`,
};

const s3: Part = {
  name: 's3',
  about: 'S3 gateway over a folder (versitygw)',
  version: VERSITYGW_VERSION,
  askVersion: async ({ versitygw: command }) => /^Version\s*:\s*v?(\d\S*)/m.exec(await runTool({ command, args: ['--version'] }))?.[1] ?? VERSITYGW_VERSION,
  ports: ['s3'],
  stopSignal: 'SIGTERM',
  folder: (stateDir) => join(stateDir, 's3'),
  prepare: ({ folder }) => {
    mkdirSync(join(folder, 'objects'), { recursive: true });
    return Promise.resolve();
  },
  launch: ({ programs, ports, secrets, region, folder, log }) => ({
    command: programs.versitygw,
    args: ['--port', `${HOST}:${ports.s3}`, '--region', region, '--quiet', 'posix', join(folder, 'objects')],
    // Not as arguments: those are in every user's process list.
    environment: { ROOT_ACCESS_KEY: secrets.s3AccessKey, ROOT_SECRET_KEY: secrets.s3SecretKey },
    cwd: folder,
    log,
  }),
  answers: ({ ports, secrets, region }) => s3Answers(`http://${HOST}:${ports.s3}`, secrets.s3AccessKey, secrets.s3SecretKey, region),
  furnish: ({ ports, secrets, region, bucket }) => ensureBucket(`http://${HOST}:${ports.s3}`, region, bucket, secrets),
  address: ({ ports }) => `http://${HOST}:${ports.s3}`,
};

const aws: Part = {
  name: 'aws',
  about: 'Glue, Athena, Secrets Manager (moto server, in memory)',
  version: MOTO_VERSION,
  ports: ['aws'],
  stopSignal: 'SIGTERM',
  folder: (stateDir) => join(stateDir, 'aws'),
  prepare: ({ folder }) => {
    mkdirSync(folder, { recursive: true });
    return Promise.resolve();
  },
  launch: ({ programs, ports, folder, log }) => ({
    command: programs.moto,
    args: ['-c', 'from moto.server import main; main()', '-H', HOST, '-p', String(ports.aws)],
    environment: { PYTHONUNBUFFERED: '1' },
    cwd: folder,
    log,
  }),
  answers: ({ ports }) => awsAnswers(`http://${HOST}:${ports.aws}`),
  address: ({ ports }) => `http://${HOST}:${ports.aws}`,
};

/** In the order in which they stop last to first. */
export function stackParts(): readonly Part[] {
  return [
    postgresPart(postgresVersion()),
    s3,
    aws,
    kafkaPart(KAFKA_VERSION, ({ ports }) => kafkaAnswers(`${HOST}:${ports.kafka}`)),
    temporal,
  ];
}
