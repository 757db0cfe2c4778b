/**
 * Sends a spool's frames within a transaction. One request a broker at a time, and a batch sent again is the same bytes with the same
 * sequence numbers: the broker stores it once. The next batches are built while the last are on their way.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type Cluster from 'kafkajs/src/cluster';
import type createEosManager from 'kafkajs/src/producer/eosManager';
import type { ChangeOp } from '../contract/payment';
import type { Frames } from '../contract/record-frame';
import type { PublishedRange } from '../contract/stages';
import { kafkaError } from './kafka-errors';
import { partitionOf } from './kafka-partitioner';
import { produce } from './kafka-wire';
import { RecordBatchBuilder } from './record-batch';

/** A broker refuses batches over 1 MB unless told otherwise. */
const BATCH_BYTES = 512 * 1024;
/** Below a power of two, with what stands around the records: kafkajs makes room by such, twice. */
const REQUEST_BYTES = 2 * 1024 * 1024 - 64 * 1024;
const TRIES = 8;
/** How long a cancelled attempt waits for the answer on its way, so that it can abort in order. */
const LAST_ANSWER_MS = 1_000;

export class TransactionSender {
  private readonly partitions: number;
  private readonly spans = new Map<number, { from: bigint; to: bigint }>();
  private readonly sequences = new Map<number, number>();
  private builders = new Map<number, RecordBatchBuilder>();
  private building = 0;
  /** what is delivered leaves its memory to what is built next: new memory for each request was a third of what sending took */
  private readonly spare: RecordBatchBuilder[] = [];
  private delivery: Promise<void> = Promise.resolve();
  private delivered = 0;
  private added = 0;
  private startedAt: number | null = null;
  private readonly breaking = new AbortController();

  constructor(
    private readonly cluster: Cluster,
    private readonly transaction: createEosManager.EosManager,
    private readonly transactionalId: string,
    private readonly topic: string,
    private readonly signal: AbortSignal,
  ) {
    // Fixed for the run: a topic that grows meanwhile must not move a key.
    this.partitions = cluster.findTopicPartitionMetadata(topic).length;
  }

  /** Records that the brokers have acknowledged. */
  get records(): number {
    return this.delivered;
  }

  /** Records taken from the spool. */
  get taken(): number {
    return this.added;
  }

  /** Aborted when records cannot be sent, with the reason: where the spool is still written, the next records may be long in coming. */
  get broken(): AbortSignal {
    return this.breaking.signal;
  }

  /** When the first records went, and the broker began to count the transaction's time; null: none went. */
  get began(): number | null {
    return this.startedAt;
  }

  ranges(): readonly PublishedRange[] {
    return [...this.spans].sort(([a], [b]) => a - b)
      .map(([partition, { from, to }]) => ({ partition, from: from.toString(), to: to.toString() }));
  }

  async send(spooled: AsyncIterable<Frames>, headers: Readonly<Record<ChangeOp, Buffer>>, progress: (records: number) => void): Promise<void> {
    for await (const frames of spooled) {
      while (frames.next()) {
        if (this.add(frames, headers[frames.op])) await this.flush();
      }
      progress(this.delivered);
    }
    await this.flush();
    await this.arrived();
    // Offsets and commit are not tried again by kafkajs where no broker is connected; better now than with the outcome unknown.
    if (!this.cluster.isConnected()) await this.cluster.connect();
    progress(this.delivered);
  }

  /** Whether nothing is on its way any more: an abort beside a running request would leave the transaction hanging. */
  async settled(): Promise<boolean> {
    const late = new AbortController();
    const settled = this.delivery.then(() => true, () => true);
    const waited = sleep(LAST_ANSWER_MS, false, { signal: late.signal }).catch(() => false);
    const answer = await Promise.race([settled, waited]);
    late.abort();
    return answer;
  }

  private add({ bytes, keyStart, keyEnd, valueEnd }: Frames, headers: Buffer): boolean {
    const partition = partitionOf(bytes, this.partitions, keyStart, keyEnd);
    let builder = this.builders.get(partition);
    if (builder === undefined) this.builders.set(partition, builder = this.spare.pop() ?? new RecordBatchBuilder());
    const before = builder.bytes;
    builder.addPart(bytes, keyStart, keyEnd, valueEnd, headers);
    this.building += builder.bytes - before;
    this.added += 1;
    return builder.bytes >= BATCH_BYTES || this.building >= REQUEST_BYTES;
  }

  private async flush(): Promise<void> {
    await this.arrived();
    this.signal.throwIfAborted();
    const builders = this.builders;
    this.builders = new Map();
    this.building = 0;
    this.delivery = this.deliver(builders);
    this.delivery.catch((error: unknown) => { this.breaking.abort(error); });
  }

  private async arrived(): Promise<void> {
    let stop: (() => void) | undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      stop = () => reject(this.signal.reason as Error);
      this.signal.addEventListener('abort', stop);
    });
    try {
      await Promise.race([this.delivery, aborted]);
    } finally {
      this.signal.removeEventListener('abort', stop!);
    }
  }

  private async deliver(builders: ReadonlyMap<number, RecordBatchBuilder>): Promise<void> {
    if (builders.size === 0) return;
    this.startedAt ??= Date.now();
    const timestamp = BigInt(Date.now());
    const producer = { producerId: BigInt(this.transaction.getProducerId()), producerEpoch: this.transaction.getProducerEpoch() };
    const waiting = new Map([...builders].map(([partition, builder]) =>
      [partition, builder.finish({ ...producer, firstSequence: this.sequences.get(partition) ?? 0 }, timestamp)]));
    for (let failures = 0; waiting.size > 0;) {
      const failed = await this.sendWaiting(waiting, builders).catch((error: unknown) => error as Error);
      if (failed === null) continue;
      failures += 1;
      if (failures >= TRIES || this.signal.aborted || !mayComeBack(failed)) throw failed;
      await sleep(Math.min(5_000, 100 * 2 ** failures));
      await this.cluster.refreshMetadata().catch(() => undefined);
    }
    for (const builder of builders.values()) builder.begin();
    this.spare.push(...builders.values());
  }

  /** What is acknowledged is taken out of `waiting`; the rest goes to whoever leads the partition at the next try. */
  private async sendWaiting(waiting: Map<number, Buffer>, builders: ReadonlyMap<number, RecordBatchBuilder>): Promise<Error | null> {
    // Asks only for those that are not in the transaction yet.
    await this.transaction.addPartitionsToTransaction([{ topic: this.topic, partitions: [...waiting.keys()].map((partition) => ({ partition })) }]);
    const leaders = this.cluster.findLeaderForPartitions(this.topic, [...waiting.keys()]);
    const answers = await Promise.allSettled(Object.entries(leaders).map(async ([nodeId, partitions]) => {
      const broker = await this.cluster.findBroker({ nodeId });
      const batches = new Map(partitions.map((partition) => [partition, waiting.get(partition)!]));
      for (const [partition, base] of await produce(broker, this.transactionalId, this.topic, batches)) {
        this.acknowledged(partition, base, builders.get(partition)!.records);
        waiting.delete(partition);
      }
    }));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed !== undefined) return failed.reason as Error;
    return waiting.size === 0 ? null : new Error(`no broker acknowledged the records of partition ${[...waiting.keys()].join(', ')}`);
  }

  private acknowledged(partition: number, base: bigint, records: number): void {
    if (base < 0n) throw new Error('the broker did not say where it put the records');
    const to = base + BigInt(records);
    const span = this.spans.get(partition);
    if (span === undefined) this.spans.set(partition, { from: base, to });
    else span.to = to;
    this.sequences.set(partition, (this.sequences.get(partition) ?? 0) + records);
    this.delivered += records;
  }
}

/** kafkajs marks what will not come back; what it does not know is a network's failure. */
function mayComeBack(error: Error): boolean {
  return (error as { readonly retriable?: boolean }).retriable !== false && kafkaError('', '', error).kind === 'transient';
}
