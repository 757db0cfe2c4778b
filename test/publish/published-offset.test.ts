/** A later attempt learns from the offset alone where the records of the revision lie. */
import { decodeOffsetMetadata, encodeOffsetMetadata } from '../../stores/published-offset';

function rangesOf(count: number) {
  return Array.from({ length: count }, (_unused, partition) => ({
    partition, from: (9_000_000_000_000n + BigInt(partition)).toString(), to: (9_000_001_000_000n + BigInt(partition)).toString(),
  }));
}

describe('the offset’s metadata', () => {
  it('gives the ranges back, also of a hundred partitions and of offsets beyond 2^53', () => {
    const ranges = [...rangesOf(100), { partition: 100, from: '9223372036854775800', to: '9223372036854775807' }];
    expect(decodeOffsetMetadata(7, encodeOffsetMetadata(20_000_000, ranges))).toEqual({ revision: 7, records: 20_000_000, ranges });
    expect(decodeOffsetMetadata(1, encodeOffsetMetadata(0, []))).toEqual({ revision: 1, records: 0, ranges: [] });
  });

  it('that would not fit is refused before anything commits', () => {
    expect(() => encodeOffsetMetadata(1, rangesOf(400))).toThrow(/400 partitions do not fit/);
  });

  it('written by somebody else is not guessed at', () => {
    expect(() => decodeOffsetMetadata(1, '')).toThrow(/was not written by Sluice/);
  });
});
