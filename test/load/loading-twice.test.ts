import { encodeAvro } from '../../contract/curated-avro';
import { readSql } from '../../sql/read-sql';
import { copyChanges } from '../../stores/payments-copy';
import type { SentChange } from '../../stores/record-codec';
import { asSent, avroChange, batches, hourAt, Loading, ranOf, rowOf } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(() => loading.stop());

const [ten, eleven] = [hourAt(10), hourAt(11)];
const lines = Array.from({ length: 200 }, (_, i) => ({ id: `p${i}`, at: 600 + (i % 50) }));

test('the same run again changes no row and answers with the numbers of then', async () => {
  const run = await loading.publish(ten, lines);
  const first = await loading.load(run);
  const before = await loading.versions();
  const again = await loading.load(run, {
    records: () => {
      throw new Error('a run that is loaded is not read again');
    },
  });
  expect(again).toEqual({ ...first, found: true });
  expect(await loading.versions()).toEqual(before);
});

test('two attempts at once load once', async () => {
  const run = await loading.publish(ten, lines);
  const results = await Promise.all([loading.load(run), loading.load(run)]);
  expect(results.map((result) => result.found).sort()).toEqual([false, true]);
  expect(results.map((result) => result.won)).toEqual([200, 200]);
});

test('a revision in which nothing changed, published whole, finds every row there and writes none', async () => {
  await loading.run(ten, lines);
  const rows = async (): Promise<unknown> => ((await loading.versions()) as unknown[]).slice(0, 2);
  const before = await rows();
  expect(await loading.run(ten, lines, 'all')).toMatchObject({ won: 0, updated: 0, stale: 0, alreadyThere: 200 });
  expect(await rows()).toEqual(before);
});

test('publishing everything repairs what somebody did to the rows', async () => {
  await loading.run(ten, lines);
  const winners = await loading.winners();
  const sums = await loading.payments.hourSums(ten);
  await loading.loader.run(`delete from curated_payments where payment_id = 'p1'`);
  await loading.loader.run(`update curated_payments set amount_cents = 1 where payment_id = 'p2'`);
  await loading.loader.run(`update hour_payments set amount_cents = 1 where payment_id = 'p3'`);
  await loading.loader.run(`delete from hour_payments where payment_id = 'p4'`);
  await loading.loader.run(`insert into hour_payments select landing_hour, 'intruder', created_at, status_rank, 1, currency, status, 1, dt, merchant_id from hour_payments where payment_id = 'p5'`);
  expect(await loading.run(ten, lines, 'all')).toMatchObject({ won: 1, updated: 1, alreadyThere: 198 });
  expect(await loading.winners()).toEqual(winners);
  expect(await loading.payments.hourSums(ten)).toEqual(sums);
});

test('rows that somebody removed from the hour stop the next load with their number', async () => {
  await loading.run(ten, lines);
  await loading.loader.run(`delete from hour_payments where payment_id = 'p7'`);
  const before = await loading.versions();
  await expect(loading.run(ten, [...lines, { id: 'new', at: 650 }])).rejects.toMatchObject({ kind: 'data', fields: { rows: 200, expected: 201 } });
  expect(await loading.versions()).toEqual(before);
});

test('a load of nothing but changes and removals looks at their rows, and at no others of the hour', async () => {
  await loading.run(ten, lines);
  const changed = (cents: bigint): typeof lines => lines.slice(1).map((line, i) => (i % 20 === 0 ? { ...line, cents } : line));
  const run = await loading.publish(ten, changed(3n));
  expect(await ranOf(['load/update-in-hour.sql', 'load/hour-rows.sql'], async () => {
    expect(await loading.load(run)).toMatchObject({ updated: 10, retracted: 1 });
  })).toEqual(['load/update-in-hour.sql']);

  // A row that is to be changed and is not there, and the hour has one too few: now it is counted.
  await loading.loader.run(`delete from hour_payments where payment_id in ('p1', 'p5')`);
  await expect(loading.run(ten, changed(4n))).rejects.toMatchObject({ kind: 'data', fields: { rows: 198, expected: 199 } });
});

test('an hour that somebody emptied stops the next load with the number of its rows', async () => {
  await loading.run(ten, lines);
  await loading.loader.run('delete from hour_payments');
  await expect(loading.run(ten, [...lines, { id: 'new', at: 650 }])).rejects.toMatchObject({ kind: 'data', fields: { rows: 1, expected: 201 } });
});

test.each(['superseded', 'rolled back'])('a %s revision changes nothing', async (how) => {
  await loading.run(ten, lines);
  const run = await loading.publish(ten, [{ id: 'late', at: 650 }]);
  if (how === 'rolled back') await loading.ledger.markRolledBack(run.input, 1);
  else await loading.publish(ten, [{ id: 'later', at: 651 }]);
  const before = await loading.versions();
  await expect(loading.load(run)).rejects.toMatchObject({ kind: 'fenced' });
  expect(await loading.versions()).toEqual(before);
});

test('a run that was published and never loaded: the next revision loads every row', async () => {
  await loading.run(ten, lines);
  const lost = await loading.publish(ten, [...lines, { id: 'late', at: 650 }]);
  await loading.ledger.markPublished(lost.input);
  expect(await loading.run(ten, [...lines, { id: 'late', at: 650 }, { id: 'later', at: 651 }])).toMatchObject({ won: 2 });
  expect(await loading.winners()).toHaveLength(202);
});

test('a run read short is not loaded', async () => {
  const run = await loading.publish(ten, lines);
  const before = await loading.versions();
  await expect(loading.load(run, { records: () => batches(run.changes.slice(1)) }))
    .rejects.toMatchObject({ kind: 'transient', fields: { upserted: 200, upsertsRead: 199 } });
  expect(await loading.versions()).toEqual(before);
});

test.each([
  ['rows', (row) => ({ op: 'upsert', row })], ['Avro', (row) => avroChange('upsert', encodeAvro(row))],
  ['rows that are taken back', (row) => ({ op: 'retract', row })], ['Avro of what is taken back', (row) => avroChange('retract', encodeAvro(row))],
] as const satisfies readonly (readonly [unknown, (row: ReturnType<typeof rowOf>) => SentChange])[])('a run with another hour’s rows in it, as %s, is not loaded', async (_how, sent) => {
  const run = await loading.publish(ten, lines);
  const stranger = sent(rowOf(eleven, 1, lines[0]!));
  await expect(loading.load(run, { records: () => batches<SentChange>([...run.changes.slice(1), stranger]) })).rejects.toMatchObject({ kind: 'data', fields: { strangers: 1 } });
  expect(await loading.winners()).toEqual([]);
});

test('payments lie in the order of their keys, in whichever they came', async () => {
  const sorted = lines.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (const [hour, came] of [[ten, sorted], [eleven, sorted.toReversed()]] as const) {
    await loading.run(hour, came.map((line) => ({ ...line, id: `${line.id}-${hour}` })));
    for (const table of ['hour_payments', 'curated_payments']) {
      const ids = await loading.reader.rows<{ payment_id: string }>(`select payment_id from ${table} where landing_hour = $1 order by ctid`, [new Date(`${hour}:00:00Z`)]);
      expect(ids.map((row) => row.payment_id)).toEqual(sorted.map((line) => `${line.id}-${hour}`));
    }
  }
});

test('what a run published whole takes back goes, once, beside what is left over of the hour', async () => {
  await loading.run(ten, lines);
  await loading.loader.run(`insert into hour_payments select landing_hour, 'intruder', created_at, status_rank, 1, currency, status, 1, dt, merchant_id from hour_payments where payment_id = 'p5'`);
  expect(await loading.run(ten, lines.slice(2), 'all')).toMatchObject({ won: 0, updated: 0, stale: 0, alreadyThere: 198, retracted: 2, broughtBack: 0 });
  expect((await loading.winners()).map((row) => row.payment_id)).toEqual(lines.slice(2).map((line) => line.id).toSorted());
});

test('what is taken back waits until enough of it does, and nothing of either is lost', async () => {
  const rows = lines.map((line) => rowOf(ten, 1, line));
  const changes = rows.map((row, i) => asSent({ op: i % 3 === 0 ? 'retract' : 'upsert', row }, i));
  await loading.loader.transaction(async (session) => {
    await session.run(readSql('load/temporary-tables.sql'));
    const control = { signal: new AbortController().signal, counted: () => undefined };
    const copied = await copyChanges(session, new Date(`${ten}:00:00Z`), batches(changes, 7), control, { mostHeldBytes: 2_000 });
    expect(copied).toEqual({ straight: 0, inHour: 0, upserts: 133, retractions: 67, strangers: 0, parts: null });
    for (const [table, op] of [['arrived', 'upsert'], ['retracted', 'retract']] as const) {
      const ids = await session.rows<{ payment_id: string }>(`select payment_id from ${table} order by ctid`);
      expect(ids.map((row) => row.payment_id)).toEqual(rows.filter((_, i) => (i % 3 === 0) === (op === 'retract')).map((row) => row.payment_id));
    }
  });
});

test('a run that has a key twice is not loaded', async () => {
  const run = await loading.publish(ten, lines);
  const twice = [...run.changes.slice(1), run.changes[1]!];
  await expect(loading.load(run, { records: () => batches(twice) })).rejects.toMatchObject({ kind: 'data' });
  expect(await loading.winners()).toEqual([]);
});

test('a reading that fails in the middle leaves nothing, and the next attempt loads', async () => {
  const run = await loading.publish(ten, lines);
  const before = await loading.versions();
  await expect(loading.load(run, {
    async *records() {
      yield run.changes.slice(0, 100);
      throw new Error('the broker went away');
    },
  })).rejects.toThrow(/^the broker went away$/);
  expect(await loading.versions()).toEqual(before);
  expect(await loading.load(run)).toMatchObject({ won: 200, found: false });
});

test('a connection that is cut in the middle leaves nothing, and is worth another try', async () => {
  const run = await loading.publish(ten, lines);
  const before = await loading.versions();
  let sayReached: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    sayReached = resolve;
  });
  const dying = loading.load(run, {
    async *records() {
      yield run.changes.slice(0, 100);
      sayReached();
      await new Promise((resolve) => setTimeout(resolve, 500));
      yield run.changes.slice(100);
    },
  });
  const outcome = expect(dying).rejects.toMatchObject({ kind: 'transient' });
  await reached;
  // The first records are read before Postgres is asked to take them.
  const cut = (): Promise<number> => loading.loader.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%copy arrived%' and pid <> pg_backend_pid()`);
  while (await cut() === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await outcome;
  expect(await loading.versions()).toEqual(before);
  expect(await loading.load(run)).toMatchObject({ won: 200 });
});

test('a cancelled load lets go within a second and leaves nothing', async () => {
  const run = await loading.publish(ten, lines);
  const before = await loading.versions();
  const controller = new AbortController();
  const started = Date.now();
  const cancelled = loading.load(run, {
    signal: controller.signal,
    async *records() {
      yield run.changes.slice(0, 100);
      setTimeout(() => controller.abort(), 50);
      await new Promise((resolve) => setTimeout(resolve, 700));
      yield run.changes.slice(100);
    },
  });
  await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  expect(Date.now() - started).toBeLessThan(1000);
  expect(await loading.versions()).toEqual(before);
  expect(await loading.load(run)).toMatchObject({ won: 200 });
});

test('another hour’s load does not disturb the hour’s rows', async () => {
  await loading.run(ten, lines);
  const sums = await loading.payments.hourSums(ten);
  await loading.run(eleven, lines.map((line) => ({ ...line, at: line.at + 60, cents: 5n })));
  expect(await loading.payments.hourSums(ten)).toEqual(sums);
});

test('rows and the topic’s Avro of them make the same tables, every column', async () => {
  const various = lines.map((line, i) => ({ ...line, cents: BigInt(i) * 46_116_860_184_273n, method: i % 3 === 0 ? null : 'card', ...(i % 5 === 0 ? { ms: BigInt(i) - 50n } : {}) }));
  const made: unknown[] = [];
  for (const [hour, sent] of [[ten, (row) => ({ op: 'upsert', row })], [eleven, (row) => avroChange('upsert', encodeAvro(row))]] as const satisfies readonly (readonly [unknown, (row: ReturnType<typeof rowOf>) => SentChange])[]) {
    const run = await loading.publish(hour, various);
    await loading.load(run, { records: () => batches(run.changes.map(({ row }) => sent({ ...row, landing_hour: rowOf(hour, 1, lines[0]!).landing_hour }))) });
    made.push(
      await loading.reader.rows('select *, null as landing_hour, null as curated_version from curated_payments order by payment_id'),
      await loading.reader.rows('select *, null as landing_hour from hour_payments where landing_hour = $1 order by payment_id', [new Date(`${hour}:00:00Z`)]),
    );
  }
  expect(made[0]).toHaveLength(200);
  expect(made.slice(2)).toEqual(made.slice(0, 2));
});

test.each([['cut', (bytes: Buffer) => bytes.subarray(0, -1)], ['not text', (bytes: Buffer) => Buffer.from(bytes).fill(0xff, 1, 2)]])('a run with a record that is %s is not loaded', async (_how, damaged) => {
  const run = await loading.publish(ten, lines);
  const records = (): AsyncIterable<readonly SentChange[]> => batches(run.changes.map(({ op, row }, i) => avroChange(op, i === 150 ? damaged(encodeAvro(row)) : encodeAvro(row))));
  const before = await loading.versions();
  await expect(loading.load(run, { records })).rejects.toMatchObject({ kind: 'data' });
  expect(await loading.versions()).toEqual(before);
});
