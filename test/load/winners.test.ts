import { SumsOfRows } from '../../contract/sums';
import { hourAt, Loading, rowOf, type Line } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(() => loading.stop());

const [ten, eleven, twelve] = [hourAt(10), hourAt(11), hourAt(12)];

test('the first load of an hour: every payment wins, and every value arrives as it was', async () => {
  const line: Line = { id: 'p1', at: 600, cents: 9_223_372_036_854_775_807n };
  expect(await loading.run(ten, [line, { id: 'p2', at: 601 }])).toEqual({
    won: 2, updated: 0, stale: 0, alreadyThere: 0, retracted: 0, broughtBack: 0, found: false,
  });
  const row = rowOf(ten, 1, line);
  expect(await loading.reader.rows(`
    select *, extract(epoch from created_at)::numeric * 1000000 as created_micros, dt::text as dt from curated_payments where payment_id = 'p1'
  `)).toEqual([expect.objectContaining({
    amount_cents: 9_223_372_036_854_775_807n, source_system: row.source_system, risk_score: 0.1, user_id: null, decline_reason: null,
    created_at: '2026-11-20T10:00:00.123456Z', processed_at: '2026-11-20T10:00:00.123457Z', dt: '2026-11-20', hour: 10,
    landing_hour: '2026-11-20T10:00:00Z', row_hash: row.row_hash, curated_version: 1, is_approved: false, authorized_to_complete_ms: null,
  })]);
  expect(await loading.ledger.lastLoaded(ten)).toMatchObject({ revision: 1, state: 'loaded' });
});

test('between hours the later created_at wins, whichever is loaded first', async () => {
  await loading.run(eleven, [{ id: 'p1', at: 660, cents: 7n }, { id: 'p2', at: 600, cents: 7n }]);
  expect(await loading.run(ten, [{ id: 'p1', at: 610 }, { id: 'p2', at: 610 }])).toMatchObject({ won: 0, updated: 1, stale: 1 });
  expect(await loading.winners()).toMatchObject([
    { payment_id: 'p1', landing_hour: '2026-11-20T11:00:00Z' }, { payment_id: 'p2', landing_hour: '2026-11-20T10:00:00Z' },
  ]);
});

test('at the same created_at the status decides, then the hash, then the later landing hour', async () => {
  await loading.run(ten, [{ id: 'status', at: 600, status: 'REFUNDED' }, { id: 'same', at: 600 }]);
  expect(await loading.run(eleven, [{ id: 'status', at: 600, status: 'CAPTURED' }, { id: 'same', at: 600 }])).toMatchObject({ updated: 1, stale: 1 });
  expect(await loading.winners()).toMatchObject([
    { payment_id: 'same', landing_hour: '2026-11-20T11:00:00Z' }, { payment_id: 'status', landing_hour: '2026-11-20T10:00:00Z' },
  ]);
});

test('of equal rows the later landing hour’s wins, also where it is loaded first', async () => {
  await loading.run(eleven, [{ id: 'p1', at: 600 }]);
  expect(await loading.run(ten, [{ id: 'p1', at: 600 }])).toMatchObject({ stale: 1 });
  expect(await loading.winners()).toMatchObject([{ landing_hour: '2026-11-20T11:00:00Z' }]);
});

test('a correction that lowers the winner brings another hour’s row back, whole', async () => {
  await loading.run(ten, [{ id: 'p1', at: 610, cents: 10n }]);
  await loading.run(eleven, [{ id: 'p1', at: 660, cents: 20n }]);
  expect(await loading.run(eleven, [{ id: 'p1', at: 605, cents: 30n }])).toMatchObject({ stale: 1, updated: 0, broughtBack: 1 });
  expect(await loading.winners()).toEqual([
    { payment_id: 'p1', landing_hour: '2026-11-20T10:00:00Z', amount_cents: 10n, row_hash: rowOf(ten, 1, { id: 'p1', at: 610, cents: 10n }).row_hash },
  ]);
});

test('a correction that lowers the winner and still beats the other hours stays', async () => {
  await loading.run(ten, [{ id: 'p1', at: 610 }]);
  await loading.run(eleven, [{ id: 'p1', at: 660, cents: 20n }]);
  expect(await loading.run(eleven, [{ id: 'p1', at: 620, cents: 5n }])).toMatchObject({ updated: 1, broughtBack: 0 });
  expect(await loading.winners()).toMatchObject([{ amount_cents: 5n, landing_hour: '2026-11-20T11:00:00Z' }]);
});

test('a smaller amount at the same created_at replaces the hour’s own row', async () => {
  await loading.run(ten, [{ id: 'p1', at: 610, cents: 900n }]);
  expect(await loading.run(ten, [{ id: 'p1', at: 610, cents: 1n }])).toMatchObject({ updated: 1 });
  expect(await loading.winners()).toMatchObject([{ amount_cents: 1n }]);
});

test('a revision that changes most of what it brings: each payment is decided by itself, and counted once', async () => {
  const [up, down, beaten, lost, there] = ['up', 'down', 'beaten', 'lost', 'there'];
  await loading.run(ten, [{ id: up, at: 610 }, { id: down, at: 610 }, { id: beaten, at: 660 }, { id: lost, at: 605 }, { id: there, at: 610 }, { id: 'stays', at: 610 }]);
  await loading.run(eleven, [{ id: beaten, at: 640, cents: 20n }, { id: lost, at: 650, cents: 20n }, { id: 'elsewhere', at: 610 }]);
  const again: readonly Line[] = [
    { id: up, at: 620 }, { id: down, at: 605 }, { id: beaten, at: 600 }, { id: lost, at: 606 }, { id: there, at: 611 }, { id: 'stays', at: 610 },
    { id: 'new', at: 612 }, { id: 'elsewhere', at: 615 },
  ];
  // As somebody would have left it who wrote to the table.
  await loading.loader.run(`update curated_payments set created_at = created_at + interval '1 minute', row_hash = $1 where payment_id = 'there'`, [rowOf(ten, 2, again[4]!).row_hash]);

  expect(await loading.run(ten, again)).toEqual({ won: 1, updated: 3, stale: 2, alreadyThere: 1, retracted: 0, broughtBack: 1, found: false });
  const [atTen, atEleven] = ['2026-11-20T10:00:00Z', '2026-11-20T11:00:00Z'];
  expect((await loading.winners()).map((row) => [row.payment_id, row.landing_hour, row.row_hash])).toEqual([
    [beaten, atEleven, rowOf(eleven, 1, { id: beaten, at: 640, cents: 20n }).row_hash],
    [down, atTen, rowOf(ten, 2, again[1]!).row_hash],
    ['elsewhere', atTen, rowOf(ten, 2, again[7]!).row_hash],
    [lost, atEleven, rowOf(eleven, 1, { id: lost, at: 650, cents: 20n }).row_hash],
    ['new', atTen, rowOf(ten, 2, again[6]!).row_hash],
    ['stays', atTen, rowOf(ten, 1, again[5]!).row_hash],
    [there, atTen, rowOf(ten, 2, again[4]!).row_hash],
    [up, atTen, rowOf(ten, 2, again[0]!).row_hash],
  ]);
});

test('a payment that is gone goes; where another hour has it, that one comes back', async () => {
  await loading.run(ten, [{ id: 'both', at: 610, cents: 10n }, { id: 'stays', at: 611 }]);
  await loading.run(eleven, [{ id: 'both', at: 660 }, { id: 'only', at: 661 }, { id: 'stays', at: 600 }]);
  expect(await loading.run(eleven, [])).toEqual({ won: 0, updated: 0, stale: 0, alreadyThere: 0, retracted: 3, broughtBack: 1, found: false });
  expect(await loading.winners()).toMatchObject([
    { payment_id: 'both', landing_hour: '2026-11-20T10:00:00Z', amount_cents: 10n }, { payment_id: 'stays', landing_hour: '2026-11-20T10:00:00Z' },
  ]);
  expect(await loading.payments.hourSums(eleven)).toEqual({ rows: 0, sumRowHash: '0', totals: [] });
});

test('rows come back from the hour that is greatest of the rest', async () => {
  await loading.run(ten, [{ id: 'p1', at: 610 }]);
  await loading.run(eleven, [{ id: 'p1', at: 620, cents: 11n }]);
  await loading.run(twelve, [{ id: 'p1', at: 720 }]);
  expect(await loading.run(twelve, [])).toMatchObject({ broughtBack: 1 });
  expect(await loading.winners()).toMatchObject([{ landing_hour: '2026-11-20T11:00:00Z', amount_cents: 11n }]);
});

test('a row that the lake no longer has as it was loaded stops the load, and nothing is changed', async () => {
  await loading.run(ten, [{ id: 'p1', at: 610 }]);
  await loading.run(eleven, [{ id: 'p1', at: 660 }]);
  const before = await loading.versions();
  const run = await loading.publish(eleven, []);
  const other = rowOf(ten, 1, { id: 'p1', at: 610, cents: 4n });
  await expect(loading.load(run, {
    async *rowsOfHour() {
      yield [other];
    },
  })).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('another row') });
  await expect(loading.load(run, {
    async *rowsOfHour() {
      yield [];
    },
  })).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('no row') });
  expect(await loading.versions()).toEqual(before);
});

test('the sums of an hour are exact beyond int64', async () => {
  const lines = ['a', 'b', 'c'].map((id) => ({ id, at: 610, cents: 9_223_372_036_854_775_807n }));
  await loading.run(ten, [...lines, { id: 'd', at: 611, status: 'REFUNDED' as const }]);
  const sums = new SumsOfRows();
  for (const line of [...lines, { id: 'd', at: 611, status: 'REFUNDED' as const }]) sums.add(rowOf(ten, 1, line));
  expect(await loading.payments.hourSums(ten)).toEqual(sums.result());
  expect(sums.result().totals[0]!.amountCents).toBe('27670116110564327421');
});
