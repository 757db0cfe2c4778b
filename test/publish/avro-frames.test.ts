/** Rows go from DuckDB's memory into frames without being made: the frames must be those that the rows themselves give. */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCurated } from '../../contract/curated-record';
import { CURATED_COLUMNS, STATUSES, type ChangeOp, type Column, type CuratedPayment } from '../../contract/payment';
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
const TEXTS = ['', 'a', 'x'.repeat(12), 'x'.repeat(13), 'ü'.repeat(31), '✓'.repeat(22), '👛'.repeat(128), 'x'.repeat(9_000), '|', "'"];
const MICROS = ['0', '1', '-1', '946684800000000', '4133980799999999', '1767571200123456'];
const INT64 = ['0', '-1', '63', '64', '-65', '4294967296', '9007199254740993', '9223372036854775807', '-9223372036854775808'];

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
      if (name === 'status') return quoted(random.pick(STATUSES));
      if (short) return quoted(random.pick(['', 'a']));
      return quoted(random.next() < 0.3 ? random.pick(TEXTS) : `t${random.whole(1e9)}`);
    }
    case 'bigint': return `(${random.pick(INT64)})`;
    case 'timestamp': return `make_timestamp(${random.pick(MICROS)})`;
    case 'int': return random.pick(['0', '23', '-1', '2147483647']);
    case 'double': return random.pick(['0', '0.1', '1000000', '0.123456']);
    case 'boolean': return random.pick(['true', 'false']);
    case 'date': return `date '${random.pick(['1969-12-31', '1970-01-01', '2000-02-29', '2100-12-31'])}'`;
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

it.each(['upsert', 'retract'] as const)('are the same for %s, and so are the sums', async (op) => {
  // A payment comes once: among equals the order would be anybody's guess.
  await tableOf('drawn', ROWS, ({ name }, value, n) => (name === 'payment_id' ? `${value.slice(0, -1)}${n.toString(36)}'` : value));
  const expected: Buffer[] = [];
  const sums = new SumsOfRows();
  let isNew = 0;
  for await (const rows of curatedRows(lane, 'select * from drawn')) {
    for (const { row, isNew: first } of rows) {
      sums.add(row);
      if (first) isNew += 1;
      expected.push(encodeFrame({ op, key: Buffer.from(row.payment_id, 'utf8'), value: Buffer.concat([HEADER, encodeCurated('avro', row)]) }));
    }
  }
  const found = await spooled(op, 'select * from drawn');
  const keys = decodeFrames(found.bytes).frames.map(({ key }) => key);
  expect(keys).toHaveLength(ROWS);
  expect(keys.every((key, i) => i === 0 || Buffer.compare(keys[i - 1]!, key) < 0)).toBe(true);
  expect(found.bytes.equals(Buffer.concat(expected))).toBe(true);
  expect(found).toMatchObject({ rows: ROWS, isNew, sums: sums.result() });
});

it('are none where there is no row', async () => {
  await tableOf('none', 0);
  expect(await spooled('upsert', 'select * from none')).toMatchObject({ rows: 0, isNew: 0, bytes: Buffer.alloc(0) });
});

it.each(CURATED_COLUMNS.filter(({ nullable }) => !nullable).map(({ name }) => name))('are refused where a row has no %s', async (name: keyof CuratedPayment) => {
  await tableOf('holed', 3);
  await lane.run(`update holed set ${name} = null where rowid = 1`);
  await expect(spooled('upsert', 'select * from holed')).rejects.toThrow(TypeError);
});

it('are refused where a column is of another type, since its bytes would be another value', async () => {
  await tableOf('typed', 3);
  await expect(spooled('upsert', 'select * replace (amount_cents::integer % 7 as amount_cents) from (select * replace (5 as amount_cents) from typed)'))
    .rejects.toThrow("the rows' amount_cents is INTEGER and not BIGINT");
});
