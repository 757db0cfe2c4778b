/**
 * One run is one transaction. The hour's transactional id fences every other attempt first; then the offset of the hour's
 * group says whether the revision was published; only then are records sent, and the revision commits with them.
 */
import createEosManager from 'kafkajs/src/producer/eosManager';
import type Cluster from 'kafkajs/src/cluster';
import type { Kafka } from 'kafkajs';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import type { LandingHour } from '../contract/landing-hour';
import type { Frames } from '../contract/record-frame';
import { followedFrames } from './followed-spool';
import { kafkaConfig } from './kafka-connection';
import { kafkaError } from './kafka-errors';
import { publishedOffset } from './kafka-published';
import { TransactionSender } from './kafka-sender';
import { openCluster } from './kafka-wire';
import { encodeOffsetMetadata, hourGroup, type PublishedOffset } from './published-offset';
import { runHeaders } from './run-headers';

export interface PublishJob {
  readonly revision: number;
  /** file of record frames; it may still be written, at its end */
  readonly spool: string;
  /** how many the spool holds. A promise where it is still written: then nothing is committed before it answers, and nothing at all where it fails */
  readonly records: number | Promise<number>;
  /** what the header `schema` says */
  readonly schema: string;
  readonly signal: AbortSignal;
  readonly progress: (records: number) => void;
}

/** The hour is this attempt's: InitProducerId returned, so no transaction of the hour is pending and no other attempt can commit. */
export class HourFence {
  private constructor(
    private readonly configuration: Configuration,
    private readonly landingHour: LandingHour,
    private readonly cluster: Cluster,
    private readonly transaction: createEosManager.EosManager,
    /** what the hour's group says; null: nothing was published, or its offset has expired */
    readonly published: PublishedOffset | null,
  ) {}

  static async take(kafka: Kafka, configuration: Configuration, landingHour: LandingHour): Promise<HourFence> {
    const topic = configuration.SLUICE_KAFKA_TOPIC;
    let cluster: Cluster | undefined;
    try {
      cluster = await openCluster(kafka, kafkaConfig(configuration), topic);
      const transaction = createEosManager({
        logger: kafka.logger(),
        cluster,
        transactionTimeout: configuration.SLUICE_KAFKA_TRANSACTION_SECONDS * 1000,
        transactional: true,
        transactionalId: hourGroup(landingHour),
      });
      await transaction.initProducerId();
      return new HourFence(configuration, landingHour, cluster, transaction, await publishedOffset(cluster, topic, landingHour));
    } catch (error) {
      await cluster?.disconnect();
      throw kafkaError('cannot fence the hour’s producer', hourGroup(landingHour), error);
    }
  }

  /** Publishes the spool as one transaction, also while it is still written; where the group says that the revision is published, nothing is sent. */
  async publish(job: PublishJob): Promise<PublishedOffset> {
    if (this.published !== null && this.published.revision === job.revision) return this.published;
    this.checkOrder(job);
    if (typeof job.records === 'number' && job.records > this.most) throw this.tooLarge(job, job.records);
    this.transaction.beginTransaction();
    const sender = new TransactionSender(this.cluster, this.transaction, hourGroup(this.landingHour), this.configuration.SLUICE_KAFKA_TOPIC, job.signal);
    try {
      const frames = followedFrames(job.spool, Promise.resolve(job.records), AbortSignal.any([job.signal, sender.broken]));
      await sender.send(this.forOneTransaction(frames, sender), runHeaders(this.landingHour, job.revision, job.schema), job.progress);
      this.checkCount(job, await job.records, sender.records);
      const published = { revision: job.revision, records: sender.records, ranges: sender.ranges() };
      await this.transaction.sendOffsets({
        consumerGroupId: hourGroup(this.landingHour),
        topics: [{
          topic: this.configuration.SLUICE_KAFKA_TOPIC,
          partitions: [{ partition: 0, offset: job.revision.toString(), metadata: encodeOffsetMetadata(published.records, published.ranges) }],
        }],
      });
      job.signal.throwIfAborted();
      await this.transaction.commit();
      return published;
    } catch (error) {
      if (this.transaction.isInTransaction() && await sender.settled()) await this.transaction.abort().catch(() => undefined);
      if (job.signal.aborted) throw job.signal.reason;
      // Only when all are written is it known how many are to be allowed.
      if (error instanceof TooManyRecords) throw this.tooLarge(job, await job.records);
      throw this.timedOut(sender.began, error) ?? kafkaError('cannot publish the run', `${this.landingHour} revision ${job.revision}`, error);
    }
  }

  async close(): Promise<void> {
    await this.cluster.disconnect();
  }

  private get most(): number {
    return this.configuration.SLUICE_KAFKA_TRANSACTION_RECORDS;
  }

  /** A spool that is still written may turn out too large when much of it is sent. */
  private async *forOneTransaction(spooled: AsyncIterable<Frames>, sender: TransactionSender): AsyncGenerator<Frames> {
    for await (const frames of spooled) {
      yield frames;
      if (sender.taken > this.most) throw new TooManyRecords();
    }
  }

  private checkCount(job: PublishJob, records: number, sent: number): void {
    if (sent === records) return;
    throw new SluiceError({
      kind: 'data',
      what: `the spool holds ${sent} records and the difference has ${records}; nothing was published`,
      on: `${this.landingHour} revision ${job.revision}`,
      fix: 'Run the hour again',
    });
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

  private tooLarge(job: PublishJob, records: number): SluiceError {
    return new SluiceError({
      kind: 'configuration',
      what: `the run has ${records} records and SLUICE_KAFKA_TRANSACTION_RECORDS allows ${this.most} in one transaction`,
      on: `${this.landingHour} revision ${job.revision}`,
      fix: 'Raise SLUICE_KAFKA_TRANSACTION_RECORDS, and SLUICE_KAFKA_TRANSACTION_SECONDS with it',
    });
  }

  /** The broker fences a producer whose transaction timed out just as it fences an old one: then nobody took the hour over. */
  private timedOut(began: number | null, error: unknown): SluiceError | null {
    const limit = this.configuration.SLUICE_KAFKA_TRANSACTION_SECONDS;
    if (began === null || Date.now() - began < limit * 1000 || kafkaError('', '', error).kind !== 'fenced') return null;
    return new SluiceError({
      kind: 'configuration',
      what: `the transaction took longer than SLUICE_KAFKA_TRANSACTION_SECONDS=${limit} and was aborted by the broker; nothing was published`,
      on: this.landingHour,
      fix: 'Raise SLUICE_KAFKA_TRANSACTION_SECONDS (and the broker’s transaction.max.timeout.ms)',
      cause: error,
    });
  }
}

class TooManyRecords extends Error {}
