/**
 * Payments that nobody has go into the tables themselves: of a first load those behind the greatest id that is there. They must be the rows
 * that the long way would have written, and the long way is still there for whoever may not take the short one.
 */
import { hourStart } from '../../contract/landing-hour';
import { STATUSES } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import { copyChanges } from '../../stores/payments-copy';
import { openPayments } from '../../stores/payments';
import { asSent, batches, greatest, hourAt, Loading, ranOf, rowOf, type Line } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await loading.stop();
});

const [ten, eleven, twelve] = [hourAt(10), hourAt(11), hourAt(12)];
const PAYMENTS = 6_000;
/** The statements of the long way. */
const LONG = ['load/insert-in-hour.sql', 'load/decide-retracted.sql'] as const;
const NOTHING = { updated: 0, stale: 0, alreadyThere: 0, broughtBack: 0 };

function idOf(i: number): string {
  return `p${String(i).padStart(5, '0')}`;
}

function lineOf(i: number, more: Partial<Line> = {}): Line {
  const status = STATUSES[i % STATUSES.length]!;
  return {
    id: idOf(i), at: 600 + (i % 60), cents: BigInt(i) * 1_000_003n, status, merchant: `shöp-${i % 7}`, currency: ['EUR', 'USD', 'JPY'][i % 3]!,
    method: i % 5 === 0 ? null : 'card', ...(i % 2 === 0 ? { ms: BigInt(i) } : {}), ...(status === 'DECLINED' && i % 4 !== 0 ? { declined: 'fraud' } : {}), ...more,
  };
}

const NEW = Array.from({ length: PAYMENTS }, (_, i) => lineOf(i));

/** All that a load leaves, but for when it was. */
async function left(of: Loading): Promise<unknown> {
  return [
    await of.reader.rows(readSql('soak/table-checksums.sql')),
    await of.reader.rows('select * from rollups.hours order by 1, 2'),
    ...await Promise.all(['totals', 'declines', 'latency', 'longest'].map((table) => of.reader.rows(`select to_jsonb(t)::text as row from rollups.${table} t order by 1`))),
  ];
}

function winnersOf(...hours: readonly (readonly [typeof ten, readonly Line[]])[]): readonly unknown[] {
  return greatest(hours.map(([hour, lines]) => lines.map((line) => rowOf(hour, 1, line)))).map((row) => [row.payment_id, row.row_hash]);
}

async function winners(): Promise<readonly unknown[]> {
  return (await loading.winners()).map((row) => [row.payment_id, row.row_hash]);
}

/** As a role that row security holds: Postgres would refuse it COPY into the tables. */
async function heldPayments(of: Loading): Promise<Loading['payments']> {
  const owner = of.database.open('owner');
  await owner.run(`
    do $$ begin execute format('grant temporary on database %I to sluice_reader', current_database()); end $$;
    grant all on all tables in schema public, ledger to sluice_reader;
    grant execute on all functions in schema ledger to sluice_reader;
    create policy held on curated_payments to sluice_reader using (true) with check (true);
    create policy held on hour_payments to sluice_reader using (true) with check (true);
  `);
  return openPayments(of.reader, of.reader);
}

test('a first load writes the same rows and the same roll-ups the short way and the long one', async () => {
  const long = await Loading.start();
  try {
    const run = await loading.publish(eleven, NEW);
    expect(await ranOf(LONG, async () => {
      expect(await loading.load(run)).toMatchObject({ won: PAYMENTS, ...NOTHING });
    })).toEqual([]);

    const held = await heldPayments(long);
    const same = await long.publish(eleven, NEW);
    jest.restoreAllMocks();
    expect(await ranOf(LONG, async () => {
      expect(await held.load({
        input: same.input, records: () => batches(same.changes.map(asSent)), rowsOfHour: () => batches([]) as never, attempt: 1, worker: 'test',
        signal: new AbortController().signal, progress: () => undefined,
      })).toMatchObject({ won: PAYMENTS, ...NOTHING });
    })).toEqual(LONG);
    expect(await left(loading)).toEqual(await left(long));
  } finally {
    await long.stop();
  }
});

test('the hour’s next revision finds what was copied', async () => {
  await loading.run(eleven, NEW);
  const changed = NEW.slice(1).map((line, i) => (i % 10 === 0 ? { ...line, cents: 7n } : line));
  expect(await loading.run(eleven, changed)).toMatchObject({ won: 0, updated: 600, retracted: 1, stale: 0 });
  expect(await loading.payments.hourSums(eleven)).toMatchObject({ rows: PAYMENTS - 1 });
});

test.each([
  ['earlier, and lower', 10, { updated: 0, stale: 10 }],
  ['earlier, and greater', 11, { updated: 10, stale: 0 }],
] as const)('payments that another hour has are decided, and only those behind it go the short way: %s', async (_what, later, counts) => {
  const before = Array.from({ length: 10 }, (_, i) => lineOf(i * 3, { at: later === 10 ? 900 : 500 }));
  await loading.run(ten, before);
  const copied: number[] = [];
  const run = await loading.publish(eleven, NEW);
  const result = await loading.load(run, { progress: (_step, records) => { if (records !== undefined) copied.push(records); } });
  expect(result).toMatchObject({ won: PAYMENTS - 10, ...NOTHING, ...counts });
  expect(copied.at(-1)).toBe(PAYMENTS);
  expect(await winners()).toEqual(winnersOf([ten, before], [eleven, NEW]));
  expect(await loading.payments.hourSums(eleven)).toMatchObject({ rows: PAYMENTS });
});

// As a row and as Avro (asSent).
test.each([2_998, 2_999])('the greatest id that is there is not behind itself, and what begins with it is: %d', async (i) => {
  await loading.run(ten, [lineOf(i)]);
  const lines = [...NEW.slice(0, i + 1), { ...lineOf(i + 1), id: `${idOf(i)}x`, at: 700 }, ...NEW.slice(i + 1)].map((line) => ({ ...line, at: 700 }));
  expect(await loading.run(eleven, lines)).toMatchObject({ won: PAYMENTS, ...NOTHING, updated: 1 });
  expect(await winners()).toEqual(winnersOf([ten, [lineOf(i)]], [eleven, lines]));
});

test('two first loads at once of the same payments: each payment has one winner', async () => {
  const other = NEW.map((line, i) => ({ ...line, at: i % 2 === 0 ? 500 : 900 }));
  const runs = [await loading.publish(eleven, NEW), await loading.publish(twelve, other)];
  const results = await Promise.all(runs.map((run) => loading.load(run)));
  expect(results.map(({ won }) => won).toSorted((a, b) => a - b)).toEqual([0, PAYMENTS]);
  expect(await winners()).toEqual(winnersOf([eleven, NEW], [twelve, other]));
});

test('what somebody put into the hour is found, as ever', async () => {
  await loading.loader.run(
    `insert into hour_payments values ($1, 'intruder', $1, 1, 1, 'EUR', 'CAPTURED', 1, '2026-11-20', 'shop')`, [hourStart(eleven)]);
  await expect(loading.run(eleven, NEW)).rejects.toMatchObject({ kind: 'data', fields: { rows: PAYMENTS + 1, expected: PAYMENTS } });
  expect(await loading.winners()).toEqual([]);
});

test.each([
  ['a row less', (changes: readonly ReturnType<typeof asSent>[]) => changes.slice(1), 'transient'],
  ['a retraction that nobody published', (changes: readonly ReturnType<typeof asSent>[]) => [...changes, asSent({ op: 'retract', row: rowOf(eleven, 1, lineOf(PAYMENTS)) }, 0)], 'transient'],
  ['a key twice', (changes: readonly ReturnType<typeof asSent>[]) => [...changes.slice(1), changes[1]!], 'data'],
  ['a row of another hour', (changes: readonly ReturnType<typeof asSent>[]) => [...changes.slice(1), asSent({ op: 'upsert', row: rowOf(ten, 1, lineOf(0)) }, 1)], 'data'],
] as const)('a run that comes with %s leaves nothing', async (_what, sent, kind) => {
  const run = await loading.publish(eleven, NEW);
  const before = await loading.versions();
  await expect(loading.load(run, { records: () => batches(sent(run.changes.map(asSent))) })).rejects.toMatchObject({ kind });
  expect(await loading.versions()).toEqual(before);
  expect(await loading.load(run)).toMatchObject({ won: PAYMENTS });
});

test('a reading that fails in the middle leaves nothing, and lets others in', async () => {
  const run = await loading.publish(eleven, NEW);
  const before = await loading.versions();
  async function* broken(): AsyncGenerator<ReturnType<typeof asSent>[]> {
    yield run.changes.slice(0, 4_000).map(asSent);
    await Promise.resolve();
    throw new Error('the broker is gone');
  }
  await expect(loading.load(run, { records: broken })).rejects.toThrow('the broker is gone');
  expect(await loading.versions()).toEqual(before);
  expect(await loading.run(twelve, NEW)).toMatchObject({ won: PAYMENTS });
});

test('whatever waits while payments are copied goes where it belongs, however often they take turns', async () => {
  const rows = NEW.slice(0, 900).map((line) => rowOf(eleven, 1, line));
  const changes = rows.map((row, i) => asSent({ op: i % 10 === 0 ? 'retract' : 'upsert', row }, i));
  await loading.loader.transaction(async (session) => {
    await session.run(readSql('load/temporary-tables.sql'));
    const control = { signal: new AbortController().signal, counted: () => undefined };
    const copied = await copyChanges(session, hourStart(eleven), batches(changes, 7), control, { beyond: Buffer.from(idOf(99)), mostHeldBytes: 2_000, mostOfHourBytes: 3_000 });
    expect(copied).toMatchObject({ straight: 720, inHour: 720, upserts: 90, retractions: 90, strangers: 0 });
    const ids = async (table: string): Promise<readonly string[]> =>
      (await session.rows<{ payment_id: string }>(`select payment_id from ${table} order by payment_id`)).map((row) => row.payment_id);
    const upserts = rows.filter((_, i) => i % 10 !== 0).map((row) => row.payment_id);
    expect(await ids('curated_payments')).toEqual(upserts.slice(90));
    expect(await ids('hour_payments')).toEqual(upserts.slice(90));
    expect(await ids('arrived')).toEqual(upserts.slice(0, 90));
    expect(await ids('retracted')).toEqual(rows.filter((_, i) => i % 10 === 0).map((row) => row.payment_id));
  });
});
