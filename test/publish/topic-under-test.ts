/** A topic of its own for each test file, and runs to publish on it. */
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, type Transaction } from 'kafkajs';
import { decodeAvro } from '../../contract/curated-avro';
import { readConfiguration, type Configuration } from '../../contract/configuration';
import { encodeCurated, type RecordFormat } from '../../contract/curated-record';
import { hoursAfter, parseLandingHour, type LandingHour } from '../../contract/landing-hour';
import type { Change, ChangeOp, CuratedPayment } from '../../contract/payment';
import { encodeFrame } from '../../contract/record-frame';
import { kafkaConfig } from '../../stores/kafka-connection';
import type { Bounds } from '../../stores/kafka-reader';
import type { PublishJob } from '../../stores/kafka-transaction';
import { openTopic, type PaymentsTopic, type TailedRecord } from '../../stores/kafka';
import type { PublishedOffset } from '../../stores/published-offset';
import type { SentChange } from '../../stores/record-codec';
import { openSchemaRegistry } from '../../stores/schema-registry';

/** Of this test file alone: an hour has one transactional id, so two files with the same hour would fence each other. */
export const HOUR = hoursAfter(parseLandingHour('2001-01-01T00'), 2 * randomInt(400_000));
export const OTHER_HOUR = hoursAfter(HOUR, 1);

export function paymentOf(id: string, more: Partial<CuratedPayment> = {}): CuratedPayment {
  return {
    payment_id: id, merchant_id: 'm_1', user_id: null, amount_cents: 1_250n, currency: 'EUR', status: 'APPROVED',
    payment_method: 'card', risk_score: 0.25, authorized_at: null, completed_at: null, created_at: 1_795_168_800_000_000n,
    source_system: null, decline_reason: null, dt: '2026-11-20', hour: 10, authorized_to_complete_ms: null, is_approved: true,
    is_refunded: false, processed_at: 1_795_172_400_000_000n, curated_version: 1, landing_hour: 1_795_168_800_000_000n, row_hash: 42n,
    ...more,
  };
}

export function paymentsOf(count: number, prefix = 'p'): readonly CuratedPayment[] {
  return Array.from({ length: count }, (_unused, n) => paymentOf(`${prefix}${n}`, { row_hash: BigInt(n), amount_cents: BigInt(n) }));
}

export interface RunOptions {
  readonly landingHour?: LandingHour;
  readonly revision?: number;
  readonly op?: ChangeOp;
  readonly format?: RecordFormat;
  readonly signal?: AbortSignal;
  readonly progress?: (records: number) => void;
  /** what the difference is said to hold */
  readonly records?: number;
}

export function asRow(change: SentChange): Change {
  return 'row' in change ? change : { op: change.op, row: decodeAvro(change.bytes.subarray(change.start, change.end)) };
}

export class TopicUnderTest {
  readonly kafka: Kafka;
  readonly topic: PaymentsTopic;
  readonly configuration: Configuration;
  private readonly registry;
  private folder: string | undefined;
  private spools = 0;

  constructor(name: string, settings: Partial<Configuration> = {}) {
    this.configuration = {
      ...readConfiguration(process.env),
      SLUICE_KAFKA_TOPIC: `test.${name}.${process.pid}.${Date.now()}`,
      SLUICE_KAFKA_PARTITIONS: 3,
      ...settings,
    };
    this.registry = openSchemaRegistry(this.configuration);
    this.topic = openTopic(this.configuration, this.registry, () => undefined);
    this.kafka = new Kafka({ ...kafkaConfig(this.configuration), logLevel: logLevel.NOTHING });
  }

  close(): void {
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
    this.registry.close();
  }

  async remove(): Promise<void> {
    this.close();
    const admin = this.kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [this.topic.name] });
    await admin.disconnect();
  }

  /** What the activity hands to the fence. */
  async job(rows: readonly CuratedPayment[], options: RunOptions = {}): Promise<PublishJob> {
    const format = options.format ?? 'json';
    const { valueHeader, schema } = await this.topic.codec.writing(format);
    this.folder ??= mkdtempSync(join(tmpdir(), 'sluice-test-publish-'));
    const spool = join(this.folder, `spool-${this.spools += 1}`);
    writeFileSync(spool, Buffer.concat(rows.map((row) => encodeFrame({
      op: options.op ?? 'upsert', key: Buffer.from(row.payment_id), value: Buffer.concat([valueHeader, encodeCurated(format, row)]),
    }))));
    return {
      revision: options.revision ?? 1,
      spool,
      records: options.records ?? rows.length,
      schema,
      signal: options.signal ?? new AbortController().signal,
      progress: options.progress ?? (() => undefined),
    };
  }

  async publish(rows: readonly CuratedPayment[], options: RunOptions = {}): Promise<PublishedOffset> {
    const landingHour = options.landingHour ?? HOUR;
    const fence = await this.topic.fence(landingHour);
    try {
      const published = await fence.publish(await this.job(rows, options));
      await this.committed(landingHour);
      return published;
    } finally {
      await fence.close();
    }
  }

  /** The broker answers a commit before its markers are everywhere; a fence waits for them, and so what is read next is the end. */
  async committed(landingHour = HOUR): Promise<void> {
    await this.topic.fencedRevision(landingHour);
  }

  async read(published: PublishedOffset, landingHour = HOUR): Promise<readonly Change[]> {
    const read: Change[] = [];
    const { signal } = new AbortController();
    for await (const changes of this.topic.readRun({ landingHour, revision: published.revision, ranges: published.ranges, signal })) {
      read.push(...changes.map(asRow));
    }
    return read;
  }

  bounds(): Promise<readonly Bounds[]> {
    return this.topic.bounds(new AbortController().signal);
  }

  /** Everything that is committed now. */
  async all(landingHour?: LandingHour): Promise<readonly TailedRecord[]> {
    const all: TailedRecord[] = [];
    const { signal } = new AbortController();
    const hour = landingHour === undefined ? {} : { landingHour };
    for await (const records of this.topic.tail({ ...hour, fromBeginning: true, follow: false, signal })) all.push(...records);
    return all;
  }

  /** A transaction of somebody else on the same topic; `end` ends it or leaves it open like a killed process. */
  async foreign(id: string, body: (transaction: Transaction) => Promise<void>): Promise<{ end(how: 'commit' | 'abort' | 'killed'): Promise<void> }> {
    const open = async () => {
      const producer = this.kafka.producer({ transactionalId: id, maxInFlightRequests: 1, createPartitioner: () => ({ message }) => message.partition ?? 0 });
      await producer.connect();
      return { producer, transaction: await producer.transaction() };
    };
    const { producer, transaction } = await open();
    await body(transaction);
    return {
      end: async (how) => {
        if (how !== 'killed') await transaction[how]();
        await producer.disconnect();
        // As in `committed`: what begins anew under the id waits for the markers.
        if (how !== 'killed') await (await open()).producer.disconnect();
      },
    };
  }

  async send(transaction: Transaction, partition: number, rows: readonly CuratedPayment[], run: { readonly landingHour: string; readonly revision: number }): Promise<void> {
    await transaction.send({
      topic: this.topic.name,
      messages: rows.map((row) => ({
        key: row.payment_id, value: encodeCurated('json', row), partition,
        headers: { run: `${run.landingHour}/r${run.revision}`, 'landing-hour': run.landingHour, revision: String(run.revision), schema: 'json/1', op: 'upsert' },
      })),
    });
  }
}

export function idsOf(changes: readonly Change[]): readonly string[] {
  return changes.map((change) => change.row.payment_id).sort();
}
