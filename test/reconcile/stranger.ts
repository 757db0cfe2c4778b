/** Somebody else who writes to the topic and deletes from it, under the names of Sluice's own runs. */
import { Kafka, logLevel, type IHeaders } from 'kafkajs';
import { encodeCurated } from '../../contract/curated-record';
import type { LandingHour } from '../../contract/landing-hour';
import type { CuratedPayment } from '../../contract/payment';
import type { PublishedRange, PublishResult } from '../../contract/stages';
import { kafkaConfig } from '../../stores/kafka-connection';
import { asRow } from '../publish/topic-under-test';
import type { ComparedDay } from './compared-day';

export class Stranger {
  private readonly kafka: Kafka;
  private readonly topic: string;

  constructor(private readonly day: ComparedDay) {
    this.kafka = new Kafka({ ...kafkaConfig(day.bench.configuration), logLevel: logLevel.NOTHING });
    this.topic = day.bench.configuration.SLUICE_KAFKA_TOPIC;
  }

  async ranges(hour: LandingHour): Promise<readonly PublishedRange[]> {
    const { ledger } = this.day.bench.parts;
    const { loadedRevision } = (await ledger.hour(hour))!;
    return (await ledger.stageResult<PublishResult>({ landingHour: hour, revision: loadedRevision! }, 'publish'))!.ranges;
  }

  /** The rows that the hour's loaded revision published; of one partition, or of all. */
  async published(hour: LandingHour, partition?: number): Promise<ReadonlyMap<string, CuratedPayment>> {
    const rows = new Map<string, CuratedPayment>();
    const { ledger, topic } = this.day.bench.parts;
    const { loadedRevision } = (await ledger.hour(hour))!;
    const asked = (await this.ranges(hour)).filter((range) => partition === undefined || range.partition === partition);
    for await (const changes of topic.readRun({ landingHour: hour, revision: loadedRevision!, ranges: asked, signal: new AbortController().signal })) {
      for (const { op, row } of changes.map(asRow)) if (op === 'upsert') rows.set(row.payment_id, row);
    }
    return rows;
  }

  async row(hour: LandingHour, paymentId: string): Promise<CuratedPayment> {
    const found = (await this.published(hour)).get(paymentId);
    if (found === undefined) throw new Error(`${paymentId} was not published`);
    return found;
  }

  async send(hour: LandingHour, rows: readonly CuratedPayment[], revision: number): Promise<void> {
    for (const row of rows) await this.raw(hour, row.payment_id, encodeCurated('json', row), revision);
  }

  async raw(hour: LandingHour, key: string, value: Buffer, revision = 1): Promise<void> {
    const producer = this.kafka.producer();
    await producer.connect();
    const headers: IHeaders = { run: `${hour}/r${revision}`, 'landing-hour': hour, revision: String(revision), schema: 'json/1', op: 'upsert' };
    await producer.send({ topic: this.topic, messages: [{ key, value, headers }] });
    await producer.disconnect();
  }

  /** Everything in the partition before the offset. */
  async deleteUpTo(partition: number, offset: string): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    // kafkajs knows a topic's leaders only after it was asked about it.
    await admin.fetchTopicOffsets(this.topic);
    await admin.deleteTopicRecords({ topic: this.topic, partitions: [{ partition, offset }] });
    await admin.disconnect();
  }
}
