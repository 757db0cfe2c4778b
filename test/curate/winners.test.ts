/** One row a payment: which line wins, what is written where, and that a second run writes the same. */
import { readdir } from 'node:fs/promises';
import { CURATED_COLUMNS, REASONS } from '../../contract/payment';
import { SumsOfRows } from '../../contract/sums';
import { generateLines, GENERATE_DEFAULTS, type GenerateOptions } from '../../scripts/generate/lines';
import { ask, HOUR, line, linesOf, UNHURRIED, Workbench } from './curating';
import { hashOf } from './oracle';

let bench: Workbench;
beforeAll(async () => { bench = await Workbench.open(); });
afterAll(async () => bench.close());

const generated = (lines: number, options: Partial<GenerateOptions> = {}): Buffer =>
  Buffer.concat([...generateLines({ ...GENERATE_DEFAULTS, landingHour: HOUR, lines, ...options })]);

describe('of the lines of one payment', () => {
  test.each([
    ['the later created_at wins, whatever its status', [['created_at', '"2026-11-20T10:00:02Z"', 'status', '"PENDING"'], ['created_at', '"2026-11-20T10:00:01Z"', 'status', '"CHARGEBACK"']], 0],
    ['a microsecond is enough', [['created_at', '"2026-11-20T10:00:01.000001Z"'], ['created_at', '"2026-11-20T10:00:01.000002Z"']], 1],
    ['at the same instant the higher status wins', [['status', '"VOIDED"'], ['status', '"EXPIRED"'], ['status', '"SETTLED"']], 1],
  ])('%s', async (_name, variants, winner) => {
    const lines = variants.map((fields, i) => line({ [fields[0]!]: fields[1], ...(fields[2] === undefined ? {} : { [fields[2]]: fields[3] }), user_id: `"u${i}"` }));
    for (const order of [lines, [...lines].reverse()]) {
      const { rows, outcome } = await bench.curate({ object: linesOf(order) });
      expect(rows.map((row) => row.user_id)).toEqual([`u${winner}`]);
      expect(outcome.counts.duplicates).toBe(lines.length - 1);
    }
  });

  test('at the same instant and status the greater hash wins, in whichever object it lies', async () => {
    const lines = ['a', 'b', 'c', 'd'].map((user) => line({ user_id: JSON.stringify(user) }));
    const each = (await Promise.all(lines.map(async (text) => (await bench.curate({ object: text })).rows[0]!)));
    const greatest = each.reduce((best, row) => (row.row_hash > best.row_hash ? row : best));
    const { rows } = await bench.curate(Object.fromEntries(lines.map((text, i) => [`object-${i}`, text])));
    expect(rows).toEqual([greatest]);
  });
});

test('row_hash is the contract’s, by another md5', async () => {
  const { rows } = await bench.curate({ object: generated(5000) });
  expect(rows.length).toBeGreaterThan(4000);
  for (const row of rows) expect(row.row_hash).toBe(hashOf(row));
});

test('the columns of the run are the same in every row', async () => {
  const { rows } = await bench.curate({ object: linesOf([line(), line({ payment_id: '"p-2"', created_at: '"2026-11-18T23:59:59.999999Z"' })]) }, 7);
  expect(rows.map(({ dt, hour, processed_at, curated_version, landing_hour }) => ({ dt, hour, processed_at, curated_version, landing_hour }))
    .sort((a, b) => (a.dt < b.dt ? -1 : 1))).toEqual([['2026-11-18', 23], ['2026-11-20', 10]].map(([dt, hour]) => ({
    dt, hour, processed_at: BigInt(Date.parse('2026-11-20T11:10:00.123Z')) * 1000n, curated_version: 7, landing_hour: BigInt(Date.parse('2026-11-20T10:00:00Z')) * 1000n,
  })));
});

describe('what is written', () => {
  test('a file a day and merchant, the merchant as it is, sorted by created_at, compressed, with every column inside', async () => {
    const odd = ['a:b@c', 'A:B@C', '..x', 'm-1', '-'];
    const lines = Array.from({ length: 3000 }, (_, i) => line({
      payment_id: `"p${i}"`, merchant_id: JSON.stringify(odd[i % odd.length]), created_at: JSON.stringify(new Date(Date.parse('2026-11-20T10:59:59Z') - ((i * 7919) % 3000) * 60_000).toISOString()),
    }));
    const { outcome, files, rows } = await bench.curate({ object: linesOf(lines) });
    expect(rows.length).toBe(3000);
    expect(new Set(outcome.files.map((file) => file.path))).toEqual(new Set(outcome.files.map(({ dt, merchantId }) => `dt=${dt}/merchant_id=${merchantId}/${HOUR}-r1-a1-0.parquet`)));
    expect(new Set(outcome.files.map((file) => file.merchantId))).toEqual(new Set(odd));
    for (const [i, file] of outcome.files.entries()) {
      const [facts] = await ask(`
        select count(*)::int, bool_and(merchant_id = '${file.merchantId}' and dt = '${file.dt}' and dt = created_at::date), bool_and(coalesce(created_at >= previous, true))
        from (select *, lag(created_at) over (order by file_row_number) as previous from read_parquet('${files[i]}', hive_partitioning = false, file_row_number = true))`);
      expect(facts).toEqual([file.rows, true, true]);
    }
    expect(await ask(`select distinct compression from parquet_metadata('${files[0]}')`)).toEqual([['ZSTD']]);
    const types = { string: 'VARCHAR', bigint: 'BIGINT', int: 'INTEGER', double: 'DOUBLE', boolean: 'BOOLEAN', timestamp: 'TIMESTAMP', date: 'DATE' };
    expect((await ask(`describe select * from read_parquet('${files[0]}', hive_partitioning = false)`)).map(([name, type]) => [name, type]))
      .toEqual(CURATED_COLUMNS.map((column) => [column.name, types[column.type]]));
  });

  // DuckDB puts by the few rows with which a merchant begins at a vector's end, and would write what follows before them.
  test('in order wherever among the hour’s rows a merchant’s begin', async () => {
    const merchants = Array.from({ length: 90 }, (_, i) => ({ name: `m-${String(i).padStart(2, '0')}`, rows: i === 40 ? 5_000 : 70 + i }));
    const lines = merchants.flatMap(({ name, rows }) => Array.from({ length: rows }, (_, i) => line({
      payment_id: `"${name}-${i}"`, merchant_id: JSON.stringify(name), created_at: JSON.stringify(new Date(Date.parse('2026-11-20T10:00:00Z') + ((i * 7919) % rows) * 100).toISOString()),
    })));
    const { outcome, files } = await bench.curate({ object: linesOf(lines) });
    const inOrder = await ask(`
      select merchant_id, count(*)::int, bool_and(coalesce(created_at >= previous, true))
      from (
        select *, lag(created_at) over (partition by filename order by file_row_number) as previous
        from read_parquet([${files.map((file) => `'${file}'`).join(', ')}], hive_partitioning = false, file_row_number = true, filename = true)
      )
      group by merchant_id order by merchant_id`);
    expect(outcome.files).toHaveLength(merchants.length);
    expect(inOrder).toEqual(merchants.map(({ name, rows }) => [name, rows, true]));
  });

  test('the sums told are those of the rows, and those that the files read back to', async () => {
    const { outcome, rows, files } = await bench.curate({ object: generated(20_000) });
    const sums = new SumsOfRows();
    for (const row of rows) sums.add(row);
    expect(outcome.counts.sums).toEqual(sums.result());
    expect(await bench.engine.sums({ files }, UNHURRIED)).toEqual(sums.result());
    expect(await bench.engine.sums({ files: [] }, UNHURRIED)).toEqual({ rows: 0, sumRowHash: '0', totals: [] });
  });
});

test('the same objects give the same rows, dead letters and counts, in any order and on one thread or two', async () => {
  const bytes = generated(90_000, { bad: 0.02, merchants: 300 });
  const cut = bytes.lastIndexOf(0x0a, bytes.length / 3) + 1;
  const first = await bench.curate({ a: bytes.subarray(0, cut), b: bytes.subarray(cut) });
  const again = await bench.curate({ a: bytes.subarray(0, cut), b: bytes.subarray(cut) });
  expect(again.letters).toEqual(first.letters);
  expect(again.outcome).toEqual(first.outcome);
  const single = await Workbench.open('300MB', 1);
  const turned = await single.curate({ b: bytes.subarray(cut), a: bytes.subarray(0, cut) });
  await single.close();
  expect(turned.outcome.counts.sums).toEqual(first.outcome.counts.sums);
  const byId = (rows: typeof first.rows): unknown => new Map(rows.map((row) => [row.payment_id, row]));
  expect(byId(turned.rows)).toEqual(byId(first.rows));
  expect(first.outcome.counts.lines).toBe(90_000);
});

test('the generator shows every reason, duplicates, late lines, several currencies and unknown fields, and the same bytes each time', async () => {
  expect(generated(3000).equals(generated(3000))).toBe(true);
  expect(generated(3000).equals(generated(3000, { seed: 2 }))).toBe(false);
  const { outcome, rows } = await bench.curate({ object: generated(20_000) });
  expect(Object.keys(outcome.counts.reasons).sort()).toEqual([...REASONS].sort());
  expect(outcome.counts).toMatchObject({ lines: 20_000, blank: 0, dead: 60, duplicates: 400 });
  expect(new Set(rows.map((row) => row.currency)).size).toBeGreaterThan(5);
  expect(rows.filter((row) => row.created_at < row.landing_hour).length).toBeGreaterThan(100);
  expect(outcome.counts.unknownFields.map(({ field }) => field)).toEqual(expect.arrayContaining(['client_version', 'retry_count']));
});

test('unknown fields are counted by name, with the line that showed each first', async () => {
  const { outcome } = await bench.curate({
    a: linesOf(['', line({ payment_id: '"1"', channel: '1' }), line({ payment_id: '"2"', Channel: 'null', channel: '"x"', currency: '"?"' })]),
    b: linesOf(['{"channel":1', line({ payment_id: '1.5', channel: '[]', '': '1', 'ch\\u0061nnel 2': '{}' })]),
  });
  expect(outcome.counts.unknownFields).toEqual([
    { field: 'channel', count: 3, firstSeen: 'a:2' },
    { field: '', count: 1, firstSeen: 'b:2' },
    { field: 'Channel', count: 1, firstSeen: 'a:3' },
    { field: 'channel 2', count: 1, firstSeen: 'b:2' },
  ]);
});

test('nothing of a job stays in the work folder', async () => {
  await bench.curate({ object: line() });
  expect((await readdir(bench.folder)).filter((name) => name.startsWith('duckdb-'))).toEqual([]);
});
