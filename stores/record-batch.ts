/**
 * Kafka's record batch (magic 2) as bytes, written and read. By ourselves, because kafkajs makes a dozen objects of every
 * record: at a million records that is most of what publishing and reading back cost.
 */
import { gunzipSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import { copyPart, withRoom } from '../contract/bytes';
import { SluiceError } from '../contract/errors';

const HEADER_BYTES = 61;
const AT = { length: 8, magic: 16, crc: 17, attributes: 21, lastOffsetDelta: 23, firstTimestamp: 27, maxTimestamp: 35, producerId: 43, producerEpoch: 51, firstSequence: 53, records: 57 } as const;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const COMPRESSION = 0x07;
const GZIP = 1;

export interface ProducerState {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly firstSequence: number;
}

/** The headers of a record, ready to be put into it: the same for every record of a run and an operation. */
export function headersBlock(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers);
  return Buffer.concat([varint(entries.length), ...entries.flatMap(([name, text]) => [name, text].flatMap((part) => {
    const bytes = Buffer.from(part);
    return [varint(bytes.length), bytes];
  }))]);
}

/** One batch for one partition, of one transaction. */
export class RecordBatchBuilder {
  private buffer: Buffer = Buffer.allocUnsafe(64 * 1024);
  private at = HEADER_BYTES;
  private count = 0;

  get records(): number {
    return this.count;
  }

  get bytes(): number {
    return this.at;
  }

  /** Another batch, over the bytes of the one that was finished. */
  begin(): void {
    this.at = HEADER_BYTES;
    this.count = 0;
  }

  add(key: Buffer, value: Buffer, headers: Buffer): void {
    this.addPart(Buffer.concat([key, value]), 0, key.length, key.length + value.length, headers);
  }

  /** The key is a part of `bytes`, the value follows it there: a million records need no object for either. */
  addPart(bytes: Buffer, keyStart: number, keyEnd: number, valueEnd: number, headers: Buffer): void {
    const offsetDelta = this.count;
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - keyEnd;
    const size = 2 + varintSize(offsetDelta) + varintSize(keyLength) + keyLength + varintSize(valueLength) + valueLength + headers.length;
    this.buffer = withRoom(this.buffer, this.at, size + 5);
    this.write(size);
    // Attributes and the difference of the timestamp: both nought.
    this.buffer[this.at] = 0;
    this.buffer[this.at + 1] = 0;
    this.at += 2;
    this.write(offsetDelta);
    this.write(keyLength);
    this.at = copyPart(bytes, keyStart, keyEnd, this.buffer, this.at);
    this.write(valueLength);
    this.at = copyPart(bytes, keyEnd, valueEnd, this.buffer, this.at);
    this.at += headers.copy(this.buffer, this.at);
    this.count += 1;
  }

  finish(producer: ProducerState, timestamp: bigint): Buffer {
    const batch = this.buffer.subarray(0, this.at);
    batch.writeBigInt64BE(0n, 0);
    batch.writeInt32BE(this.at - AT.length - 4, AT.length);
    batch.writeInt32BE(0, AT.length + 4);
    batch.writeInt8(MAGIC, AT.magic);
    batch.writeInt16BE(TRANSACTIONAL, AT.attributes);
    batch.writeInt32BE(this.count - 1, AT.lastOffsetDelta);
    batch.writeBigInt64BE(timestamp, AT.firstTimestamp);
    batch.writeBigInt64BE(timestamp, AT.maxTimestamp);
    batch.writeBigInt64BE(producer.producerId, AT.producerId);
    batch.writeInt16BE(producer.producerEpoch, AT.producerEpoch);
    batch.writeInt32BE(producer.firstSequence, AT.firstSequence);
    batch.writeInt32BE(this.count, AT.records);
    batch.writeUInt32BE(crc32c(batch.subarray(AT.attributes)), AT.crc);
    return batch;
  }

  private write(value: number): void {
    let left = (value << 1) ^ (value >> 31);
    while (left & ~0x7f) {
      this.buffer[this.at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.buffer[this.at++] = left;
  }
}

export interface RecordBatch {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly producerId: bigint;
  readonly transactional: boolean;
  readonly control: boolean;
  /** decoded when asked for: what is aborted is never looked at. `headersOf` is asked once for records that follow one another with the same headers. */
  records<Headers>(partition: number, headersOf: (block: Buffer) => Headers): readonly BatchRecord<Headers>[];
}

/**
 * A record where it lies in its batch: a million of them are read for their values alone, and an object for each key would be thrown away again.
 * Some ten thousand wait for their turn meanwhile, so that there is one object of each and not one around another.
 */
export class BatchRecord<Headers> {
  constructor(
    readonly partition: number,
    /** those of its batch */
    readonly bytes: Buffer,
    private readonly firstOffset: bigint,
    /** how far its offset is from the batch's first */
    readonly delta: number,
    private readonly keyStart: number,
    private readonly keyLength: number,
    readonly valueStart: number,
    /** below 0: it has no value */
    readonly valueLength: number,
    readonly headers: Headers,
  ) {}

  get offset(): bigint {
    return this.firstOffset + BigInt(this.delta);
  }

  /** of key and value */
  get size(): number {
    return Math.max(0, this.keyLength) + Math.max(0, this.valueLength);
  }

  get key(): Buffer | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyStart, this.keyStart + this.keyLength);
  }

  /** Below 0: its key comes before the other's, byte by byte; no key is the empty one. A loop, for keys that differ within some bytes. */
  compareKey(other: BatchRecord<unknown>): number {
    const both = Math.min(this.keyLength, other.keyLength);
    for (let i = 0; i < both; i += 1) {
      const difference = this.bytes[this.keyStart + i]! - other.bytes[other.keyStart + i]!;
      if (difference !== 0) return difference;
    }
    return Math.max(0, this.keyLength) - Math.max(0, other.keyLength);
  }
}

/** The whole batches in what a fetch answered; its last one may be cut. */
export function decodeRecordBatches(bytes: Buffer): readonly RecordBatch[] {
  const batches: RecordBatch[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + AT.length + 4 + bytes.readInt32BE(at + AT.length);
    if (end > bytes.length) break;
    batches.push(batchOf(bytes.subarray(at, end)));
    at = end;
  }
  return batches;
}

function batchOf(batch: Buffer): RecordBatch {
  if (batch[AT.magic] !== MAGIC) throw unreadable(`record format ${batch[AT.magic]}`);
  // The network's own check misses one error in a few million: sums of money deserve this one.
  if (crc32c(batch.subarray(AT.attributes)) !== batch.readUInt32BE(AT.crc)) throw new Error('a record batch does not match its checksum');
  const attributes = batch.readInt16BE(AT.attributes);
  const firstOffset = batch.readBigInt64BE(0);
  return {
    firstOffset,
    lastOffset: firstOffset + BigInt(batch.readInt32BE(AT.lastOffsetDelta)),
    producerId: batch.readBigInt64BE(AT.producerId),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    records: (partition, headersOf) => recordsOf(partition, firstOffset, batch.readInt32BE(AT.records), plain(batch.subarray(HEADER_BYTES), attributes & COMPRESSION), headersOf),
  };
}

function plain(records: Buffer, compression: number): Buffer {
  if (compression === 0) return records;
  if (compression === GZIP) return gunzipSync(records);
  throw unreadable(`compression ${['none', 'gzip', 'snappy', 'lz4', 'zstd'][compression] ?? compression}`);
}

function unreadable(what: string): SluiceError {
  return new SluiceError({
    kind: 'configuration',
    what: `the topic holds records that Sluice does not read: ${what}`,
    fix: 'Set compression.type=producer on the topic, and let only Sluice write to it',
  });
}

function recordsOf<Headers>(
  partition: number, firstOffset: bigint, count: number, bytes: Buffer, headersOf: (block: Buffer) => Headers,
): readonly BatchRecord<Headers>[] {
  const records: BatchRecord<Headers>[] = [];
  const reader = new VarintReader(bytes);
  let headers: Headers | undefined;
  let [headersStart, headersEnd] = [0, 0];
  for (let n = 0; n < count; n += 1) {
    const end = reader.varint() + reader.at;
    reader.at += 1;
    reader.skipVarint();
    const delta = reader.varint();
    const keyLength = reader.varint();
    const keyStart = reader.skip(keyLength);
    const valueLength = reader.varint();
    const valueStart = reader.skip(valueLength);
    if (headers === undefined || end - reader.at !== headersEnd - headersStart || bytes.compare(bytes, reader.at, end, headersStart, headersEnd) !== 0) {
      headers = headersOf(bytes.subarray(reader.at, end));
    }
    [headersStart, headersEnd] = [reader.at, end];
    records.push(new BatchRecord(partition, bytes, firstOffset, delta, keyStart, keyLength, valueStart, valueLength, headers));
    reader.at = end;
  }
  return records;
}

export function decodeHeaders(block: Buffer): Readonly<Record<string, Buffer | undefined>> {
  const reader = new VarintReader(block);
  const headers: Record<string, Buffer | undefined> = {};
  for (let left = reader.varint(); left > 0; left -= 1) {
    const name = reader.bytes()!.toString();
    headers[name] = reader.bytes() ?? undefined;
  }
  return headers;
}

class VarintReader {
  at = 0;

  constructor(private readonly buffer: Buffer) {}

  varint(): number {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.buffer[this.at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
      shift += 7;
    }
  }

  skipVarint(): void {
    while (this.buffer[this.at++]! >= 0x80);
  }

  bytes(): Buffer | null {
    const length = this.varint();
    const start = this.skip(length);
    return length < 0 ? null : this.buffer.subarray(start, this.at);
  }

  /** Over so many bytes, none where there are less than none; answers with where they begin. */
  skip(length: number): number {
    const start = this.at;
    if (length > 0) this.at += length;
    return start;
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = (value << 1) ^ (value >> 31);
  for (; left & ~0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return Buffer.from([...bytes, left]);
}

/** Of a length or a count: never negative. */
function varintSize(value: number): number {
  return value < 0x40 ? 1 : value < 0x2000 ? 2 : value < 0x100000 ? 3 : value < 0x8000000 ? 4 : 5;
}
