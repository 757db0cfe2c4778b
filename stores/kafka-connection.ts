/** How Kafka is reached: brokers, TLS, SASL, patience, and where its client's log lines go. */
import { readFileSync } from 'node:fs';
import { Kafka, logLevel, type KafkaConfig, type LogEntry, type SASLOptions } from 'kafkajs';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import { keepTimersFromThePast } from './kafka-timers';

export type LogLine = (level: 'debug' | 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>) => void;

export function kafkaConfig(configuration: Configuration): KafkaConfig {
  return {
    clientId: 'sluice',
    brokers: [...configuration.SLUICE_KAFKA_BROKERS],
    ssl: tlsOf(configuration),
    ...saslOf(configuration),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    // About 15 s in all: a broker that restarts is waited for, one that is gone fails the attempt.
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 },
  };
}

export function connectKafka(configuration: Configuration, log: LogLine): Kafka {
  keepTimersFromThePast();
  return new Kafka({ ...kafkaConfig(configuration), logLevel: logLevel.INFO, logCreator: () => (entry) => relay(entry, log) });
}

/** The log has its own time, and a stack on a line that tells of a retry alarms for nothing. */
const LEFT_OUT = new Set(['message', 'timestamp', 'logger', 'stack']);

/** kafkajs calls everything it tries again an error; what really fails is thrown, so here a warning is enough. */
function relay(entry: LogEntry, log: LogLine): void {
  const { message } = entry.log;
  const fields = Object.fromEntries(Object.entries(entry.log).filter(([name]) => !LEFT_OUT.has(name)));
  const level = entry.level === logLevel.DEBUG ? 'debug' : entry.level === logLevel.INFO ? 'info' : 'warn';
  log(level, `kafka: ${message}`, { namespace: entry.namespace, ...fields });
}

function tlsOf({ SLUICE_KAFKA_TLS: tls, SLUICE_KAFKA_CA_FILE: file }: Configuration): boolean | { readonly ca: string } {
  if (file === undefined) return tls;
  const refuse = (what: string, fix: string, cause?: unknown): never => {
    throw new SluiceError({ kind: 'configuration', what, on: 'SLUICE_KAFKA_CA_FILE', fix, cause });
  };
  if (!tls) return refuse('an authority is named, and Kafka is to be reached without TLS', 'Set SLUICE_KAFKA_TLS=true, or remove it');
  let ca: string;
  try {
    ca = readFileSync(file, 'utf8');
  } catch (error) {
    return refuse(`the file cannot be read: ${(error as Error).message}`, 'Name a PEM file that this process may read', error);
  }
  // Node takes a file without any for an empty list, and then trusts nobody.
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) return refuse(`there is no certificate in ${file}`, 'Name a PEM file');
  return { ca };
}

function saslOf(configuration: Configuration): { readonly sasl?: SASLOptions } {
  const mechanism = configuration.SLUICE_KAFKA_SASL;
  if (mechanism === 'none') return {};
  const { SLUICE_KAFKA_USERNAME: username, SLUICE_KAFKA_PASSWORD: password } = configuration;
  if (username === undefined || password === undefined) {
    throw new SluiceError({
      kind: 'configuration',
      what: `SLUICE_KAFKA_SASL=${mechanism} needs a user and a password`,
      on: username === undefined ? 'SLUICE_KAFKA_USERNAME' : 'SLUICE_KAFKA_PASSWORD',
      fix: 'Set it in the environment',
    });
  }
  return { sasl: { mechanism, username, password } };
}
