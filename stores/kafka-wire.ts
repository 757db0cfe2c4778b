/** The two requests that carry records, Produce v7 and Fetch v11, over kafkajs' connections; and how a cluster is opened. */
import Cluster from 'kafkajs/src/cluster';
import createSocketFactory from 'kafkajs/src/network/socketFactory';
import { createErrorFromCode } from 'kafkajs/src/protocol/error';
import type { Kafka, KafkaConfig } from 'kafkajs';
import { decodeRecordBatches, type RecordBatch } from './record-batch';

const NONE = Buffer.alloc(0);

const PRODUCE = 0;
const FETCH = 1;
const ALL_REPLICAS = -1;
const READ_COMMITTED = 1;
const ANSWER_MS = 30_000;
const MAX_WAIT_MS = 400;
const MAX_BYTES = 8 * 1024 * 1024;
/** So little that each of a few partitions is in every answer: what is put in order waits for the last of them. */
const MAX_BYTES_PARTITION = 1024 * 1024;

export interface FetchedPartition {
  readonly partition: number;
  readonly highWatermark: bigint;
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[];
  readonly batches: readonly RecordBatch[];
}

/** Connected, and knowing the topic's leaders. Offsets are asked for as a read-committed consumer asks. */
export async function openCluster(kafka: Kafka, config: KafkaConfig, topic: string): Promise<Cluster> {
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
    return cluster;
  } catch (error) {
    await cluster.disconnect();
    throw error;
  }
}

/** Answers with the first offset of each batch, by partition. The same bytes sent again are stored once. */
export async function produce(
  broker: Cluster.Broker, transactionalId: string, topic: string, batches: ReadonlyMap<number, Buffer>,
): Promise<ReadonlyMap<number, bigint>> {
  const head = Buffer.concat([text(transactionalId), int16(ALL_REPLICAS), int32(ANSWER_MS), int32(1), text(topic), int32(batches.size)]);
  const body = new Pieces([head, ...[...batches].flatMap(([partition, batch]) => [int32(partition), int32(batch.length), batch])]);
  return exchange(broker, {
    request: { apiKey: PRODUCE, apiVersion: 7, apiName: 'Produce', expectResponse: () => true, encode: () => encoded(body) },
    response: { decode: (payload) => Promise.resolve(produced(new Answer(payload))), parse: (answer) => Promise.resolve(answer.offsets) },
  });
}

export async function fetchCommitted(broker: Cluster.Broker, topic: string, from: ReadonlyMap<number, bigint>): Promise<readonly FetchedPartition[]> {
  const places = [...from].flatMap(([partition, offset]) => [int32(partition), int32(-1), int64(offset), int64(-1n), int32(MAX_BYTES_PARTITION)]);
  const body = Buffer.concat([
    // No replica, no session.
    int32(-1), int32(MAX_WAIT_MS), int32(1), int32(MAX_BYTES), Buffer.from([READ_COMMITTED]), int32(0), int32(-1),
    int32(1), text(topic), int32(from.size), ...places, int32(0), text(''),
  ]);
  return exchange(broker, {
    request: { apiKey: FETCH, apiVersion: 11, apiName: 'Fetch', encode: () => encoded(body) },
    response: { decode: (payload) => Promise.resolve(fetched(new Answer(payload))), parse: (answer) => Promise.resolve(answer.partitions) },
  });
}

async function exchange<Decoded, Parsed>(broker: Cluster.Broker, both: { readonly request: Cluster.Request; readonly response: Cluster.Response<Decoded, Parsed> }): Promise<Parsed> {
  try {
    return await broker.connectionPool.send(both);
  } catch (error) {
    // As kafkajs does: a connection that was closed is made anew and not used again.
    if ((error as Error).name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
}

function produced(answer: Answer): { readonly clientSideThrottleTime: number; readonly offsets: ReadonlyMap<number, bigint> } {
  const offsets = new Map<number, bigint>();
  for (let topics = answer.int32(); topics > 0; topics -= 1) {
    answer.text();
    for (let partitions = answer.int32(); partitions > 0; partitions -= 1) {
      const partition = answer.int32();
      failWith(answer.int16());
      offsets.set(partition, answer.int64());
      // The times and the log's first offset.
      answer.skip(16);
    }
  }
  return { clientSideThrottleTime: answer.int32(), offsets };
}

function fetched(answer: Answer): { readonly clientSideThrottleTime: number; readonly partitions: readonly FetchedPartition[] } {
  const partitions: FetchedPartition[] = [];
  const clientSideThrottleTime = answer.int32();
  failWith(answer.int16());
  answer.skip(4);
  for (let topics = answer.int32(); topics > 0; topics -= 1) {
    answer.text();
    for (let left = answer.int32(); left > 0; left -= 1) {
      const partition = answer.int32();
      failWith(answer.int16());
      const highWatermark = answer.int64();
      // The last stable offset and the log's first.
      answer.skip(16);
      const aborted = Array.from({ length: Math.max(0, answer.int32()) }, () => ({ producerId: answer.int64(), firstOffset: answer.int64() }));
      answer.skip(4);
      partitions.push({ partition, highWatermark, aborted, batches: decodeRecordBatches(answer.bytes()) });
    }
  }
  return { clientSideThrottleTime, partitions };
}

function failWith(code: number): void {
  if (code !== 0) throw createErrorFromCode(code);
}

class Answer {
  private at = 0;

  constructor(private readonly payload: Buffer) {}

  int16(): number {
    this.at += 2;
    return this.payload.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.payload.readInt32BE(this.at - 4);
  }

  int64(): bigint {
    this.at += 8;
    return this.payload.readBigInt64BE(this.at - 8);
  }

  text(): string {
    const length = this.int16();
    this.at += length;
    return this.payload.toString('utf8', this.at - length, this.at);
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32());
    this.at += length;
    return this.payload.subarray(this.at - length, this.at);
  }

  skip(bytes: number): void {
    this.at += bytes;
  }
}

/** Bytes that lie apart: kafkajs copies them into its request, and need not have them together before. */
class Pieces implements Cluster.Copied {
  readonly length: number;

  constructor(private readonly pieces: readonly Buffer[]) {
    this.length = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  copy(to: Buffer, at: number): number {
    return this.pieces.reduce((end, piece) => end + piece.copy(to, end), at) - at;
  }
}

function encoded(body: Cluster.Copied): Promise<{ readonly buf: Buffer; readonly buffer: Cluster.Copied }> {
  // It looks at `buf` only to know an encoder by it.
  return Promise.resolve({ buf: NONE, buffer: body });
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int16(bytes.length), bytes]);
}
