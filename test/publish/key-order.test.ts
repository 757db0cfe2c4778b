/** Records that come partition by partition leave in the order of their keys; whatever comes leaves, once, and few of them wait. */
import { Random } from '../../scripts/generate/random';
import type { CommittedRecord } from '../../stores/kafka-reader';
import { KeyOrder } from '../../stores/key-order';
import { decodeRecordBatches, headersBlock, RecordBatchBuilder } from '../../stores/record-batch';

const HEADERS = headersBlock({ op: 'upsert' });

function recordsOf(partition: number, keys: readonly string[]): readonly CommittedRecord[] {
  if (keys.length === 0) return [];
  const builder = new RecordBatchBuilder();
  for (const key of keys) builder.add(Buffer.from(key), Buffer.from(`value of ${key}`), HEADERS);
  const [batch] = decodeRecordBatches(builder.finish({ producerId: 1n, producerEpoch: 0, firstSequence: 0 }, 0n));
  return batch!.records(partition, () => ({}));
}

const bytesOf = (keys: readonly string[]): number => keys.reduce((sum, key) => sum + 2 * key.length + 'value of '.length, 0);
const keysOf = (records: readonly CommittedRecord[]): readonly string[] => records.map(({ key }) => key!.toString());

interface Fed {
  readonly left: readonly string[];
  /** bytes: most of what was given and had not left */
  readonly mostWaiting: number;
}

/** Gives each partition's keys in parts, the partitions taking turns by chance. */
function feed(partitions: readonly (readonly string[])[], seed: number, most?: number): Fed {
  const random = new Random(seed, 1);
  const order = new KeyOrder(partitions.map((_keys, i) => i), most);
  const at = partitions.map(() => 0);
  const left: string[] = [];
  let [waiting, mostWaiting] = [0, 0];
  for (let open = partitions.map((_keys, i) => i); open.length > 0;) {
    const partition = random.pick(open);
    const keys = partitions[partition]!;
    const part = keys.slice(at[partition], at[partition]! + random.whole(40));
    at[partition]! += part.length;
    const over = at[partition] === keys.length;
    waiting += bytesOf(part);
    const leaving = keysOf(order.push(partition, recordsOf(partition, part), over));
    waiting -= bytesOf(leaving);
    left.push(...leaving);
    mostWaiting = Math.max(mostWaiting, waiting);
    if (over) open = open.filter((one) => one !== partition);
  }
  left.push(...keysOf(order.rest()));
  return { left, mostWaiting };
}

function drawn(count: number, seed: number): readonly string[] {
  const random = new Random(seed, 2);
  return Array.from({ length: count }, (_unused, n) => `pay_${random.whole(36 ** 5).toString(36)}_${n}`);
}

function dealt(keys: readonly string[], partitions: number): readonly (readonly string[])[] {
  const hands: string[][] = Array.from({ length: partitions }, () => []);
  for (const [n, key] of keys.entries()) hands[(n * 7 + key.length) % partitions]!.push(key);
  return hands;
}

const sorted = (keys: readonly string[]): readonly string[] => [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

it.each([1, 2, 6, 17])('out of %s partitions that are sorted, in one order', (partitions) => {
  for (let seed = 0; seed < 20; seed += 1) {
    const keys = drawn(500, seed);
    expect(feed(dealt(sorted(keys), partitions), seed).left).toEqual(sorted(keys));
  }
});

it('before the end: those wait whose turn is not yet known, and no others', () => {
  const order = new KeyOrder([0, 1]);
  expect(keysOf(order.push(0, recordsOf(0, ['a', 'c', 'e']), false))).toEqual([]);
  expect(keysOf(order.push(1, recordsOf(1, ['b', 'd']), false))).toEqual(['a', 'b', 'c', 'd']);
  expect(keysOf(order.push(1, recordsOf(1, ['f']), true))).toEqual(['e']);
  // Nothing more of 1, which is over; nothing of 0 is known.
  expect(keysOf(order.push(0, [], true))).toEqual(['f']);
  expect(keysOf(order.rest())).toEqual([]);
});

it('without waiting for a partition that is over', () => {
  const order = new KeyOrder([0, 1]);
  expect(keysOf(order.push(0, recordsOf(0, ['a']), true))).toEqual([]);
  expect(keysOf(order.push(1, recordsOf(1, ['b']), false))).toEqual(['a', 'b']);
  expect(keysOf(order.push(1, recordsOf(1, ['c']), false))).toEqual(['c']);
});

it('all of them where partitions are not sorted, and no more wait than may', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const keys = drawn(2_000, seed);
    const { left, mostWaiting } = feed(dealt(keys, 6), seed, 10_000);
    expect(sorted(left)).toEqual(sorted(keys));
    expect(mostWaiting).toBeLessThanOrEqual(10_000);
  }
});
