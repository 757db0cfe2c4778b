/** One transform, two engines: DuckDB and Spark give the same rows, dead letters and numbers, to the bit. */
import { gzipSync } from 'node:zlib';
import { ErasureKey } from '../../contract/erasure';
import { REASONS } from '../../contract/payment';
import { line, linesOf } from '../curate/curating';
import { generatedLines, hostileObjects } from './hostile-objects';
import { expectSame, JOB_MS, SET_UP_MS, SparkBench, type Answer } from './spark-bench';

const SEED = 20261121;
const KEY = new ErasureKey(Buffer.alloc(32, 7));

let bench: SparkBench;
beforeAll(async () => { bench = await SparkBench.open(); }, SET_UP_MS);
afterAll(async () => bench?.close());

describe('a hostile hour and a hundred thousand lines with one in twenty bad', () => {
  let both: { readonly duckdb: Answer; readonly spark: Answer };
  let hostileLines = 0;
  beforeAll(async () => {
    const hostile = await hostileObjects(SEED);
    hostileLines = ['rules.ndjson', 'damaged.ndjson', 'cards.ndjson', 'noise.bin'].reduce((sum, name) => sum + hostile[name]!.filter((byte) => byte === 0x0a).length, 0);
    both = await bench.both(await bench.duckdb.objects({ ...hostile, 'generated.ndjson': generatedLines() }));
  }, JOB_MS);

  test('are the same rows, dead letters and numbers on both engines', () => expectSame(both));

  test('and they have in them what the contract speaks of', () => {
    const { counts } = both.duckdb.outcome;
    expect(hostileLines).toBeGreaterThan(2_000);
    expect(counts.lines).toBeGreaterThan(110_000);
    expect(Object.keys(counts.reasons)).toEqual(REASONS);
    expect([...counts.quarantined].sort()).toEqual([
      'cut.gz', 'cut.zst', 'garbage-behind.gz', 'garbage-behind.zst', 'magic-alone.zst', 'member-behind-padding.gz', 'too-wide.zst', 'two-bytes.gz', 'wrong-sum.zst',
    ]);
    expect(counts.duplicates).toBeGreaterThan(5_000);
    expect(counts.cards).toBeGreaterThan(10);
    expect(counts.unknownFields.length).toBeGreaterThan(10);
  });
});

test('control totals and erased persons are counted alike', async () => {
  const user = 'user-1';
  const theirs = [
    line({ payment_id: '"p-a"', user_id: `"${user}"` }), line({ payment_id: '"p-b"', user_id: '"\\u0075ser\\u002d1"' }), line({ payment_id: '"p-c"', user_id: `"${user}"`, amount_cents: '"12.50"' }),
    `{"payment_id":"p-d","user_id":"${user}"`, `{"payment_id":"p-e","user_id":"someone","user_id":"${user}"}`, `{"payment_id":"p-f","us\\u0065r_id":"${user}","amount_cents":5}`,
    `{"payment_id":"p-g","user_id":"${user}","note":"${'x'.repeat(1024 * 1024)}"}`, `{"x":NaN,"user_id":'${user}'`, `{"user_id":"${user}","x":${'['.repeat(513)}${']'.repeat(513)}}`,
    line({ payment_id: '"p-h"', user_id: '1.50' }), '{"user_id": 1.50', `noise ${user}:x`,
  ];
  const others = [
    line({ payment_id: '"q-a"', user_id: '"user-12"' }), line({ payment_id: '"q-b"', decline_reason: `"${user}"` }), line({ payment_id: '"q-c"', user_id: undefined, currency: '"JPY"' }),
    line({ payment_id: '"q-d"', user_id: '1.5' }), '{"payment_id":"q-e","user_id":"user-12"', '', `{"x":"${user}9"`, line({ payment_id: '"q-a"', user_id: '"user-12"', amount_cents: '9223372036854775807' }),
    line({ payment_id: '"q-f"' }).replace('{', '{"currency":"USD",'), line({ payment_id: '"q-g"', currency: '"?"' }),
  ];
  const { inner: innerPad, outer: outerPad } = KEY.pads();
  const objects = await bench.duckdb.objects({
    'sent.ndjson': linesOf([...theirs, ...others]), 'ours.ndjson': linesOf([line({ payment_id: '"o-a"' })]), 'cut.gz': gzipSync(linesOf(others)).subarray(0, -9),
    'overwritten.ndjson': { bytes: `${' '.repeat(40)}\n${line({ payment_id: '"w"' })}\n \n`, erased: { lines: 1, amounts: [{ currency: 'EUR', count: 1, amountCents: '700' }] } },
  });
  const both = await bench.both(objects.map((object) => ({ ...object, isSent: object.key !== 'ours.ndjson' })), {
    countSent: true, suppression: { tokens: [KEY.token(user), KEY.token('1.50'), KEY.token('nobody')], keyId: KEY.id, innerPad, outerPad },
  });
  await expectSame(both);
  expect(both.spark.outcome.counts.erased).toBeGreaterThan(10);
  expect(both.spark.outcome.sent).toMatchObject({ files: 3 });
  expect(both.spark.letters.filter((letter) => letter.includes(`${user}"`))).toEqual([]);
}, JOB_MS);

test('an hour without an object, or without a line, is the same nothing', async () => {
  await expectSame(await bench.both([], { countSent: true }));
}, JOB_MS);
