/** The topic of the curated payments as the rest of Sluice sees it. The client behind it, kafkajs, can be changed for a faster one. */
import type { Configuration } from '../contract/configuration';
import type { LandingHour } from '../contract/landing-hour';
import type { Change, CuratedPayment } from '../contract/payment';
import type { PublishedRange } from '../contract/stages';
import type { SumsOfRows } from '../contract/sums';
import { connectKafka, kafkaConfig, type LogLine } from './kafka-connection';
import { kafkaError } from './kafka-errors';
import { publishedRevisions } from './kafka-published';
import { CommittedReader, type Bounds, type CommittedRecord, type Span } from './kafka-reader';
import { ensureTopic, holdRetention, type EnsuredTopic } from './kafka-topic';
import { HourFence } from './kafka-transaction';
import { KeyOrder } from './key-order';
import { RecordCodec, type SentChange, type WriterSchemas } from './record-codec';
import { isOfRun, opOf } from './run-headers';

export interface Extent extends Bounds {
  readonly end: bigint;
}

export interface RunRecords {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly ranges: readonly PublishedRange[];
  readonly signal: AbortSignal;
  /** over all partitions in the order of the keys, as far as they came so */
  readonly byKey?: boolean;
}

export interface CountedRecords {
  readonly records: number;
  readonly retracts: number;
}

export interface TailedRecord extends Change {
  readonly run: string;
  readonly landingHour: string;
  readonly revision: number;
  readonly partition: number;
  readonly offset: bigint;
}

export interface TailOptions {
  readonly landingHour?: LandingHour;
  readonly fromBeginning: boolean;
  /** false: stop at what is committed now */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/** A transaction of another hour hides what follows it for as long as it may stay open, and some time for the broker to notice. */
const GRACE_AFTER_TIMEOUT_MS = 60_000;

export class PaymentsTopic {
  readonly name: string;
  readonly codec: RecordCodec;
  private readonly kafka;

  constructor(private readonly configuration: Configuration, registry: WriterSchemas, log: LogLine) {
    this.name = configuration.SLUICE_KAFKA_TOPIC;
    this.codec = new RecordCodec(registry);
    this.kafka = connectKafka(configuration, log);
  }

  ensure(): Promise<EnsuredTopic> {
    return ensureTopic(this.kafka, this.configuration);
  }

  /** Makes the topic keep its records as long as configured; answers with what differed, null for nothing. */
  holdRetention(dryRun: boolean): Promise<string | null> {
    return holdRetention(this.kafka, this.configuration, dryRun);
  }

  /** Fences every other attempt for the hour; the caller publishes or not, and closes it. */
  fence(landingHour: LandingHour): Promise<HourFence> {
    return HourFence.take(this.kafka, this.configuration, landingHour);
  }

  /** The revision published last, known for certain: after this no earlier attempt can publish any more. Null: none. */
  async fencedRevision(landingHour: LandingHour): Promise<number | null> {
    const fence = await this.fence(landingHour);
    try {
      return fence.published?.revision ?? null;
    } finally {
      await fence.close();
    }
  }

  /** Without a fence: for numbers that must not be given again, not for deciding whether something was published. */
  publishedRevisions(hours: readonly LandingHour[]): Promise<ReadonlyMap<LandingHour, number>> {
    return publishedRevisions(this.kafka, kafkaConfig(this.configuration), this.name, hours);
  }

  /**
   * What a revision published, batch by batch, as a read-committed consumer sees it. Other hours' records in the ranges are
   * left out. Ends when the ranges are over; a range that retention has cut is a SluiceError with `fields.pastRetention`.
   */
  async *readRun(run: RunRecords): AsyncGenerator<readonly SentChange[]> {
    for await (const ours of this.recordsOfRun(run)) {
      if (ours.length === 0) continue;
      yield await this.codec.sent(ours);
    }
  }

  /** The same records added up and not given back: upserts to `upserts`. Answers batch by batch with how many there were. */
  async *sumRun(run: RunRecords, upserts: SumsOfRows): AsyncGenerator<CountedRecords> {
    for await (const ours of this.recordsOfRun(run)) {
      if (ours.length === 0) continue;
      yield { records: ours.length, retracts: await this.codec.addUp(ours, upserts) };
    }
  }

  /** Records as they are committed; those of one hour, or of all. */
  async *tail(options: TailOptions): AsyncGenerator<readonly TailedRecord[]> {
    const spans = (await this.bounds(options.signal)).map(({ partition, first, stable }) => ({
      partition, from: options.fromBeginning ? first : stable, to: options.follow ? null : stable,
    }));
    for await (const records of this.records(spans, options.signal)) {
      const asked = records.filter(({ headers }) =>
        options.landingHour === undefined || headers['landing-hour']?.toString() === options.landingHour);
      if (asked.length === 0) continue;
      const rows = await this.codec.rows(asked);
      yield asked.map((record, i) => tailed(record, rows[i]!));
    }
  }

  /** By partition, the first offset there is and the first that is not yet stable. */
  async bounds(signal: AbortSignal): Promise<readonly Bounds[]> {
    const reader = await this.reader();
    try {
      return await reader.bounds(signal);
    } finally {
      await reader.close();
    }
  }

  /** Where each partition begins and ends: between `stable` and `end` are records of transactions that are not over yet. */
  async extent(signal: AbortSignal): Promise<readonly Extent[]> {
    const bounds = await this.bounds(signal);
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      const ends = new Map((await admin.fetchTopicOffsets(this.name)).map(({ partition, high }) => [partition, BigInt(high)]));
      return bounds.map((bound) => ({ ...bound, end: ends.get(bound.partition) ?? bound.stable }));
    } catch (error) {
      throw kafkaError('cannot ask where the topic ends', this.name, error);
    } finally {
      await admin.disconnect();
    }
  }

  /** Every record of the spans as a read-committed consumer sees it, whoever wrote it. */
  committed(spans: readonly Span[], signal: AbortSignal): AsyncGenerator<readonly CommittedRecord[]> {
    return this.records(spans, signal);
  }

  private async *recordsOfRun({ landingHour, revision, ranges, signal, byKey }: RunRecords): AsyncGenerator<readonly CommittedRecord[]> {
    const ofRun = isOfRun(landingHour, revision);
    const spans = ranges.map(({ partition, from, to }) => ({ partition, from: BigInt(from), to: BigInt(to) }));
    const order = byKey === true ? new KeyOrder(spans.filter(({ from, to }) => from < to).map(({ partition }) => partition)) : null;
    const ends = new Map(spans.map(({ partition, to }) => [partition, to]));
    for await (const records of this.records(spans, signal)) {
      const ours = records.filter(({ headers }) => ofRun(headers));
      const { partition, offset } = records.at(-1)!;
      yield order === null ? ours : order.push(partition, ours, offset + 1n >= ends.get(partition)!);
    }
    if (order !== null) yield order.rest();
  }

  private async *records(spans: readonly Span[], signal: AbortSignal): AsyncGenerator<readonly CommittedRecord[]> {
    if (spans.length === 0) return;
    const reader = await this.reader();
    try {
      yield* reader.read(spans, {
        signal, openTransactionMs: this.configuration.SLUICE_KAFKA_TRANSACTION_SECONDS * 1000 + GRACE_AFTER_TIMEOUT_MS,
      });
    } finally {
      await reader.close();
    }
  }

  private reader(): Promise<CommittedReader> {
    return CommittedReader.open(this.kafka, kafkaConfig(this.configuration), this.name);
  }
}

export function openTopic(configuration: Configuration, registry: WriterSchemas, log: LogLine): PaymentsTopic {
  return new PaymentsTopic(configuration, registry, log);
}

function tailed(record: CommittedRecord, row: CuratedPayment): TailedRecord {
  const { headers, partition, offset } = record;
  return {
    op: opOf(headers),
    run: headers.run?.toString() ?? '',
    landingHour: headers['landing-hour']?.toString() ?? '',
    revision: Number(headers.revision?.toString() ?? '0'),
    partition,
    offset,
    row,
  };
}
