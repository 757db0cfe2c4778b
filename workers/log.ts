/**
 * The log: JSON lines on stderr, pretty on a terminal. Inside an activity every line says which run, hour, activity and attempt
 * it belongs to, whoever writes it. Secrets and card numbers are taken out of the finished line, so that no caller can forget.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Logger as TemporalLogger, LogLevel, LogMetadata } from '@temporalio/common';
import type { Configuration } from '../contract/configuration';
import { createRedaction, secretsOf } from './redaction';

/** On every line of an activity. `run` is the landing hour and the revision. */
export interface RunFields {
  readonly landingHour?: string;
  readonly revision?: number;
  readonly run?: string;
  readonly activity: string;
  readonly attempt: number;
  readonly workflowRun?: string;
}

const currentRun = new AsyncLocalStorage<RunFields>();

export function withRunFields<T>(fields: RunFields, work: () => Promise<T>): Promise<T> {
  return currentRun.run(fields, work);
}

/** Synchronous: the last line before a crash is the one that is needed. */
function terminalOrFile(): DestinationStream {
  return process.stderr.isTTY ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }) : pino.destination({ fd: 2, sync: true });
}

export function createLog(configuration: Configuration, destination: DestinationStream = terminalOrFile()): Logger {
  const redaction = createRedaction(secretsOf(configuration));
  return pino({
    level: configuration.SLUICE_LOG_LEVEL,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: bigintsAsText },
    serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
    mixin: () => ({ ...currentRun.getStore() }),
    hooks: { streamWrite: (line) => `${JSON.stringify(redaction.value(JSON.parse(line)))}\n` },
  }, destination);
}

/** pino would write them as numbers, and the next reader would round them. */
function bigintsAsText(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]));
}

const LEVEL = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** For `Runtime.install({ logger })`: what the SDK, workflows and activities say goes into the same log. */
export function temporalLog(log: Logger): TemporalLogger {
  const write = (level: LogLevel, message: string, meta: LogMetadata = {}): void => log[LEVEL[level]](runFieldsOf(meta), message);
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** The SDK's names for things, in ours. */
function runFieldsOf({ workflowId, runId, activityType, ...rest }: LogMetadata): Record<string, unknown> {
  const landingHour = typeof workflowId === 'string' ? /^payments\/(\d{4}-\d{2}-\d{2}T\d{2})$/.exec(workflowId)?.[1] : undefined;
  return {
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(landingHour === undefined ? {} : { landingHour }),
    ...(runId === undefined ? {} : { workflowRun: runId }),
    ...(activityType === undefined ? {} : { activity: activityType }),
    ...rest,
  };
}
