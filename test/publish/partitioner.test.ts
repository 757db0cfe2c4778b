/** Spark, Java and TypeScript put a payment on the same partition. */
import { Partitioners } from 'kafkajs';
import { murmur2, partitionOf } from '../../stores/kafka-partitioner';

describe('the partition of a payment', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as the Java client’s own tests have it', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('is that of kafkajs’ Java-compatible partitioner for any key and number of partitions', () => {
    const theirs = Partitioners.DefaultPartitioner();
    for (let n = 0; n < 2_000; n += 1) {
      const key = Buffer.from(`${'ключ_é'.slice(0, n % 7)}pay:${(n * 7919).toString(36)}${'x'.repeat(n % 9)}`);
      const partitions = 1 + (n % 97);
      const partitionMetadata = Array.from({ length: partitions }, (_unused, partitionId) => ({
        partitionId, leader: 1, replicas: [1], isr: [1], partitionErrorCode: 0,
      }));
      expect(partitionOf(key, partitions)).toBe(theirs({ topic: 't', partitionMetadata, message: { key, value: null } }));
    }
  });
});
