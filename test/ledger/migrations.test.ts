import { migrate, readMigrations } from '../../stores/migrations';
import { freshDatabase, type FreshDatabase } from './fresh-database';

let database: FreshDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.close());

const names = readMigrations().map((migration) => migration.name);

test('a new database gets every migration, and the second time none', async () => {
  const owner = database.open('owner');
  expect((await migrate(owner)).applied).toEqual(names);
  expect((await migrate(owner)).applied).toEqual([]);
});

test('two at once: every migration is applied once', async () => {
  const [one, other] = await Promise.all([migrate(database.open('owner')), migrate(database.open('owner'))]);
  expect([...one.applied, ...other.applied].sort()).toEqual(names);
});

test('a migration that was edited after it was applied is refused by name', async () => {
  const owner = database.open('owner');
  await migrate(owner);
  const edited = readMigrations().map((migration, i) => (i === 1 ? { ...migration, text: `${migration.text}\n-- later thought` } : migration));
  await expect(migrate(owner, edited)).rejects.toMatchObject({ kind: 'configuration', on: names[1] });
});

test('a database that is newer than the code is refused', async () => {
  const owner = database.open('owner');
  await migrate(owner);
  await expect(migrate(owner, readMigrations().slice(0, -1))).rejects.toMatchObject({ kind: 'configuration', on: names.at(-1) });
});

test('a migration that fails leaves nothing of itself and does not undo the ones before it', async () => {
  const owner = database.open('owner');
  const broken = { number: 9000, name: '9000-broken.sql', text: 'create table half_done (x integer); select 1 / 0;' };
  await expect(migrate(owner, [...readMigrations(), broken])).rejects.toThrow('division by zero');
  expect(await owner.rows(`select to_regclass('half_done')::text as left_over`)).toEqual([{ left_over: null }]);
  expect((await migrate(owner)).applied).toEqual([]);
});

test('the reader can look and not write, the loader can write and not change tables', async () => {
  await migrate(database.open('owner'));
  const reader = database.open('reader');
  const loader = database.open('loader');
  expect(await reader.rows('select * from curated_payments')).toEqual([]);
  expect(await reader.rows('select * from ledger.hours')).toEqual([]);
  const refused = { kind: 'configuration', fields: expect.objectContaining({ code: '42501' }) };
  await expect(reader.run(`insert into ledger.hours (landing_hour) values ('2026-11-20T10:00:00Z')`)).rejects.toMatchObject(refused);
  await expect(reader.run('delete from curated_payments')).rejects.toMatchObject(refused);
  await expect(loader.run('drop table curated_payments')).rejects.toMatchObject(refused);
  await expect(loader.run('alter table hour_payments add column x integer')).rejects.toMatchObject(refused);
  await expect(loader.run('create table ledger.mine (x integer)')).rejects.toMatchObject(refused);
  await expect(loader.run('create table mine (x integer)')).rejects.toMatchObject(refused);
  await expect(loader.run('delete from ledger.proofs')).rejects.toMatchObject(refused);
  await expect(loader.run('truncate hour_payments')).rejects.toMatchObject(refused);
  expect(await loader.run(`insert into ledger.hours (landing_hour) values ('2026-11-20T10:00:00Z')`)).toBe(1);
});
