/**
 * One run is one transaction. The hour's transactional id fences every other attempt first; then the offset of the hour's
 * group says whether the revision was published; only then are records sent, and the revision commits with them.
 */
import { createReadStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompressionTypes, type Kafka, type Message, type Producer, type Transaction } from 'kafkajs';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import { decodeFrames, type RecordFrame } from '../contract/record-frame';
import { isKafkaCode, kafkaError } from './kafka-errors';
import { partitionOf } from './kafka-partitioner';
import { decodeOffsetMetadata, encodeOffsetMetadata, hourGroup, type PublishedOffset } from './published-offset';
import { runHeaders } from './run-headers';

export interface PublishJob {
  readonly revision: number;
  /** file of record frames */
  readonly spool: string;
  readonly records: number;
  /** what the header `schema` says */
  readonly schema: string;
  readonly signal: AbortSignal;
  readonly progress: (records: number) => void;
}

const SPOOL_CHUNK = 1024 * 1024;
const RECORDS_AT_ONCE = 2_000;
/** How long a cancelled attempt waits for the answer on its way, so that it can abort in order. */
const LAST_ANSWER_MS = 1_000;
const LOADING = ['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'];
const LONGEST_LOADING_MS = 8_000;

/** The hour is this attempt's: InitProducerId returned, so no transaction of the hour is pending and no other attempt can commit. */
export class HourFence {
  private constructor(
    private readonly kafka: Kafka,
    private readonly configuration: Configuration,
    private readonly landingHour: LandingHour,
    private readonly producer: Producer,
    private readonly transaction: Transaction,
    /** what the hour's group says; null: nothing was published, or its offset has expired */
    readonly published: PublishedOffset | null,
  ) {}

  static async take(kafka: Kafka, configuration: Configuration, landingHour: LandingHour): Promise<HourFence> {
    const producer = kafka.producer({
      transactionalId: hourGroup(landingHour),
      transactionTimeout: configuration.SLUICE_KAFKA_TRANSACTION_SECONDS * 1000,
      allowAutoTopicCreation: false,
      // More than one at once, and a batch sent again after a lost answer could take the sequence numbers of another.
      maxInFlightRequests: 1,
      createPartitioner: () => ({ message }) => message.partition!,
    });
    try {
      await producer.connect();
      const transaction = await producer.transaction();
      const published = await publishedOffset(kafka, configuration.SLUICE_KAFKA_TOPIC, landingHour);
      return new HourFence(kafka, configuration, landingHour, producer, transaction, published);
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw kafkaError('cannot fence the hour’s producer', hourGroup(landingHour), error);
    }
  }

  /** Publishes the spool as one transaction; where the group says that the revision is published, nothing is sent. */
  async publish(job: PublishJob): Promise<PublishedOffset> {
    if (this.published !== null && this.published.revision === job.revision) return this.published;
    this.checkOrder(job);
    this.checkSize(job);
    const started = Date.now();
    try {
      const ranges = new Ranges();
      await this.send(job, ranges);
      const published = { revision: job.revision, records: ranges.records, ranges: ranges.result() };
      await this.transaction.sendOffsets({
        consumerGroupId: hourGroup(this.landingHour),
        topics: [{
          topic: this.topic,
          // The types of kafkajs forget the metadata; its request carries it.
          partitions: [{ partition: 0, offset: job.revision.toString(), metadata: encodeOffsetMetadata(ranges.records, published.ranges) } as
            { partition: number; offset: string }],
        }],
      });
      job.signal.throwIfAborted();
      await this.transaction.commit();
      return published;
    } catch (error) {
      if (this.transaction.isActive()) await this.transaction.abort().catch(() => undefined);
      if (job.signal.aborted) throw job.signal.reason;
      throw this.timedOut(started, error) ?? kafkaError('cannot publish the run', `${this.landingHour} revision ${job.revision}`, error);
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }

  private get topic(): string {
    return this.configuration.SLUICE_KAFKA_TOPIC;
  }

  private async send(job: PublishJob, ranges: Ranges): Promise<void> {
    const partitions = await partitionCount(this.kafka, this.topic);
    const headers = runHeaders(this.landingHour, job.revision, job.schema);
    let batch: Message[] = [];
    const counts = new Map<number, number>();
    const flush = async (): Promise<void> => {
      job.signal.throwIfAborted();
      const answers = await unlessAborted(this.transaction.send({
        topic: this.topic, messages: batch, acks: -1, compression: CompressionTypes.None,
      }), job.signal);
      for (const { partition, baseOffset } of answers) {
        ranges.add(partition, BigInt(baseOffset ?? -1), counts.get(partition) ?? 0);
        counts.delete(partition);
      }
      // kafkajs forgets a partition whose leader moved, between two tries, to a broker that had already answered.
      if (counts.size > 0) throw new Error(`no broker acknowledged the records of partition ${[...counts.keys()].join(', ')}`);
      batch = [];
      job.progress(ranges.records);
    };
    for await (const frame of framesOf(job.spool)) {
      const partition = partitionOf(frame.key, partitions);
      batch.push({ key: frame.key, value: frame.value, headers: headers[frame.op], partition });
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
      if (batch.length >= RECORDS_AT_ONCE) await flush();
    }
    if (batch.length > 0) await flush();
    if (ranges.records !== job.records) {
      throw new SluiceError({
        kind: 'data',
        what: `the spool holds ${ranges.records} records and the difference has ${job.records}; nothing was published`,
        on: `${this.landingHour} revision ${job.revision}`,
        fix: 'Run the hour again',
      });
    }
  }

  private checkOrder(job: PublishJob): void {
    if (this.published === null || this.published.revision < job.revision) return;
    throw new SluiceError({
      kind: 'fenced',
      what: `revision ${this.published.revision} of the hour is published already; revision ${job.revision} is not published after it`,
      on: this.landingHour,
      fix: 'Nothing to do: the newer revision stands',
      fields: { published: this.published.revision },
    });
  }

  private checkSize(job: PublishJob): void {
    const most = this.configuration.SLUICE_KAFKA_TRANSACTION_RECORDS;
    if (job.records <= most) return;
    throw new SluiceError({
      kind: 'configuration',
      what: `the run has ${job.records} records and SLUICE_KAFKA_TRANSACTION_RECORDS allows ${most} in one transaction`,
      on: `${this.landingHour} revision ${job.revision}`,
      fix: 'Raise SLUICE_KAFKA_TRANSACTION_RECORDS, and SLUICE_KAFKA_TRANSACTION_SECONDS with it',
    });
  }

  /** The broker fences a producer whose transaction timed out just as it fences an old one: then nobody took the hour over. */
  private timedOut(started: number, error: unknown): SluiceError | null {
    const limit = this.configuration.SLUICE_KAFKA_TRANSACTION_SECONDS;
    if (Date.now() - started < limit * 1000 || kafkaError('', '', error).kind !== 'fenced') return null;
    return new SluiceError({
      kind: 'configuration',
      what: `the transaction took longer than SLUICE_KAFKA_TRANSACTION_SECONDS=${limit} and was aborted by the broker; nothing was published`,
      on: this.landingHour,
      fix: 'Raise SLUICE_KAFKA_TRANSACTION_SECONDS (and the broker’s transaction.max.timeout.ms)',
      cause: error,
    });
  }
}

/** Where the records of the transaction went, as the broker answered. */
class Ranges {
  private readonly spans = new Map<number, { from: bigint; to: bigint }>();
  private count = 0;

  get records(): number {
    return this.count;
  }

  add(partition: number, base: bigint, records: number): void {
    if (base < 0n) throw new Error('the broker did not say where it put the records');
    const span = this.spans.get(partition);
    const to = base + BigInt(records);
    if (span === undefined) this.spans.set(partition, { from: base, to });
    else span.to = to;
    this.count += records;
  }

  result(): PublishedOffset['ranges'] {
    return [...this.spans].sort(([a], [b]) => a - b)
      .map(([partition, { from, to }]) => ({ partition, from: from.toString(), to: to.toString() }));
  }
}

/** Right after a fence a plain read is a read-committed one: nothing of the hour's transactional id is pending. */
async function publishedOffset(kafka: Kafka, topic: string, landingHour: LandingHour): Promise<PublishedOffset | null> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const [group] = await onceCoordinated(() => admin.fetchOffsets({ groupId: hourGroup(landingHour), topics: [topic] }));
    const entry = group?.partitions.find(({ partition }) => partition === 0);
    if (entry === undefined || Number(entry.offset) < 0) return null;
    return decodeOffsetMetadata(Number(entry.offset), entry.metadata ?? '');
  } finally {
    await admin.disconnect();
  }
}

/** On a young or restarted broker the group's coordinator is still being loaded; kafkajs does not wait for it here. */
async function onceCoordinated<T>(ask: () => Promise<T>): Promise<T> {
  for (let waited = 100; ; waited *= 2) {
    try {
      return await ask();
    } catch (error) {
      if (waited > LONGEST_LOADING_MS || !LOADING.some((code) => isKafkaCode(error, code))) throw error;
      await sleep(waited);
    }
  }
}

/** Fixed for the run: a topic that grows meanwhile must not move a key when a batch is sent again. */
async function partitionCount(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions.length;
  } finally {
    await admin.disconnect();
  }
}

async function* framesOf(spool: string): AsyncGenerator<RecordFrame> {
  let left: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(spool, { highWaterMark: SPOOL_CHUNK })) {
    const bytes = left.length === 0 ? (chunk as Buffer) : Buffer.concat([left, chunk as Buffer]);
    const { frames, consumed } = decodeFrames(bytes);
    yield* frames;
    left = bytes.subarray(consumed);
  }
  if (left.length > 0) throw new Error(`the spool ends in the middle of a record (${left.length} bytes left)`);
}

/** Rejects on abort, but not before the answer on its way has had its chance: an abort beside a running send leaves a transaction hanging. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const stop = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      sleep(LAST_ANSWER_MS, undefined, { signal: stop.signal }).then(() => reject(signal.reason as Error), () => undefined);
    }, { signal: stop.signal });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    stop.abort();
  }
}
