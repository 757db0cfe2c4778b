/**
 * Reads ranges of a topic as a read-committed consumer sees them, without a group: nothing to join, nothing to clean up, and
 * it knows when a range is over even where only markers and aborted records fill it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type Cluster from 'kafkajs/src/cluster';
import type { Kafka, KafkaConfig } from 'kafkajs';
import { SluiceError } from '../contract/errors';
import { isKafkaCode, kafkaError } from './kafka-errors';
import { fetchCommitted, openCluster, type FetchedPartition } from './kafka-wire';
import { decodeHeaders, type BatchRecord, type RecordBatch } from './record-batch';
import type { Headers } from './run-headers';

export interface Span {
  readonly partition: number;
  readonly from: bigint;
  /** exclusive; null: go on for ever */
  readonly to: bigint | null;
}

export interface Bounds {
  readonly partition: number;
  readonly first: bigint;
  /** what lies before is committed or aborted for good */
  readonly stable: bigint;
}

/** Its headers are one object for all records with the same. */
export type CommittedRecord = BatchRecord<Headers>;

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** how long the transaction of somebody else may hide the end of a range */
  readonly openTransactionMs: number;
}

const FAILURES_IN_A_ROW = 8;
/** A range that the topic does not reach is not a slow broker: the topic was made anew, or the offsets are another topic's. */
const SHORT_TOPIC_MS = 30_000;

export class CommittedReader {
  private constructor(private readonly cluster: Cluster, private readonly topic: string) {}

  static async open(kafka: Kafka, config: KafkaConfig, topic: string): Promise<CommittedReader> {
    try {
      return new CommittedReader(await openCluster(kafka, config, topic), topic);
    } catch (error) {
      throw kafkaError('cannot read the topic', topic, error);
    }
  }

  close(): Promise<void> {
    return this.cluster.disconnect();
  }

  /** By partition, the first offset there is and the first that is not yet stable. */
  async bounds(signal: AbortSignal): Promise<readonly Bounds[]> {
    for (let failures = 0; ;) {
      try {
        return await this.askBounds();
      } catch (error) {
        // A topic that is a moment old has leaders that do not know of it yet.
        failures += 1;
        await this.recover(error, failures, signal);
      }
    }
  }

  /** Batches in the order of each partition; ends when every range is over, and never before. */
  async *read(spans: readonly Span[], options: ReadOptions): AsyncGenerator<readonly CommittedRecord[]> {
    const open = new Map(spans.filter((span) => span.to === null || span.from < span.to).map((span) => [span.partition, new Cursor(span)]));
    const headers = new KnownHeaders();
    let failures = 0;
    while (open.size > 0) {
      options.signal.throwIfAborted();
      let fetched: readonly FetchedPartition[];
      try {
        fetched = await this.fetch([...open.values()]);
        failures = 0;
      } catch (error) {
        failures += 1;
        await this.recover(error, failures, options.signal);
        continue;
      }
      for (const part of fetched) {
        const cursor = open.get(part.partition);
        if (cursor === undefined) continue;
        const records = cursor.take(part, headers);
        // A broker fills its answer in the order of the request: who was served goes last, or the others would wait until it is over.
        if (part.batches.length > 0 || cursor.over) open.delete(part.partition);
        if (!cursor.over) open.set(part.partition, cursor);
        if (records.length > 0) yield records;
        if (!cursor.over) cursor.checkPatience(part, this.topic, options.openTransactionMs);
      }
    }
  }

  private async askBounds(): Promise<readonly Bounds[]> {
    const partitions = this.cluster.findTopicPartitionMetadata(this.topic).map(({ partitionId }) => ({ partition: partitionId }));
    const ask = async (fromBeginning: boolean): Promise<Map<number, bigint>> => {
      const [offsets] = await this.cluster.fetchTopicsOffset([{ topic: this.topic, fromBeginning, partitions }]);
      return new Map(offsets!.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
    };
    const first = await ask(true);
    const stable = await ask(false);
    return partitions.map(({ partition }) => ({ partition, first: first.get(partition)!, stable: stable.get(partition)! }))
      .sort((a, b) => a.partition - b.partition);
  }

  private async fetch(cursors: readonly Cursor[]): Promise<readonly FetchedPartition[]> {
    const next = new Map(cursors.map((cursor) => [cursor.partition, cursor.next]));
    const leaders = this.cluster.findLeaderForPartitions(this.topic, [...next.keys()]);
    const answers = await Promise.all(Object.entries(leaders).map(async ([nodeId, partitions]) => {
      const broker = await this.cluster.findBroker({ nodeId });
      return fetchCommitted(broker, this.topic, new Map(partitions.map((partition) => [partition, next.get(partition)!])));
    }));
    return answers.flat();
  }

  private async recover(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    if (isKafkaCode(error, 'OFFSET_OUT_OF_RANGE')) {
      throw new SluiceError({
        kind: 'data',
        what: 'the topic no longer holds the records asked for',
        on: this.topic,
        fix: 'They are past the topic’s retention: read them from the lake',
        fields: { pastRetention: true },
        cause: error,
      });
    }
    const verdict = kafkaError('cannot read the topic', this.topic, error);
    if (verdict.kind !== 'transient' || failures >= FAILURES_IN_A_ROW) throw verdict;
    await sleep(Math.min(5_000, 100 * 2 ** failures), undefined, { signal });
    // A leader that moved is found again; where that fails as well, the next fetch says so.
    await this.cluster.refreshMetadata().catch(() => undefined);
  }
}

/** Where a partition's reading stands. */
class Cursor {
  readonly partition: number;
  next: bigint;
  private readonly from: bigint;
  private readonly to: bigint | null;
  private movedAt = Date.now();

  constructor(span: Span) {
    this.partition = span.partition;
    this.from = span.from;
    this.next = span.from;
    this.to = span.to;
  }

  get over(): boolean {
    return this.to !== null && this.next >= this.to;
  }

  take(part: FetchedPartition, known: KnownHeaders): readonly CommittedRecord[] {
    const last = part.batches.at(-1);
    if (last === undefined) return [];
    this.next = last.lastOffset + 1n;
    this.movedAt = Date.now();
    const records: CommittedRecord[] = [];
    for (const batch of committed(part)) {
      // A fetch answers with whole batches: their first records may lie before the range, their last behind it.
      const from = Number(this.from - batch.firstOffset);
      const to = this.to === null ? Infinity : Number(this.to - batch.firstOffset);
      for (const record of batch.records(this.partition, (block) => known.of(block))) {
        if (record.delta >= from && record.delta < to) records.push(record);
      }
    }
    return records;
  }

  checkPatience(part: FetchedPartition, topic: string, openTransactionMs: number): void {
    if (this.to === null) return;
    const hidden = part.highWatermark >= this.to;
    const patience = hidden ? openTransactionMs : SHORT_TOPIC_MS;
    if (Date.now() - this.movedAt < patience) return;
    throw new SluiceError({
      kind: 'transient',
      what: `no record for ${Math.round(patience / 1000)} s: partition ${this.partition} is read up to ${this.next}, the range ends at ${this.to}`,
      on: topic,
      fix: hidden ? 'A transaction that is still open hides the rest: look for its transactional id' : 'The topic ends before the range: was it made anew?',
      fields: { partition: this.partition, next: this.next.toString(), to: this.to.toString(), highWatermark: part.highWatermark.toString() },
    });
  }
}

/** A run's records carry two sets of headers in all; a million records need not decode them a million times. */
class KnownHeaders {
  private readonly known = new Map<string, Headers>();

  of(block: Buffer): Headers {
    const text = block.toString('latin1');
    const known = this.known.get(text);
    if (known !== undefined) return known;
    // Somebody else's records may carry ever new ones.
    if (this.known.size >= 1_000) this.known.clear();
    const headers = decodeHeaders(Buffer.from(block));
    this.known.set(text, headers);
    return headers;
  }
}

/**
 * What is neither a marker nor of an aborted transaction, with every transaction that began up to a batch's end taken into
 * account: one a record, as kafkajs has it, shows aborted records where several transactions overlap.
 */
function committed(part: FetchedPartition): readonly RecordBatch[] {
  const began = [...part.aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0));
  const aborting = new Set<bigint>();
  let next = 0;
  return part.batches.filter((batch) => {
    for (; next < began.length && began[next]!.firstOffset <= batch.lastOffset; next += 1) aborting.add(began[next]!.producerId);
    if (batch.control && isAbortMarker(batch)) aborting.delete(batch.producerId);
    return !batch.control && !(batch.transactional && aborting.has(batch.producerId));
  });
}

/** A control record's key: version int16, type int16; type 0 is abort, 1 is commit. */
function isAbortMarker(batch: RecordBatch): boolean {
  return batch.records(0, () => null)[0]?.key?.readInt16BE(2) === 0;
}
