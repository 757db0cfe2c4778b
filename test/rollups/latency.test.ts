import { millisecondsOf, percentile, PERCENTILE_ERROR, type BucketCount } from '../../contract/latency';
import { hourAt, Loading } from '../load/loading';

let loading: Loading;
beforeAll(async () => {
  loading = await Loading.start();
});
afterAll(() => loading.stop());

/** Of each shape that durations come in: equal, spread over all magnitudes, two humps, tiny. */
const SAMPLES: Readonly<Record<string, readonly bigint[]>> = {
  one: [123_456n],
  equal: Array.from({ length: 100 }, () => 1_999n),
  tiny: Array.from({ length: 60 }, (_, i) => BigInt(i)),
  spread: Array.from({ length: 500 }, (_, i) => BigInt(Math.floor(Math.exp((i * 22) / 500)))),
  humps: Array.from({ length: 300 }, (_, i) => BigInt(i % 3 === 0 ? 90_000 + i * 7 : 700 + i)),
  ages: [0n, 3_155_760_000_000n, 1n, 49n, 50n, 51n],
};

test.each(Object.entries(SAMPLES))('percentiles of %s durations are within the stated error of the exact ones', async (name, sample) => {
  const hour = hourAt(Object.keys(SAMPLES).indexOf(name));
  await loading.run(hour, sample.map((ms, i) => ({ id: `${name}${i}`, at: 1, ms, merchant: name })));
  const counts = await loading.reader.rows<BucketCount & Record<string, unknown>>(
    `select kept.bucket, kept.count from rollups.latency, unnest(buckets, counts) as kept (bucket, count) where merchant_id = $1 and payment_method = '' order by 1`, [name]);
  const sorted = [...sample].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (const share of [0.001, 0.5, 0.95, 0.99, 1]) {
    const exact = Number(sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1]);
    const told = percentile(counts, share, sorted.at(-1)!)!;
    expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * (PERCENTILE_ERROR + 1e-9) + 0.5);
  }
});

test('a bucket ends where the next begins, whatever the magnitude', async () => {
  const [wrong] = await loading.reader.rows<{ n: bigint }>(
    `select count(*) as n from generate_series(0, 200000) ms where rollups.latency_bucket(ms) > rollups.latency_bucket(ms + 1) or rollups.latency_bucket(ms + 1) - rollups.latency_bucket(ms) > 1`);
  expect(wrong!.n).toBe(0n);
  for (const ms of [50, 99, 100, 4_999, 123_456_789]) {
    const [row] = await loading.reader.rows<{ bucket: number }>('select rollups.latency_bucket($1) as bucket', [ms]);
    expect(Math.abs(millisecondsOf(row!.bucket) - ms)).toBeLessThanOrEqual(ms * (PERCENTILE_ERROR + 1e-9));
  }
});

test('no duration has no percentile', () => {
  expect(percentile([], 0.5, null)).toBeNull();
});
