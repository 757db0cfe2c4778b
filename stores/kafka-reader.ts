/**
 * Reads ranges of a topic as a read-committed consumer sees them, without a group: nothing to join, nothing to clean up, and
 * it knows when a range is over even where only markers and aborted records fill it.
 */
import Cluster from 'kafkajs/src/cluster';
import createSocketFactory from 'kafkajs/src/network/socketFactory';
import type { Kafka, KafkaConfig } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../contract/errors';
import { isKafkaCode, kafkaError } from './kafka-errors';

export interface Span {
  readonly partition: number;
  readonly from: bigint;
  /** exclusive; null: go on for ever */
  readonly to: bigint | null;
}

export interface CommittedRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** how long the transaction of somebody else may hide the end of a range */
  readonly openTransactionMs: number;
}

const READ_COMMITTED = 1;
const MAX_WAIT_MS = 400;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_BYTES_PARTITION = 2 * 1024 * 1024;
const FAILURES_IN_A_ROW = 8;
/** A range that the topic does not reach is not a slow broker: the topic was made anew, or the offsets are another topic's. */
const SHORT_TOPIC_MS = 30_000;

export class CommittedReader {
  private constructor(private readonly cluster: Cluster, private readonly topic: string) {}

  static async open(kafka: Kafka, config: KafkaConfig, topic: string): Promise<CommittedReader> {
    const cluster = new Cluster({
      ...config,
      logger: kafka.logger(),
      socketFactory: createSocketFactory(),
      metadataMaxAge: 300_000,
      allowAutoTopicCreation: false,
      isolationLevel: READ_COMMITTED,
    });
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
    } catch (error) {
      await cluster.disconnect();
      throw kafkaError('cannot read the topic', topic, error);
    }
    return new CommittedReader(cluster, topic);
  }

  close(): Promise<void> {
    return this.cluster.disconnect();
  }

  /** By partition, the first offset there is and the first that is not yet stable. */
  async bounds(): Promise<readonly { readonly partition: number; readonly first: bigint; readonly stable: bigint }[]> {
    try {
      const partitions = this.cluster.findTopicPartitionMetadata(this.topic).map(({ partitionId }) => ({ partition: partitionId }));
      const ask = async (fromBeginning: boolean): Promise<Map<number, bigint>> => {
        const [offsets] = await this.cluster.fetchTopicsOffset([{ topic: this.topic, fromBeginning, partitions }]);
        return new Map(offsets!.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      };
      const first = await ask(true);
      const stable = await ask(false);
      return partitions.map(({ partition }) => ({ partition, first: first.get(partition)!, stable: stable.get(partition)! }))
        .sort((a, b) => a.partition - b.partition);
    } catch (error) {
      throw kafkaError('cannot ask for the offsets of the topic', this.topic, error);
    }
  }

  /** Batches in the order of each partition; ends when every range is over, and never before. */
  async *read(spans: readonly Span[], options: ReadOptions): AsyncGenerator<readonly CommittedRecord[]> {
    const open = new Map(spans.filter((span) => span.to === null || span.from < span.to).map((span) => [span.partition, new Cursor(span)]));
    let failures = 0;
    while (open.size > 0) {
      options.signal.throwIfAborted();
      let fetched: readonly Cluster.FetchedPartition[];
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
        const records = cursor.take(part);
        if (records.length > 0) yield records;
        if (cursor.over) open.delete(part.partition);
        else cursor.checkPatience(part, this.topic, options.openTransactionMs);
      }
    }
  }

  private async fetch(cursors: readonly Cursor[]): Promise<readonly Cluster.FetchedPartition[]> {
    const byPartition = new Map(cursors.map((cursor) => [cursor.partition, cursor]));
    const leaders = this.cluster.findLeaderForPartitions(this.topic, [...byPartition.keys()]);
    const answers = await Promise.all(Object.entries(leaders).map(async ([nodeId, partitions]) => {
      const broker = await this.cluster.findBroker({ nodeId });
      return broker.fetch({
        replicaId: -1,
        isolationLevel: READ_COMMITTED,
        maxWaitTime: MAX_WAIT_MS,
        minBytes: 1,
        maxBytes: MAX_BYTES,
        topics: [{
          topic: this.topic,
          partitions: partitions.map((partition) => ({
            partition, fetchOffset: byPartition.get(partition)!.next.toString(), maxBytes: MAX_BYTES_PARTITION,
          })),
        }],
      });
    }));
    return answers.flatMap((answer) => answer.responses.flatMap((response) => response.partitions));
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

  take(part: Cluster.FetchedPartition): readonly CommittedRecord[] {
    const last = part.messages.at(-1);
    if (last === undefined) return [];
    const { firstOffset, lastOffsetDelta } = last.batchContext;
    this.next = BigInt(firstOffset) + BigInt(lastOffsetDelta) + 1n;
    this.movedAt = Date.now();
    const records: CommittedRecord[] = [];
    for (const { offset: text, key, value, headers } of committed(part)) {
      const offset = BigInt(text);
      // A fetch answers with whole batches: their first records may lie before the range, their last behind it.
      if (offset < this.from || (this.to !== null && offset >= this.to)) continue;
      records.push({ partition: this.partition, offset, key, value, headers });
    }
    return records;
  }

  checkPatience(part: Cluster.FetchedPartition, topic: string, openTransactionMs: number): void {
    if (this.to === null) return;
    const hidden = BigInt(part.highWatermark) >= this.to;
    const patience = hidden ? openTransactionMs : SHORT_TOPIC_MS;
    if (Date.now() - this.movedAt < patience) return;
    throw new SluiceError({
      kind: 'transient',
      what: `no record for ${Math.round(patience / 1000)} s: partition ${this.partition} is read up to ${this.next}, the range ends at ${this.to}`,
      on: topic,
      fix: hidden ? 'A transaction that is still open hides the rest: look for its transactional id' : 'The topic ends before the range: was it made anew?',
      fields: { partition: this.partition, next: this.next.toString(), to: this.to.toString(), highWatermark: part.highWatermark },
    });
  }
}

/**
 * What is neither a marker nor of an aborted transaction. By whole batches and with every transaction that began up to the
 * batch's end taken into account: kafkajs' own filter takes one a record and so shows aborted records where several overlap.
 */
function committed(part: Cluster.FetchedPartition): readonly Cluster.FetchedMessage[] {
  const began = part.abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
    .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0));
  const aborting = new Set<string>();
  const visible: Cluster.FetchedMessage[] = [];
  let nextBegan = 0;
  let batch: Cluster.BatchContext | undefined;
  let shown = false;
  for (const message of part.messages) {
    if (message.batchContext !== batch) {
      batch = message.batchContext;
      const lastOffset = BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta);
      for (; nextBegan < began.length && began[nextBegan]!.firstOffset <= lastOffset; nextBegan += 1) aborting.add(began[nextBegan]!.producerId);
      if (batch.isControlBatch && isAbortMarker(message)) aborting.delete(batch.producerId);
      shown = !batch.isControlBatch && !(batch.inTransaction && aborting.has(batch.producerId));
    }
    if (shown) visible.push(message);
  }
  return visible;
}

/** A control record's key: version int16, type int16; type 0 is abort, 1 is commit. */
function isAbortMarker(message: Cluster.FetchedMessage): boolean {
  return message.key?.readInt16BE(2) === 0;
}
