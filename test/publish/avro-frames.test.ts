/** Rows go from DuckDB's memory into frames without being made: the frames must be those that the rows themselves give. */
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCurated } from '../../contract/curated-record';
import { CURATED_COLUMNS, STATUSES, type ChangeOp, type Column } from '../../contract/payment';
import { decodeFrames, encodeFrame } from '../../contract/record-frame';
import { SumsOfRows } from '../../contract/sums';
import { avroFrames } from '../../engines/duckdb/avro-frames';
import { curatedRows } from '../../engines/duckdb/curated-rows';
import { Lane, quoted } from '../../engines/duckdb/lane';
import { Spool } from '../../engines/duckdb/spool';
import { Random } from '../../scripts/generate/random';

const HEADER = Buffer.from('the registry’s header', 'utf8');
/** more than three of DuckDB's vectors */
const ROWS = 7_000;
/** Of lengths at which a text leaves DuckDB's vector, fills one of sixteen bytes, or has a length of a byte more. */
const TEXTS = [
  '', 'a', ...[11, 12, 13, 15, 16, 17, 63, 64, 65, 8_191, 8_192, 9_000].map((length) => 'x'.repeat(length)), 'ü'.repeat(31), 'ü'.repeat(32), '✓'.repeat(22), '👛'.repeat(128), '|', "'",
];
const MICROS = ['0', '1', '-1', '-62135596800000000', '-1000000', '946684800000000', '4133980799999999', '1767571200123456'];
const INT64_MAX = 2n ** 63n - 1n;
/** Of each number of bytes that Avro has for an int64, the largest and the smallest, with what comes after. */
const INT64 = [0n, -1n, 2n ** 53n + 1n, 2n ** 32n, 2n ** 60n - 1n, INT64_MAX, -INT64_MAX - 1n, ...Array.from({ length: 9 }, (_, i) => 2n ** BigInt(7 * i + 6)).flatMap((edge) => [edge - 1n, edge, -edge, -edge - 1n])];
const INT32 = ['0', '23', '-1', '63', '64', '-64', '-65', '8192', '1048576', '134217728', '2147483647', '-2147483648'];
const DOUBLES = ['0', '-0.0', '0.1', '-1000000', '0.123456', '5e-324', '1.7976931348623157e308', 'inf', '-inf', 'nan'];
/** Some alike at either end, of one length, or the same once they are put together. */
const CURRENCIES = ['EUR', 'ESR', 'RUE', 'EURS', 'EU', '', 'é', 'x'.repeat(40), `${'x'.repeat(39)}y`];
const ODD_STATUSES = [...STATUSES, 'SETTLEX', 'S', 'RSETTLED', 'SSETTLED', '', 'ETTLED', `${'x'.repeat(16)}y`, 'x'.repeat(17)];

let folder: string;
let lane: Lane;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-frames-'));
  lane = await Lane.open({ memory: 500_000_000, tempFolder: join(folder, 'temp'), threads: 1 });
});

afterAll(async () => {
  lane.close();
  await rm(folder, { recursive: true, force: true });
});

function literal({ type, nullable, name }: Column, random: Random, short: boolean): string {
  if (nullable && random.next() < 0.3) return 'null';
  switch (type) {
    case 'string': {
      if (name === 'status' && !short) return quoted(random.pick(ODD_STATUSES));
      if (name === 'currency' && !short) return quoted(random.pick(CURRENCIES));
      if (short) return quoted(random.pick(['', 'a']));
      return quoted(random.next() < 0.3 ? random.pick(TEXTS) : `t${random.whole(1e9)}`);
    }
    case 'bigint': return `(${random.pick(INT64)})`;
    case 'timestamp': return `make_timestamp(${random.pick(MICROS)})`;
    case 'int': return `(${random.pick(INT32)})`;
    case 'double': return `'${random.pick(DOUBLES)}'::double`;
    case 'boolean': return random.pick(['true', 'false']);
    case 'date': return `date '${random.pick(['0001-01-01', '1969-12-31', '1970-01-01', '2000-02-29', '2100-12-31'])}'`;
  }
}

async function tableOf(name: string, rows: number, change: (column: Column, value: string, n: number) => string = (_column, value) => value): Promise<void> {
  await lane.run(`create or replace table ${name} (${CURATED_COLUMNS.map((column) => `${column.name} ${sqlType(column)}`).join(', ')}, is_new boolean)`);
  for (let from = 0; from < rows; from += 500) {
    const tuples = Array.from({ length: Math.min(500, rows - from) }, (_, i) => {
      const random = new Random(5, from + i);
      // Some rows whose texts are all together no longer than what a vector keeps inside.
      const short = random.next() < 0.2;
      const values = CURATED_COLUMNS.map((column) => change(column, literal(column, random, short), from + i));
      return `(${[...values, random.pick(['true', 'false'])].join(', ')})`;
    });
    await lane.run(`insert into ${name} values ${tuples.join(', ')}`);
  }
}

function sqlType({ type }: Column): string {
  return { string: 'varchar', bigint: 'bigint', int: 'integer', double: 'double', boolean: 'boolean', timestamp: 'timestamp', date: 'date' }[type];
}

async function spooled(op: ChangeOp, select: string): Promise<{ readonly bytes: Buffer; readonly rows: number; readonly isNew: number; readonly sums: unknown }> {
  const path = join(folder, 'spool');
  const spool = new Spool(await open(path, 'w'), HEADER);
  const sums = new SumsOfRows();
  let [rows, isNew] = [0, 0];
  try {
    for await (const added of avroFrames(lane, select, op, spool, sums)) {
      rows += added.rows;
      isNew += added.isNew;
      await spool.flushIfFull();
    }
    await spool.flush();
  } finally {
    await spool.close();
  }
  return { bytes: await readFile(path), rows, isNew, sums: sums.result() };
}

/** What the rows themselves give, and that their frames are the same; answers with the keys in their order. */
async function expectSame(op: ChangeOp, select: string): Promise<readonly Buffer[]> {
  const expected: Buffer[] = [];
  const sums = new SumsOfRows();
  let isNew = 0;
  for await (const rows of curatedRows(lane, select)) {
    for (const { row, isNew: first } of rows) {
      sums.add(row);
      if (first) isNew += 1;
      expected.push(encodeFrame({ op, key: Buffer.from(row.payment_id, 'utf8'), value: Buffer.concat([HEADER, encodeCurated('avro', row)]) }));
    }
  }
  const found = await spooled(op, select);
  const { frames } = decodeFrames(found.bytes);
  const differing = expected.findIndex((frame, i) => frames[i] === undefined || !encodeFrame(frames[i]).equals(frame));
  expect(differing === -1 ? 'none' : `row ${differing}: ${expected[differing]!.toString('hex')}`).toBe('none');
  expect(found.bytes.equals(Buffer.concat(expected))).toBe(true);
  expect(found).toMatchObject({ rows: expected.length, isNew, sums: sums.result() });
  return frames.map(({ key }) => key);
}

/** A payment comes once: among equals the order would be anybody's guess. */
const onceEach = ({ name }: Column, value: string, n: number): string => (name === 'payment_id' ? `${value.slice(0, -1)}${n.toString(36)}'` : value);

it.each(['upsert', 'retract'] as const)('are the same for %s, and so are the sums', async (op) => {
  await tableOf('drawn', ROWS, onceEach);
  const keys = await expectSame(op, 'select * from drawn');
  expect(keys).toHaveLength(ROWS);
  expect(keys.every((key, i) => i === 0 || Buffer.compare(keys[i - 1]!, key) < 0)).toBe(true);
});

it('are the same where all texts of many rows together are short', async () => {
  await tableOf('short', 5_000, ({ type, name }, value, n) => (type !== 'string' ? value : name === 'payment_id' ? quoted(n.toString(36)) : quoted('EU'.slice(0, n % 2))));
  await expectSame('upsert', 'select * from short');
});

it.each(CURATED_COLUMNS.filter(({ nullable }) => nullable))('are the same where no row and where every row has a $name, and each second one', async (column) => {
  await tableOf('drawn', 100, onceEach);
  const type = sqlType(column);
  const value = column.type === 'string' ? "'is there'" : column.type === 'timestamp' ? 'make_timestamp(-1)' : '7';
  for (const told of ['null', value, `case when hash(payment_id) % 2 = 0 then ${value} end`]) {
    await expectSame('upsert', `select * replace (cast(${told} as ${type}) as ${column.name}) from drawn`);
  }
});

it('are the same where the texts of a vector are more than are copied at once, one of them alone too', async () => {
  await tableOf('long', 3_000, ({ type, name }, value, n) => {
    if (name === 'merchant_id' && n % 1_000 === 500) return `repeat('${n}-', 700000)`;
    return type === 'string' && name !== 'status' ? `'${n.toString(36).padStart(5, '0')}${name.repeat(20)}'` : value;
  });
  await expectSame('upsert', 'select * from long');
});

/** So many that some of a vector's share what they are looked up by. */
it.each([
  ['a currency and a status of its own', 'left(md5(payment_id), cast(hash(payment_id) % 12 as integer))', 'right(md5(payment_id), cast(hash(payment_id) % 30 as integer))'],
  ['a status that differs from all others at its end', "'EUR'", "repeat('x', 20) || lpad(cast(rowid as varchar), 4, '0')"],
  ['a status that others begin with', "'EUR'", "repeat('x', cast(rowid % 1500 as integer))"],
  ['a currency that others begin with', "repeat('x', cast(rowid % 1500 as integer))", "'xx'"],
])('are the same where each row has %s', async (_name, currency, status) => {
  await tableOf('kinds', 5_000, onceEach);
  await expectSame('upsert', `select * replace (${currency} as currency, ${status} as status) from kinds`);
});

it.each([INT64_MAX, -INT64_MAX - 1n, -1n, 2n ** 32n - 1n])('add up to the last cent where each amount and each hash is %s', async (value) => {
  await tableOf('rich', 4_100, onceEach);
  await expectSame('upsert', `select * replace (cast(${value} as bigint) as amount_cents, cast(${value} as bigint) as row_hash, 'EUR' as currency, 'SETTLED' as status) from rich`);
});

it('have keys as long as a frame can say, and are refused where one is longer', async () => {
  // More of them than are copied at once; each is in its frame twice.
  await tableOf('keyed', 50, onceEach);
  await expectSame('upsert', "select * replace (rpad(md5(payment_id), 65535, '-') as payment_id) from keyed");
  await expect(spooled('upsert', "select * replace (rpad(md5(payment_id), 65536, '-') as payment_id) from keyed")).rejects.toThrow('a payment_id is too long to be a key');
});

it.each([ROWS, 3])('that cannot be written, of %d rows, fail with what the file says', async (count) => {
  await tableOf('drawn', count, onceEach);
  await writeFile(join(folder, 'spool'), '');
  const spool = new Spool(await open(join(folder, 'spool'), 'r'), HEADER);
  const written = async (): Promise<void> => {
    for await (const { rows } of avroFrames(lane, 'select * from drawn', 'upsert', spool, new SumsOfRows())) expect(rows).toBeGreaterThan(0);
    await spool.flush();
  };
  await expect(written()).rejects.toThrow('EBADF');
  await spool.close();
});

it('are none where there is no row', async () => {
  await tableOf('none', 0);
  expect(await spooled('upsert', 'select * from none')).toMatchObject({ rows: 0, isNew: 0, bytes: Buffer.alloc(0) });
});

it.each([...CURATED_COLUMNS.filter(({ nullable }) => !nullable).map(({ name }) => name), 'is_new'])('are refused where a row has no %s', async (name) => {
  await tableOf('holed', 3);
  await lane.run(`update holed set ${name} = null where rowid = 1`);
  await expect(spooled('upsert', 'select * from holed')).rejects.toThrow(TypeError);
});

it('are refused where a column is of another type, since its bytes would be another value', async () => {
  await tableOf('typed', 3);
  await expect(spooled('upsert', 'select * replace (amount_cents::integer % 7 as amount_cents) from (select * replace (5 as amount_cents) from typed)'))
    .rejects.toThrow("the rows' amount_cents is INTEGER and not BIGINT");
});
