/** Texts become the rows of curated files: held against what JavaScript says of the same fields, as DuckDB and as another reader of Parquet read them. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { decompress } from 'fzstd';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { CURATED_COLUMNS } from '../../contract/payment';
import { parseLandingHour } from '../../contract/landing-hour';
import { flawedRows } from '../../engines/duckdb/kept-rows';
import { Lane, parquet } from '../../engines/duckdb/lane';
import { CompiledTexts } from '../../engines/duckdb/lines/compiled-texts';
import { writeCurated, type WrittenFiles } from '../../engines/duckdb/parquet/curated-files';
import { zstd } from '../../engines/duckdb/parquet/zstd';
import { unzstdInJavaScript } from '../../engines/duckdb/lines/zstd-in-javascript';
import { Random } from '../../scripts/generate/random';
import { canonicalOf, hashOf, type OracleRow } from './oracle';

const HOUR = parseLandingHour('2026-11-20T10');
const PROCESSED_AT = '2026-11-20T11:10:00.123Z';
const DAY = 86_400_000_000n;
/** The smallest that there are. */
const RUN_BYTES = 128 * 1024;

let folder: string;
let connection: DuckDBConnection;
let lane: Lane;
let compiled: CompiledTexts;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  lane = await Lane.open({ memory: 300_000_000, threads: 1, tempFolder: await mkdtemp(join(tmpdir(), 'sluice-lane-')) });
});
afterAll(() => { connection.closeSync(); lane.close(); });
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  compiled = new CompiledTexts();
});
afterEach(async () => rm(folder, { recursive: true }));

function textOf(row: OracleRow): string {
  return `mmmmmmmm|${String(row.row_hash).padStart(19, '0')}|${canonicalOf(row)}\n`;
}

function floorDiv(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}

/** As DuckDB's JSON has them. */
function rowOf(row: OracleRow): Readonly<Record<string, unknown>> {
  const { row_hash, ...fields } = row;
  const day = floorDiv(row.created_at, DAY);
  return {
    ...fields,
    dt: new Date(Number(day) * 86_400_000).toISOString().slice(0, 10), hour: Number((row.created_at - day * DAY) / 3_600_000_000n),
    authorized_to_complete_ms: row.authorized_at === null || row.completed_at === null ? null : floorDiv(row.completed_at - row.authorized_at, 1000n),
    is_approved: row.status === 'APPROVED', is_refunded: row.status === 'REFUNDED',
    processed_at: BigInt(Date.parse(PROCESSED_AT)) * 1000n, curated_version: 3, landing_hour: BigInt(Date.parse('2026-11-20T10:00:00Z')) * 1000n, row_hash,
  };
}

const CURRENCIES = ['USD', 'EUR', 'JPY'];
const STATUSES = ['APPROVED', 'REFUNDED', 'CAPTURED', 'CHARGEBACK', 'APPROVE', 'APPROVED2'];

function drawn(random: Random, count: number, more: (i: number) => Partial<OracleRow> = () => ({})): readonly OracleRow[] {
  const maybe = <T>(value: T): T | null => (random.next() < 0.2 ? null : value);
  const instant = (): bigint => 1_795_000_000_000_000n + BigInt(random.whole(2_000_000_000)) * 40n;
  return Array.from({ length: count }, (_, i) => hashed({
    payment_id: `pay-${String(random.whole(1_000_000_000))}-${i}`, merchant_id: `merchant-${random.whole(3)}`, user_id: maybe(`user ${random.whole(2_000)}`),
    amount_cents: BigInt(random.whole(10_000_000)), currency: random.pick(CURRENCIES), status: random.pick(STATUSES), payment_method: maybe(random.pick(['card', 'wallet', 'bank transfer'])),
    risk_score: maybe(random.whole(100_000_000) / 1e6), authorized_at: maybe(instant()), completed_at: maybe(instant()), created_at: instant(),
    source_system: maybe(random.pick(['web', 'a|b', 'c~%', '~', '100 %', '%7C', 'Überweisung', ''])), decline_reason: maybe('x'.repeat(random.whole(60)) + random.pick(['', '%', 'é|', '~'])),
    ...more(i),
  }));
}

/** With the hash that the contract wants, unless another one is given. */
function hashed(row: Omit<OracleRow, 'row_hash'> & { readonly row_hash?: bigint }): OracleRow {
  return { ...row, row_hash: row.row_hash ?? hashOf(row) };
}

async function written(rows: readonly OracleRow[], runBytes?: number, groupBytes?: number): Promise<WrittenFiles> {
  const path = join(folder, 'texts');
  const texts = Buffer.from(rows.map(textOf).join(''));
  await writeFile(path, texts);
  return writeCurated(compiled, { files: [{ path, bytes: texts.length }], name: join(folder, 'sorted'), revision: { landingHour: HOUR, revision: 3, attempt: 'a', processedAt: PROCESSED_AT, outDir: folder } }, runBytes, groupBytes);
}

const PLAIN = CURATED_COLUMNS.map(({ name, type }) => (type === 'timestamp' ? `epoch_us(${name}) as ${name}` : type === 'date' ? `${name}::varchar as ${name}` : name)).join(', ');

const EDGES = CURATED_COLUMNS.flatMap(({ name }) => [`min(${name})::varchar as "least ${name}"`, `max(${name})::varchar as "greatest ${name}"`]).join(', ');
/** By what rows may be looked for. */
const SAID = new Set(['payment_id', 'merchant_id', 'amount_cents', 'authorized_at', 'completed_at', 'created_at', 'dt', 'hour', 'authorized_to_complete_ms', 'landing_hour', 'row_hash']);

async function ask(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjects();
}

function inOrder(rows: readonly OracleRow[]): readonly OracleRow[] {
  return rows.toSorted((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : Buffer.compare(Buffer.from(a.payment_id), Buffer.from(b.payment_id))));
}

/** Every file has the rows that are its own, in their order, and says of its columns what they hold. */
async function expectRows({ files, sums }: WrittenFiles, rows: readonly OracleRow[]): Promise<void> {
  const expected = new Map<string, OracleRow[]>();
  for (const row of rows) {
    const { dt } = rowOf(row);
    const path = `dt=${String(dt)}/merchant_id=${row.merchant_id}/2026-11-20T10-r3-a-0.parquet`;
    expected.set(path, [...expected.get(path) ?? [], row]);
  }
  expect(files.map(({ path }) => path).toSorted()).toEqual([...expected.keys()].toSorted());
  for (const { path, bytes, rows: count } of files) {
    const file = join(folder, 'curated', path);
    const own = inOrder(expected.get(path)!).map(rowOf);
    expect(await ask(`select ${PLAIN} from read_parquet('${file}', hive_partitioning = false, file_row_number = true) order by file_row_number`)).toEqual(own);
    expect(count).toBe(own.length);
    expect(await ask(`select file_size_bytes::int as bytes, num_rows::int as rows from parquet_file_metadata('${file}')`)).toEqual([{ bytes, rows: count }]);
    const held = new Map((await ask(`unpivot (select ${EDGES} from read_parquet('${file}', hive_partitioning = false)) on columns(*)`)).map(({ name, value }) => [name, value]));
    const said = await ask(`select path_in_schema as name, stats_min_value as least, stats_max_value as greatest, stats_null_count::int as nulls, compression from parquet_metadata('${file}')`);
    expect(said).toHaveLength(CURATED_COLUMNS.length);
    for (const { name, least, greatest, nulls, compression } of said) {
      expect([name, nulls, compression]).toEqual([name, own.filter((row) => row[name as string] === null).length, 'ZSTD']);
      // A reader that believes them passes over a row group where they are wrong.
      if (least !== null || greatest !== null || SAID.has(name as string)) expect([name, least, greatest]).toEqual([name, held.get(`least ${String(name)}`) ?? null, held.get(`greatest ${String(name)}`) ?? null]);
    }
  }
  expect(sums.rows).toBe(rows.length);
  expect(sums.sumRowHash).toBe(String(rows.reduce((sum, row) => sum + row.row_hash, 0n)));
  for (const { currency, status, count, amountCents } of sums.totals) {
    const own = rows.filter((row) => row.currency === currency && row.status === status);
    expect([count, amountCents]).toEqual([own.length, String(own.reduce((sum, row) => sum + row.amount_cents, 0n))]);
  }
  expect(sums.totals.reduce((sum, { count }) => sum + count, 0)).toBe(rows.length);
}

async function encodingsOf({ files }: WrittenFiles, column: string): Promise<string> {
  const [{ encodings }] = await ask(`select encodings from parquet_metadata('${join(folder, 'curated', files[0]!.path)}') where path_in_schema = '${column}'`) as [{ encodings: string }];
  return encodings;
}

const OTHER_READER = {
  compressors: { ZSTD: (bytes: Uint8Array) => decompress(bytes) },
  parsers: { timestampFromMicroseconds: (micros: bigint) => micros, dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10) } as never,
};

const EPOCH = { created_at: 1_795_000_000_000_000n, merchant_id: 'm' };
const NOTHING = { user_id: null, payment_method: null, risk_score: null, authorized_at: null, completed_at: null, source_system: null, decline_reason: null };

describe.each([['one run', undefined], ['several runs', RUN_BYTES]])('texts sorted in %s', (_runs, runBytes) => {
  const shapes: readonly (readonly [string, number, (random: Random, i: number) => Partial<OracleRow>])[] = [
    ['of a few merchants and days', 5_000, () => ({})],
    ['of which each is a file of its own', 12, (_random, i) => ({ merchant_id: `m-${i}` })],
    ['with all that may be missing missing', 1_001, () => NOTHING],
    ['with nothing missing', 1_001, () => ({ user_id: 'u', payment_method: 'p', risk_score: 0, authorized_at: 0n, completed_at: 0n, source_system: 's', decline_reason: 'd' })],
    ['at the ends of what numbers may be', 2_000, (random) => ({
      amount_cents: random.pick([0n, 9n, 12_345_678n, 123_456_789n, 9_223_372_036_854_775_807n]), row_hash: random.pick([0n, 1n, (1n << 60n) - 1n]),
      risk_score: random.pick([null, 0, 0.000001, 999_999.999999, 1_000_000]), authorized_at: random.pick([null, 0n, -1n, 253_402_300_799_999_999n, -62_135_596_800_000_000n]),
      completed_at: random.pick([null, 1n, -1_001n, 999n]), created_at: random.pick([-1n, 0n, -DAY, DAY - 1n, -62_135_596_800_000_000n, 1_795_000_000_000_000n]),
    })],
    ['with texts as long as they may be', 300, (random, i) => ({ ...EPOCH, decline_reason: random.next() < 0.05 ? 'ü'.repeat(30_000) : `r${i}`, payment_method: '|~%'.repeat(random.whole(200)) })],
  ];
  test.each(shapes)('%s', async (_shape, count, more) => {
    const random = new Random(21, 0);
    const rows = drawn(random, count, (i) => more(random, i));
    await expectRows(await written(rows, runBytes), rows);
    expect((await readdir(folder)).toSorted()).toEqual(['curated']);
  });
});

test.each([1, 2, 7, 8, 9, 63, 64, 65])('%i rows, where bits come in groups of eight', async (count) => {
  const rows = drawn(new Random(22, count), count, () => EPOCH);
  await expectRows(await written(rows), rows);
});

test.each([1, 2, 33, 34, 129, 130, 161, 257, 1_000])('%i rows with numbers of every width, as deltas', async (count) => {
  const random = new Random(31, count);
  const bits = (): bigint => BigInt(random.whole(2 ** 31)) * 2n ** 31n + BigInt(random.whole(2 ** 31));
  const rows = drawn(random, count, (i) => {
    const width = BigInt(Math.floor(i / 16) % 64);
    const number = bits() % (1n << width);
    return { ...EPOCH, created_at: EPOCH.created_at + BigInt(i), amount_cents: number, authorized_at: i % 7 === 0 ? null : number % 253_402_300_800_000_000n, completed_at: i % 5 === 0 ? null : -(number % 62_135_596_800_000_000n) };
  });
  await expectRows(await written(rows), rows);
  const [path] = (await readdir(join(folder, 'curated'), { recursive: true })).filter((name) => name.endsWith('.parquet'));
  const file = join(folder, 'curated', path!);
  const found: Readonly<Record<string, unknown>>[] = await parquetReadObjects({ ...OTHER_READER, file: await asyncBufferFromFile(file) });
  expect(found).toEqual(inOrder(rows).map(rowOf));
});

test.each([1, 2, 3, 4, 5, 16, 17, 128, 129, 255, 256, 257, 300])('%i different texts of a column, as a dictionary or without', async (different) => {
  const rows = drawn(new Random(23, different), 1_500, (i) => ({ ...EPOCH, user_id: `the same beginning ${i % different} the same end`, payment_method: 'ab'.repeat(i % different) }));
  const files = await written(rows);
  await expectRows(files, rows);
  expect((await encodingsOf(files, 'user_id')).includes('DICTIONARY')).toBe(different <= 256);
});

test('an escape in the next field is none of a text’s', async () => {
  const rows = drawn(new Random(34, 0), 40, (i) => ({ ...EPOCH, source_system: `s ${i}`, decline_reason: '%' }));
  const files = await written(rows);
  await expectRows(files, rows);
  expect(await encodingsOf(files, 'source_system')).toContain('DELTA_BYTE_ARRAY');
});

const FRONTS: readonly (readonly [string, (i: number) => string | null, string])[] = [
  ['which begin as the one before them, by every length', (i) => `${'the same beginning of all of them '.slice(0, i % 35)}${i}`, 'DELTA_BYTE_ARRAY'],
  ['of which one is where another begins', (i) => 'abcdefghijklmnopqrstuvwxyz0123456789'.slice(0, 1 + (i * 7) % 36) + 'é'.repeat(Math.floor(i / 36)), 'DELTA_BYTE_ARRAY'],
  ['most of which are missing', (i) => (i % 9 === 4 ? `here ${i}` : null), 'DELTA_BYTE_ARRAY'],
  ['alike over more bytes than two bytes can tell', (i) => (i < 12 ? `${'long'.repeat(16_384)}${i % 2 === 0 ? '' : 'er'} ${i}` : null), 'DELTA_BYTE_ARRAY'],
  ['one of which is written with an escape', (i) => (i === 200 ? 'a %' : `a ${i}`), 'PLAIN'],
  ['the last of which ends with an escape behind others', (i) => (i === 399 ? `sixteen bytes or more |` : `sixteen bytes or more ${i}`), 'PLAIN'],
];
test.each(FRONTS)('texts %s', async (_which, textOfRow, encoding) => {
  const rows = drawn(new Random(33, 0), 400, (i) => ({ ...EPOCH, created_at: EPOCH.created_at + BigInt(i) * 1_000n, user_id: textOfRow(i) }));
  const files = await written(rows);
  await expectRows(files, rows);
  expect(await encodingsOf(files, 'user_id')).toContain(encoding);
  const file = join(folder, 'curated', files.files[0]!.path);
  const found: Readonly<Record<string, unknown>>[] = await parquetReadObjects({ ...OTHER_READER, file: await asyncBufferFromFile(file) });
  expect(found).toEqual(inOrder(rows).map(rowOf));
});

test('more rows than a row group has go into several, of one file', async () => {
  const rows = drawn(new Random(24, 0), 130_000, (i) => ({ ...EPOCH, ...NOTHING, created_at: EPOCH.created_at + BigInt(i) * 1_000n, status: 'CAPTURED' }));
  const { files } = await written(rows);
  expect(files).toHaveLength(1);
  await expectEdges(files);
  const file = join(folder, 'curated', files[0]!.path);
  const [{ groups }] = await ask(`select num_row_groups::int as groups from parquet_file_metadata('${file}')`) as [{ groups: number }];
  expect(groups).toBeGreaterThan(1);
  expect(await ask(`select payment_id from read_parquet('${file}', file_row_number = true) order by file_row_number`)).toEqual(rows.map(({ payment_id }) => ({ payment_id })));
});

test('files of some mebibytes say what they hold, however many of them are in memory one after the other', async () => {
  const rows = drawn(new Random(29, 0), 60_000, (i) => ({ ...NOTHING, merchant_id: `merchant-${i % 7}`, created_at: EPOCH.created_at + BigInt(i) * 1_000n, decline_reason: 'r'.repeat(200) }));
  const { files } = await written(rows);
  expect(files).toHaveLength(7);
  await expectEdges(files);
  // What begins in one mebibyte and ends in another is a row group all the same.
  for (const { path } of files) expect(await ask(`select num_row_groups::int as groups from parquet_file_metadata('${join(folder, 'curated', path)}')`)).toEqual([{ groups: 1 }]);
});

/** Of each row group, whether the least and the greatest payment that it says it has are those that it has. */
async function expectEdges(files: WrittenFiles['files']): Promise<void> {
  for (const { path } of files) {
    const file = join(folder, 'curated', path);
    const groups = await ask(`select stats_min_value as least, stats_max_value as greatest, row_group_num_rows::int as rows from parquet_metadata('${file}') where path_in_schema = 'payment_id' order by row_group_id`);
    const bytes = await ask(`select row_group_bytes::int as said, sum(total_uncompressed_size)::int as held from parquet_metadata('${file}') group by row_group_id, row_group_bytes`);
    for (const { said, held } of bytes) expect(said).toBe(held);
    let from = 0;
    for (const { least, greatest, rows } of groups as readonly { least: string; greatest: string; rows: number }[]) {
      const [held] = await ask(`select min(payment_id) as least, max(payment_id) as greatest from read_parquet('${file}', hive_partitioning = false, file_row_number = true) where file_row_number >= ${from} and file_row_number < ${from + rows}`);
      expect({ least, greatest }).toEqual(held);
      from += rows;
    }
  }
}

test('another reader of Parquet finds the same, and DuckDB’s own writer would say the same of the columns', async () => {
  const rows = drawn(new Random(25, 0), 3_000, () => EPOCH);
  const { files } = await written(rows);
  const file = join(folder, 'curated', files[0]!.path);
  const found: Readonly<Record<string, unknown>>[] = await parquetReadObjects({ ...OTHER_READER, file: await asyncBufferFromFile(file) });
  expect(found).toEqual(inOrder(rows).map(rowOf));
  const other = join(folder, 'duckdb.parquet');
  await connection.run(`copy (select * from read_parquet('${file}', hive_partitioning = false)) to '${other}' (format parquet, compression zstd)`);
  const schema = (of: string): string => `select name, type, repetition_type, converted_type, logical_type from parquet_schema('${of}') where num_children is null`;
  expect(await ask(schema(file))).toEqual(await ask(schema(other)));
});

test('SQL names the rows that keep what does not follow from their fields', async () => {
  const rows = drawn(new Random(26, 0), 100, () => EPOCH);
  const { files: [file] } = await written(rows);
  const path = join(folder, 'curated', file!.path);
  const revision = { landingHour: HOUR, revision: 3, processedAt: PROCESSED_AT };
  expect(await flawedRows(lane, revision, path)).toBe(0);
  const wrong = join(folder, 'wrong.parquet');
  await lane.run(`copy (select * replace (case when amount_cents % 2 = 0 then hour + 1 else hour end as hour) from ${parquet([path])}) to '${wrong}'`);
  expect(await flawedRows(lane, revision, wrong)).toBe(rows.filter(({ amount_cents }) => amount_cents % 2n === 0n).length);
});

test('a text of fewer or more fields is no row', async () => {
  const text = textOf(drawn(new Random(27, 0), 1)[0]!);
  for (const [name, bad] of [['fewer', text.replace(/\|[^|]*\n$/, '\n')], ['more', text.replace('\n', '|x\n')]] as const) {
    const path = join(folder, name);
    await writeFile(path, bad);
    const texts = { files: [{ path, bytes: Buffer.byteLength(bad) }], name: join(folder, 'sorted'), revision: { landingHour: HOUR, revision: 1, attempt: 'a', processedAt: PROCESSED_AT, outDir: folder } };
    expect(() => writeCurated(new CompiledTexts(), texts)).toThrow('unreachable');
  }
});

test('a file that is there already is not written over', async () => {
  const rows = drawn(new Random(28, 0), 10, () => EPOCH);
  await written(rows);
  await expect(written(rows)).rejects.toThrow('EEXIST');
});

test('the same rows are the same bytes, whatever was written before them', async () => {
  const rows = drawn(new Random(32, 0), 50, () => EPOCH);
  const bytes = async (): Promise<Buffer> => {
    const { files: [file] } = await written(rows);
    const path = join(folder, 'curated', file!.path);
    const found = await readFile(path);
    await rm(path);
    return found;
  };
  const first = await bytes();
  await written(drawn(new Random(32, 1), 3_000, () => ({ merchant_id: 'other', amount_cents: 9_223_372_036_854_775_807n })));
  expect((await bytes()).equals(first)).toBe(true);
});

test('what was added up before a write failed is in no later one', async () => {
  const [before, failing] = [0, 1].map((n) => drawn(new Random(30, n), 10, () => ({ ...EPOCH, merchant_id: `m-${n}` })));
  await written(failing!);
  await expect(written([...before!, ...failing!])).rejects.toThrow('EEXIST');
  await rm(join(folder, 'curated'), { recursive: true });
  await expectRows(await written(before!), before!);
});

test.each([0, 1, 255, 256, 128 * 1024, 128 * 1024 + 1, 300_000])('%i bytes, packed, come out as they were', async (count) => {
  const bytes = Buffer.from(Array.from({ length: count }, (_, i) => (i * i) % 251));
  // Before Node 22.15 there is nothing that packs.
  if (zstd !== null) expect((await collected(zstd(bytes))).equals(bytes)).toBe(true);
});

// Hashes are not packed: eight bytes each behind eight of levels. A block of a frame has 128 KiB.
test.each([16_382, 16_383, 16_384, 32_767, 32_768])('%i rows, of whose hashes a frame has a block more or less', async (count) => {
  const rows = drawn(new Random(35, count), count, (i) => ({ ...EPOCH, ...NOTHING, created_at: EPOCH.created_at + BigInt(i) * 1_000n }));
  await expectRows(await written(rows), rows);
});

test('a file may have so many row groups that its end is longer than what else waits for it', async () => {
  const rows = drawn(new Random(36, 0), 130_000, (i) => ({ ...EPOCH, ...NOTHING, payment_id: `${'p'.repeat(115)}${i}`, created_at: EPOCH.created_at + BigInt(i) * 1_000n }));
  const { files } = await written(rows, undefined, RUN_BYTES);
  expect(files).toHaveLength(1);
  await expectEdges(files);
  const file = join(folder, 'curated', files[0]!.path);
  const [{ groups, footer }] = await ask(`select num_row_groups::int as groups, footer_size::int as footer from parquet_file_metadata('${file}')`) as [{ groups: number; footer: number }];
  expect(groups).toBeGreaterThan(100);
  expect(footer).toBeGreaterThan(256 * 1024);
  const [{ sum }] = await ask(`select sum(row_hash)::varchar as sum from read_parquet('${file}')`) as [{ sum: string }];
  expect(sum).toBe(String(rows.reduce((total, row) => total + row.row_hash, 0n)));
});

async function collected(frame: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of unzstdInJavaScript((async function* once() { yield frame; })())) parts.push(part);
  return Buffer.concat(parts);
}
