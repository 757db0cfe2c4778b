/** A place to run hours in: the test run's stack, prepared once, a task queue of one's own, worker processes that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { Kafka, logLevel } from 'kafkajs';
import { pino } from 'pino';
import { readConfiguration, type Configuration } from '../../contract/configuration';
import { rawPrefix } from '../../contract/lake-layout';
import { landingHourOf, type LandingHour } from '../../contract/landing-hour';
import type { RunAnswer, RunRequest } from '../../contract/run';
import { prepareStores } from '../../scripts/application';
import { Terminal } from '../../scripts/terminal';
import { openPostgres, type Postgres } from '../../stores/postgres';
import { connectTemporal, Hours } from '../../stores/temporal';
import { openParts, type OpenParts } from '../../workers/parts';

const CLI = join(__dirname, '../../dist/scripts/sluice.js');
const PATIENCE_MS = 90_000;

const APART_MS = 26 * 3_600_000;
const HOURS_OF_A_BLOCK = 110;

let nextHour = 0;
let hoursLeft = 0;

/** An hour that nobody else uses: workflow ids, prefixes and rows are one to an hour, and payments of one hour are found by another's day. From 2001 on. */
export function freshHour(): LandingHour {
  if (hoursLeft === 0) {
    nextHour = Date.UTC(2001, 0, 1) + ownBlock() * HOURS_OF_A_BLOCK * APART_MS;
    hoursLeft = HOURS_OF_A_BLOCK;
  }
  hoursLeft -= 1;
  nextHour += APART_MS;
  return landingHourOf(new Date(nextHour));
}

/** The midnight of a day that nobody else uses, nor the day before it or after it. */
export function freshDay(): number {
  if (hoursLeft < 3) hoursLeft = 0;
  const [, middle] = [freshHour(), freshHour(), freshHour()];
  return Date.parse(middle.slice(0, 10));
}

/** Test files run beside each other in processes of their own; chosen at random, hours of two of them met now and then. */
function ownBlock(): number {
  const folder = join(process.env.SLUICE_STATE_DIR!, 'hours-of-tests');
  mkdirSync(folder, { recursive: true });
  for (let block = 0; ; block += 1) {
    try {
      closeSync(openSync(join(folder, String(block)), 'wx'));
      return block;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A good line of the hour; what a test says of it stands. */
export function line(hour: LandingHour, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    payment_id: `${hour}-${randomUUID()}`, merchant_id: 'm1', user_id: 'u1', amount_cents: 1000, currency: 'EUR', status: 'AUTHORIZED', payment_method: 'card',
    source_system: 'test', created_at: `${hour}:10:00Z`, ...fields,
  });
}

export class HourBench {
  private readonly processes: ChildProcess[] = [];

  private constructor(
    readonly configuration: Configuration,
    readonly environment: NodeJS.ProcessEnv,
    readonly client: Client,
    readonly parts: OpenParts,
    private readonly reader: Postgres,
  ) {}

  static async open(own: Readonly<Record<string, string>> = {}): Promise<HourBench> {
    const environment = {
      ...process.env, SLUICE_TASK_QUEUE: `test-${randomUUID()}`, SLUICE_METRICS_PORT: '0', SLUICE_LOG_LEVEL: 'info', SLUICE_DUCKDB_MEMORY: '512MB', ...own,
    };
    const configuration = readConfiguration(environment);
    await prepareStores(configuration, new Terminal(true, process.stdout, new Silence() as unknown as NodeJS.WriteStream));
    const client = await connectTemporal(configuration, environment);
    return new HourBench(configuration, environment, client, openParts(configuration, client, pino({ level: 'silent' })), openPostgres(configuration, 'reader'));
  }

  get log(): string {
    return join(tmpdir(), `${this.configuration.SLUICE_TASK_QUEUE}.log`);
  }

  startWorker(own: Readonly<Record<string, string>> = {}): ChildProcess {
    const log = openSync(this.log, 'a');
    const child = spawn(process.execPath, [CLI, 'worker'], { env: { ...this.environment, ...own }, stdio: ['ignore', log, log] });
    closeSync(log);
    this.processes.push(child);
    return child;
  }

  /** A command of the command line, in this place's environment. It does not block: the worker may be in this process. */
  sluice(...args: readonly string[]): Promise<Said> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [CLI, ...args], { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
      const [out, err] = [child.stdout, child.stderr].map((stream) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        return chunks;
      }) as [Buffer[], Buffer[]];
      child.once('close', (code) => resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }));
    });
  }

  async land(hour: LandingHour, name: string, body: string | Buffer): Promise<string> {
    const key = `${rawPrefix(hour)}${name}`;
    await this.parts.lake.put(key, body);
    return key;
  }

  async ask(landingHour: LandingHour, more: Partial<RunRequest> = {}, patienceMs = PATIENCE_MS): Promise<RunAnswer> {
    const asking = new Hours(this.client, this.configuration.SLUICE_TASK_QUEUE).request(landingHour, {
      requestId: randomUUID(), kind: 'manual', by: 'test', waitFor: 'done', ...more,
    });
    const late = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error(`no answer for ${landingHour} in ${patienceMs / 1000} s; the worker says:\n${this.lastLog()}`)), patienceMs).unref();
    });
    return Promise.race([asking, late]);
  }

  wholeLog(): string {
    return readFileSync(this.log, 'utf8');
  }

  lastLog(): string {
    return this.wholeLog().split('\n').slice(-25).join('\n');
  }

  rows<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.reader.rows(sql, values) as unknown as Promise<readonly Row[]>;
  }

  /** For tests that break things on purpose. */
  async asOwner(sql: string, values: readonly unknown[] = []): Promise<number> {
    const owner = openPostgres(this.configuration, 'owner');
    try {
      return await owner.run(sql, values);
    } finally {
      await owner.close();
    }
  }

  async close(): Promise<void> {
    for (const child of this.processes) await stopped(child, 'SIGTERM');
    await this.parts.close();
    await this.reader.close();
    await this.client.connection.close();
  }

  async keysInTopic(hour: LandingHour, revision: number): Promise<readonly string[]> {
    return (await this.recordsInTopic()).filter((record) => record.hour === hour && record.revision === revision).map(({ key }) => key);
  }

  /** What a read-committed consumer, and not our own reader, sees. */
  async recordsInTopic(): Promise<readonly SeenRecord[]> {
    const kafka = new Kafka({ brokers: [...this.configuration.SLUICE_KAFKA_BROKERS], logLevel: logLevel.NOTHING });
    const topic = this.configuration.SLUICE_KAFKA_TOPIC;
    const groupId = `test-${randomUUID()}`;
    const admin = kafka.admin();
    const consumer = kafka.consumer({ groupId, readUncommitted: false });
    await Promise.all([admin.connect(), consumer.connect()]);
    const seen: SeenRecord[] = [];
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      // Nothing tells a consumer that it has seen all; on this machine's own broker two quiet seconds do.
      let quiet = setTimeout(resolve, 8_000);
      consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          clearTimeout(quiet);
          quiet = setTimeout(resolve, 2_000);
          for (const { key, headers } of batch.messages) {
            seen.push({ hour: String(headers?.['landing-hour']), revision: Number(String(headers?.revision)), key: key!.toString() });
          }
        },
      }).catch(reject);
    });
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
    return seen;
  }
}

export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface SeenRecord {
  readonly hour: string;
  readonly revision: number;
  readonly key: string;
}

export function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

class Silence {
  readonly isTTY = false;
  write(): boolean {
    return true;
  }
}
