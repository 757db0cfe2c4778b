/** Our bytes of a record batch are Kafka's: the same as kafkajs writes, and any damage is noticed. */
import { RecordBatch } from 'kafkajs/src/protocol/recordBatch/v0';
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0';
import { decodeHeaders, decodeRecordBatches, headersBlock, RecordBatchBuilder, type BatchRecord } from '../../stores/record-batch';

const HEADERS = { run: '2026-11-20T10/r1', op: 'upsert', note: 'ü' };

function built(records: readonly { readonly key: string; readonly value: Buffer }[]): Buffer {
  const builder = new RecordBatchBuilder();
  for (const { key, value } of records) builder.add(Buffer.from(key), value, headersBlock(HEADERS));
  return Buffer.from(builder.finish({ producerId: 9_007_199_254_740_993n, producerEpoch: 7, firstSequence: 123_456 }, 1_795_168_800_000n));
}

function valueOf({ bytes, valueStart, valueLength }: BatchRecord<unknown>): Buffer | null {
  return valueLength < 0 ? null : bytes.subarray(valueStart, valueStart + valueLength);
}

const RECORDS = Array.from({ length: 300 }, (_unused, n) => ({ key: `pay_${n}`, value: Buffer.alloc([0, 1, 63, 64, 8_191, 8_192, 70_000][n % 7]!, n) }));

describe('a record batch', () => {
  it('is byte for byte what kafkajs writes', async () => {
    const theirs = await RecordBatch({
      firstTimestamp: 1_795_168_800_000, maxTimestamp: 1_795_168_800_000, producerId: '9007199254740993', producerEpoch: 7, firstSequence: 123_456,
      transactional: true, lastOffsetDelta: RECORDS.length - 1,
      records: RECORDS.map(({ key, value }, offsetDelta) => encodeRecord({ offsetDelta, key: Buffer.from(key), value, headers: HEADERS })),
    });
    expect(built(RECORDS).equals(theirs.buffer)).toBe(true);
  });

  it('is read back as it was written, and one that is cut is left for the next fetch', () => {
    const bytes = built(RECORDS);
    const [batch, ...more] = decodeRecordBatches(Buffer.concat([bytes, bytes.subarray(0, 200)]));
    expect(more).toEqual([]);
    expect(batch).toMatchObject({ firstOffset: 0n, lastOffset: 299n, producerId: 9_007_199_254_740_993n, transactional: true, control: false });
    const records = batch!.records(0, (block) => block);
    expect(records.map(({ key }) => key!.toString())).toEqual(RECORDS.map(({ key }) => key));
    expect(records.every((record, n) => valueOf(record)!.equals(RECORDS[n]!.value) && record.offset === BigInt(n))).toBe(true);
    expect(Object.fromEntries(Object.entries(decodeHeaders(records[299]!.headers)).map(([name, value]) => [name, value?.toString()]))).toEqual(HEADERS);
  });

  it('gives each record its own headers, one object for those that follow one another with the same', () => {
    const ops = ['upsert', 'upsert', 'retract', 'upsert', 'upserT', 'upserT'];
    const builder = new RecordBatchBuilder();
    for (const op of ops) builder.add(Buffer.from('key'), Buffer.from('value'), headersBlock({ ...HEADERS, op }));
    const [batch] = decodeRecordBatches(builder.finish({ producerId: 1n, producerEpoch: 0, firstSequence: 0 }, 0n));
    const headers = batch!.records(0, (block) => block).map((record) => record.headers);
    expect(headers.map((block) => decodeHeaders(block).op?.toString())).toEqual(ops);
    expect(headers.map((block, n) => block === headers[n - 1])).toEqual([false, true, false, false, false, true]);
  });

  it('says of a record without key or value that it has none, and of an empty one that it is empty', async () => {
    const { buffer } = await RecordBatch({
      firstTimestamp: 0, maxTimestamp: 0, producerId: '1', producerEpoch: 0, firstSequence: 0, transactional: false, lastOffsetDelta: 2,
      records: [[null, Buffer.from('value')], [Buffer.from('key'), null], [Buffer.alloc(0), Buffer.alloc(0)]]
        .map(([key, value], offsetDelta) => encodeRecord({ offsetDelta, key: key!, value: value!, headers: {} })),
    });
    expect(decodeRecordBatches(buffer)[0]!.records(0, (block) => block).map((record) => [record.key?.toString() ?? null, valueOf(record)?.toString() ?? null]))
      .toEqual([[null, 'value'], ['key', null], ['', '']]);
  });

  it('that was damaged on the way is not believed', () => {
    const bytes = built(RECORDS);
    bytes[5_000]! ^= 1;
    expect(() => decodeRecordBatches(bytes)).toThrow(/checksum/);
  });
});
