/** Large hours are read by several threads, small ones by none: an hour is the same either way. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ErasureKey } from '../../contract/erasure';
import type { CurateOutcome, Suppression } from '../../engines/engine';
import { Buckets } from '../../engines/duckdb/buckets';
import { settleContest } from '../../engines/duckdb/contested-lines';
import { JobContext } from '../../engines/duckdb/job-context';
import { parquet, type Lane } from '../../engines/duckdb/lane';
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

describe('lines whose payments have others', () => {
  let folder: string;
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'sluice-marks-')); });
  afterEach(async () => rm(folder, { recursive: true }));

  /** `marksTimes`: so often the marks of all come; `others`: good lines that are not plain. */
  async function settled(lines: Buffer, options: { readonly marksTimes: number; readonly atOnceBytes?: number; readonly others?: string }): Promise<{ readonly duplicates: number; readonly rows: readonly (readonly [string, bigint])[]; readonly buckets: number }> {
    const context = new JobContext(folder, 1, 300_000_000, () => undefined);
    const lanes = new Lanes(await context.openLanes(1));
    const [lane] = lanes.all as [Lane];
    const readers = openLineReaders({ landingHour: HOUR, folder, groups: 1, buckets: 1, suppression: null }, 1);
    const { others } = await readers.read({ bytes: lines, runs: [{ start: 0, end: lines.length, ended: true }], doubtful: -1, countSent: false });
    // Some lines are judged as well, which is nobody's work here.
    expect(others).toEqual([]);
    const [{ texts: [text], marks: [marks] }] = await readers.close() as [Awaited<ReturnType<typeof readers.close>>[number]];
    let run = 1;
    const byPayment = new Buckets(join(folder, 'by-payment'), 1, 'payment_id');
    if (options.others !== undefined) await byPayment.add(lane, options.others);
    const { duplicates, texts: [won] } = await settleContest({
      folder, runs: { next: () => run++ }, byPayment, texts: [[text!]], marks: [Array.from({ length: options.marksTimes }, () => marks!)], gone: '-2', ...(options.atOnceBytes === undefined ? {} : { atOnceBytes: options.atOnceBytes }),
    }, context, lanes, readers);
    const buckets = (await readdir(folder)).filter((name) => name.startsWith('by-payment'));
    expect(buckets).toHaveLength(1);
    const count = (await readdir(join(folder, buckets[0]!))).length;
    const revision = { landingHour: HOUR, revision: 1, attempt: 'a', processedAt: '2026-11-20T11:10:00.123Z', outDir: folder };
    const { files, sums } = await readers.writeCurated({ files: [text!, won!], name: join(folder, 'sorted'), revision });
    const found = await lane.rows(`select payment_id, amount_cents from ${parquet(files.map(({ path }) => join(folder, 'curated', path)))} order by payment_id`);
    expect(sums.rows).toBe(found.length);
    lane.close();
    return { duplicates, rows: found.map(([id, cents]) => [id as string, cents as bigint]), buckets: count };
  }

  test('two payments that happen to have one mark cost a second look at their lines, and neither is lost', async () => {
    const lines = linesOf(['p-1', 'p-2', 'p-3', 'p-3'].map((id, i) => line({ payment_id: JSON.stringify(id), amount_cents: String(i) })));
    // As if four other payments had the same four marks.
    const { duplicates, rows, buckets } = await settled(lines, { marksTimes: 2 });
    expect(duplicates).toBe(1);
    expect(rows.map(([id]) => id)).toEqual(['p-1', 'p-2', 'p-3']);
    expect(buckets).toBe(1);
  });

  test('where there are more than was thought there are more buckets of them, and lines that were dealt out before meet theirs', async () => {
    const id = (n: number): string => `p-${String(n).padStart(4, '0')}`;
    const lines = Array.from({ length: 600 }, (_, i) => line({ payment_id: JSON.stringify(id(i >> 1)), amount_cents: String(i), created_at: `"2026-11-20T10:00:0${i % 2}Z"` }));
    const { duplicates, rows, buckets } = await settled(linesOf(lines), { marksTimes: 1, atOnceBytes: 1_000, others: `
      select 'p-' || lpad(n::varchar, 4, '0') as payment_id, 1795168802000000 as created_at, 1 as status_rank, 5::bigint as row_hash, n as line_id, -1 as doubtful,
        concat_ws('|', 'p-' || lpad(n::varchar, 4, '0'), 'm-1', '', 77, 'EUR', 'CAPTURED', '', '', '', '', 1795168802000000, '', '') as canonical
      from range(0, 300, 3) t(n)` });
    expect(buckets).toBeGreaterThan(40);
    expect(duplicates).toBe(400);
    expect(rows).toEqual(Array.from({ length: 300 }, (_, n) => [id(n), n % 3 === 0 ? 77n : BigInt(2 * n + 1)]));
  });
});
