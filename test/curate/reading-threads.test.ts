/** Large hours are read by several threads, small ones by none: an hour is the same either way. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ErasureKey } from '../../contract/erasure';
import type { CurateOutcome, Suppression } from '../../engines/engine';
import { Buckets } from '../../engines/duckdb/buckets';
import { settleContest } from '../../engines/duckdb/contested-lines';
import { JobContext } from '../../engines/duckdb/job-context';
import { parquet } from '../../engines/duckdb/lane';
import { Lanes } from '../../engines/duckdb/lanes';
import { openLineReaders } from '../../engines/duckdb/lines/line-readers';
import { Random } from '../../scripts/generate/random';
import { HOUR, line, linesOf, UNHURRIED, Workbench, type Curated } from './curating';
import { damagedLine } from './damaged-lines';

/** Below it an hour is small (curate.ts). */
const LARGE = 16_000_000;
const KEY = new ErasureKey(Buffer.alloc(32, 7));

/** Lines of few payments and many, of merchants that several objects have, some of them damaged. */
function linesFrom(seed: number, count: number): Buffer {
  const random = new Random(seed, 0);
  return linesOf(Array.from({ length: count }, (_, i) => {
    if (random.next() < 0.2) return damagedLine(random, i);
    const fields = {
      payment_id: JSON.stringify(`pay-${random.next() < 0.3 ? random.whole(5_000) : `${seed}-${i}`}`), merchant_id: JSON.stringify(`m-${random.whole(40)}`),
      user_id: random.next() < 0.5 ? JSON.stringify(`user-${random.whole(200)}`) : undefined, amount_cents: String(random.whole(1_000_000)),
      created_at: JSON.stringify(`2026-11-${random.pick(['19', '20'])}T0${random.whole(10)}:00:00.${String(random.whole(1_000_000)).padStart(6, '0')}Z`),
      decline_reason: JSON.stringify(random.pick(['100% of it', 'a|b~c', 'plain'])), ...(random.next() < 0.01 ? { [`unknown_${random.whole(5)}`]: '1' } : {}),
    };
    return random.next() < 0.02 ? '' : line(fields);
  }));
}

async function curated(threads: number): Promise<Pick<Curated, 'letters' | 'rows'> & { readonly outcome: CurateOutcome }> {
  const bench = await Workbench.open('600MB', threads);
  try {
    const whole = gzipSync(linesFrom(2, 20_000));
    const { inner, outer } = KEY.pads();
    const suppression: Suppression = { tokens: ['user-7', 'user-77'].map((user) => KEY.token(user)), keyId: KEY.id, innerPad: inner, outerPad: outer };
    const first = linesFrom(1, 60_000);
    return await bench.curate({
      'a.json': first.subarray(0, -1), 'b.json.gz': whole, 'c.json.gz': gzipSync(linesFrom(3, 20_000)).subarray(0, -2_000),
      'd.json': Buffer.concat([linesOf([`{"long":"${'x'.repeat(1_048_576)}"}`, line({ payment_id: '"behind"' })]), linesFrom(4, 3_000)]),
      ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`small-${i}.json.gz`, gzipSync(linesFrom(10 + i, 100))])),
    }, 1, UNHURRIED, suppression);
  } finally {
    await bench.close();
  }
}

test('two threads make of an hour what one does: rows, dead letters with their lines’ numbers, counts', async () => {
  expect(linesFrom(1, 60_000).length).toBeGreaterThan(LARGE);
  const [one, two] = [await curated(1), await curated(2)];
  // Of more names than are kept, which ones are depends on how lines are put together.
  const counts = ({ outcome: { counts: { unknownFields, ...all } } }: { readonly outcome: CurateOutcome }): unknown => ({ ...all, unknown: unknownFields.filter(({ field }) => field.startsWith('unknown_')) });
  expect(counts(two)).toEqual(counts(one));
  expect(one.outcome.counts).toMatchObject({ quarantined: ['c.json.gz'] });
  expect(Math.min(one.outcome.counts.duplicates, one.outcome.counts.erased, one.outcome.counts.dead, one.outcome.counts.blank)).toBeGreaterThan(100);
  const places = ({ letters }: Pick<Curated, 'letters'>): readonly string[] => letters.map((letter) => JSON.stringify(letter)).sort();
  expect(places(two)).toEqual(places(one));
  const rows = ({ rows: found }: Pick<Curated, 'rows'>): ReadonlyMap<string, unknown> => new Map(found.map((row) => [row.payment_id, row]));
  expect(rows(two)).toEqual(rows(one));
  expect(two.outcome.files.map(({ path, rows: count }) => [path, count])).toEqual(one.outcome.files.map(({ path, rows: count }) => [path, count]));
});

test('a merchant all of whose payments another one gets has no file, and its group no rows', async () => {
  const bench = await Workbench.open('600MB', 2);
  try {
    const lines = Array.from({ length: 36_000 }, (_, i) => line({
      payment_id: JSON.stringify(`p-${i >> 1}`), merchant_id: i % 2 === 0 ? '"loser"' : '"winner"', created_at: `"2026-11-20T10:00:0${i % 2}Z"`, decline_reason: JSON.stringify('x'.repeat(250)),
    }));
    expect(linesOf(lines).length).toBeGreaterThan(LARGE);
    const { outcome } = await bench.curate({ object: linesOf(lines) });
    expect(outcome.files.map(({ merchantId, rows }) => [merchantId, rows])).toEqual([['winner', 18_000]]);
    expect(outcome.counts.duplicates).toBe(18_000);
  } finally {
    await bench.close();
  }
});

test('what a thread cannot write fails whoever asked for it, and whoever asks afterwards', async () => {
  const readers = openLineReaders({ landingHour: HOUR, folder: '/nowhere', groups: 1, buckets: 1, suppression: null }, 2);
  const read = () => {
    const bytes = linesOf(Array.from({ length: 1_000 }, (_, i) => line({ payment_id: JSON.stringify(`p-${i}`) })));
    return readers.read({ bytes: Buffer.from(bytes), runs: [{ start: 0, end: bytes.length, ended: true }], doubtful: -1, countSent: false });
  };
  const asked = await Promise.allSettled(Array.from({ length: 6 }, read));
  expect(asked.filter(({ status }) => status === 'rejected').map((settled) => String((settled as PromiseRejectedResult).reason))).toContainEqual(expect.stringContaining('ENOENT'));
  await expect(Promise.all([read(), read()])).rejects.toThrow('ENOENT');
  await readers.end();
});

describe('a mark that two payments happen to have', () => {
  let folder: string;
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'sluice-marks-')); });
  afterEach(async () => rm(folder, { recursive: true }));

  test('costs a second look at their lines, and neither is lost', async () => {
    const context = new JobContext(folder, 1, 300_000_000, () => undefined);
    const lanes = new Lanes(await context.openLanes(1));
    const readers = openLineReaders({ landingHour: HOUR, folder, groups: 1, buckets: 1, suppression: null }, 1);
    const bytes = linesOf(['p-1', 'p-2', 'p-3', 'p-3'].map((id, i) => line({ payment_id: JSON.stringify(id), amount_cents: String(i) })));
    await readers.read({ bytes, runs: [{ start: 0, end: bytes.length, ended: true }], doubtful: -1, countSent: false });
    const [{ texts: [text], marks: [marks] }] = await readers.close() as [Awaited<ReturnType<typeof readers.close>>[number]];
    let run = 0;
    // The file once more: as if four other payments had the same four marks.
    const { duplicates, texts: [settled] } = await settleContest({
      folder, runs: { next: () => run++ }, byPayment: new Buckets(join(folder, 'by-payment'), 1), texts: [[text!]], marks: [[marks!, marks!]], gone: '-2',
    }, context, lanes, readers);
    expect(duplicates).toBe(1);
    const revision = { landingHour: HOUR, revision: 1, attempt: 'a', processedAt: '2026-11-20T11:10:00.123Z', outDir: folder };
    const { files: [file], sums } = await readers.writeCurated({ files: [text!, settled!], name: join(folder, 'sorted'), revision });
    expect(sums.rows).toBe(3);
    const found = await lanes.all[0]!.rows(`select payment_id, count(*) from ${parquet([join(folder, 'curated', file!.path)])} group by payment_id order by payment_id`);
    expect(found.map(([id, count]) => [id, Number(count)])).toEqual([['p-1', 1], ['p-2', 1], ['p-3', 1]]);
    for (const lane of lanes.all) lane.close();
  });
});
