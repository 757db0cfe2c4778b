/**
 * Postgres takes a table for empty that it analyzed while the first rows were not committed. Of 1,000,000 payments the plan of a load then went
 * over all, for each row of another table; a load has such tables analyzed, so that it is planned by what is there.
 */
import { hourAt, Loading, type Line } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(() => loading.stop());

const HOUR = hourAt(10);
const TABLES = ['hour_payments', 'curated_payments'] as const;

function lines(revision: number): readonly Line[] {
  return Array.from({ length: 5_000 }, (_, i) => ({ id: `p${i}`, at: 1, cents: BigInt(i % 10 === 0 ? revision : 0) }));
}

/** The same rows, put in once more by a transaction that is open while somebody analyzes. */
async function misjudge(): Promise<void> {
  const owner = loading.database.open('owner');
  const other = loading.database.open('owner');
  for (const table of TABLES) {
    await owner.run(`alter table ${table} set (autovacuum_enabled = false); alter table ${table} disable trigger user;
      create table kept as table ${table}; truncate ${table}`);
    await owner.transaction(async (session) => {
      await session.run(`insert into ${table} table kept`);
      await other.run(`analyze ${table}`);
    });
    await owner.run(`drop table kept; alter table ${table} enable trigger user`);
  }
}

async function estimates(): Promise<readonly unknown[]> {
  return loading.reader.rows('select relname, reltuples::int as rows from pg_class where relname = any($1) order by relname desc', [TABLES]);
}

test('a load of changes has the tables analyzed that are taken for empty', async () => {
  await loading.run(HOUR, lines(1));
  await misjudge();
  expect(await estimates()).toEqual(TABLES.map((relname) => ({ relname, rows: 0 })));

  expect(await loading.run(HOUR, lines(2))).toMatchObject({ won: 0, updated: 500 });
  expect(await estimates()).toEqual(TABLES.map((relname) => ({ relname, rows: 5_000 })));
  expect((await loading.winners()).filter(({ amount_cents: cents }) => cents === 2n)).toHaveLength(500);
});
