/** Committed rows taken over into another revision, without persons who are erased. */
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ErasureKey } from '../../contract/erasure';
import { addSums } from '../../contract/sums';
import type { CarryOverJob, CarryOverOutcome, CuratedPath } from '../../engines/engine';
import { ask, HOUR, line, linesOf, UNHURRIED, Workbench } from './curating';

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.open();
});
afterAll(() => bench.close());

const KEY = new ErasureKey(randomBytes(32));
const LATER = '2026-11-21T09:00:00.456Z';

function suppression(...ids: readonly string[]): NonNullable<CarryOverJob['suppression']> {
  const { inner, outer } = KEY.pads();
  return { tokens: ids.map((id) => KEY.token(id)), keyId: KEY.id, innerPad: inner, outerPad: outer };
}

async function carry(groups: readonly (readonly CuratedPath[])[], ...ids: readonly string[]): Promise<{ readonly outcome: CarryOverOutcome; readonly files: readonly string[] }> {
  const outDir = bench.next('carried');
  const outcome = await bench.engine.carryOver({
    landingHour: HOUR, revision: 2, attempt: 'a2', processedAt: LATER, groups, outDir, ...(ids.length === 0 ? {} : { suppression: suppression(...ids) }),
  }, UNHURRIED);
  return { outcome, files: outcome.files.map(({ path }) => join(outDir, 'curated', path)) };
}

const LINES = [
  line({ payment_id: '"theirs-1"', user_id: '"ú|1"', amount_cents: '9223372036854775807' }), line({ payment_id: '"theirs-2"', user_id: '"ú|1"', merchant_id: '"a:b"' }),
  line({ payment_id: '"longer"', user_id: '"ú|12"', risk_score: '0.1234567' }), line({ payment_id: '"nobodys"', user_id: 'null', authorized_at: 'null', completed_at: 'null' }),
  line({ payment_id: '"skewed"', completed_at: '"2026-11-20T10:00:00.999999Z"', decline_reason: '"l’hôte"' }), line({ payment_id: '"yesterday"', created_at: '"2026-11-19T23:59:59.999999Z"' }),
];

test('everybody else’s row is the row that it was, under the new revision and instant', async () => {
  const before = await bench.curate({ 'a.json': linesOf(LINES) });
  const { outcome, files } = await carry([before.files], 'ú|1', 'somebody else');
  expect(outcome.erased).toMatchObject({ rows: 2 });
  expect(addSums(outcome.kept, outcome.erased)).toEqual(before.outcome.counts.sums);
  expect(outcome.files.map(({ path, rows }) => ({ path, rows }))).toEqual([
    { path: 'dt=2026-11-19/merchant_id=m-1/2026-11-20T10-r2-a2-0.parquet', rows: 1 }, { path: 'dt=2026-11-20/merchant_id=m-1/2026-11-20T10-r2-a2-0.parquet', rows: 3 },
  ]);
  const after = (await bench.difference({ now: files, revision: 2 })).rows('upsert');
  const byId = (a: { payment_id: string }, b: { payment_id: string }): number => (a.payment_id < b.payment_id ? -1 : 1);
  expect([...after].sort(byId)).toEqual(before.rows.filter(({ user_id }) => user_id !== 'ú|1').sort(byId).map((row) => ({
    ...row, curated_version: 2, processed_at: BigInt(Date.parse(LATER)) * 1000n,
  })));
  expect(await bench.engine.sums({ files }, UNHURRIED)).toEqual(outcome.kept);
});

test('of a file that hours share only the hour’s rows are read; a group of nobody else leaves no file', async () => {
  const { files } = await bench.curate({ 'a.json': linesOf(LINES) });
  const other = '2026-11-20T11' as typeof HOUR;
  expect((await carry([files.map((path) => ({ path, landingHour: other }))], 'ú|1')).outcome).toMatchObject({ kept: { rows: 0 }, erased: { rows: 0 }, files: [] });
  const theirs = files.filter((path) => path.includes('a:b'));
  const rest = files.filter((path) => !theirs.includes(path));
  const { outcome } = await carry([theirs, rest.map((path) => ({ path, landingHour: HOUR }))], 'ú|1');
  expect(outcome).toMatchObject({ kept: { rows: 4 }, erased: { rows: 2 } });
  expect(outcome.files.some(({ merchantId }) => merchantId === 'a:b')).toBe(false);
});

test('rows of several files of a merchant are one file, in order', async () => {
  const minute = (i: number): string => line({ payment_id: `"p-${i}"`, created_at: JSON.stringify(new Date(Date.parse('2026-11-20T10:00:00Z') + i * 1000).toISOString()) });
  const [later, earlier] = [await bench.curate({ 'a.json': linesOf([1, 3, 5].map(minute)) }), await bench.curate({ 'a.json': linesOf([0, 2, 4].map(minute)) })];
  const { files } = await carry([[...later.files, ...earlier.files]]);
  expect(files).toHaveLength(1);
  expect(await ask(`select payment_id from read_parquet('${files[0]}', hive_partitioning = false, file_row_number = true) order by file_row_number`))
    .toEqual([0, 1, 2, 3, 4, 5].map((i) => [`p-${i}`]));
});

test('where nobody is erased every row is carried over, and of no file none', async () => {
  const { files, outcome: { counts } } = await bench.curate({ 'a.json': linesOf(LINES) });
  expect((await carry([files])).outcome).toMatchObject({ kept: counts.sums, erased: { rows: 0 } });
  expect((await carry([], 'ú|1')).outcome).toEqual({ kept: { rows: 0, sumRowHash: '0', totals: [] }, erased: { rows: 0, sumRowHash: '0', totals: [] }, files: [] });
});

test('two groups with one merchant are refused: the files of one would be written over the other’s', async () => {
  const { files } = await bench.curate({ 'a.json': line() });
  await expect(carry([files, files])).rejects.toThrow(/two groups of rows have the merchant/);
});

test('a merchant that DuckDB’s folders would name otherwise has the lake’s folder, and no other', async () => {
  const { files } = await bench.curate({ 'a.json': linesOf(LINES) });
  const { outcome, files: carried } = await carry([files]);
  expect(outcome.files.map(({ path }) => path)).toContain('dt=2026-11-20/merchant_id=a:b/2026-11-20T10-r2-a2-0.parquet');
  for (const path of carried) expect((await stat(path)).isFile()).toBe(true);
  const day = dirname(dirname(carried.find((path) => path.includes('a:b'))!));
  expect((await readdir(day)).sort()).toEqual(['merchant_id=a:b', 'merchant_id=m-1']);
});
