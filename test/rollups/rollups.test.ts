import { STATUSES } from '../../contract/payment';
import { hourAt, Loading, type Line } from '../load/loading';
import { readSql } from '../../sql/read-sql';
import { openRollups } from '../../stores/rollups';
import { differingCells } from '../support/rollups';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(() => loading.stop());

interface TotalRow {
  readonly [column: string]: unknown;
  readonly merchant_id: string;
  readonly status: string;
  readonly payments: bigint;
  readonly amount_cents: string;
}

function totals(): Promise<readonly TotalRow[]> {
  return loading.reader.rows<TotalRow>('select merchant_id, status, payments, amount_cents::text from rollups.totals order by 1, 2');
}

async function longest(merchant: string): Promise<bigint | undefined> {
  const [row] = await loading.reader.rows<{ max_ms: bigint }>(`select max_ms from rollups.longest where merchant_id = $1 and payment_method = ''`, [merchant]);
  return row?.max_ms;
}

async function expectRight(): Promise<void> {
  expect(await differingCells(loading.reader)).toEqual([]);
}

/** The same for the same numbers: rows of every kind, over two days, merchants, currencies, with and without what may be missing. */
function linesOf(hour: number, revision: number, count = 300): readonly Line[] {
  return Array.from({ length: count }, (_, i): Line => {
    const random = (i * 7919 + hour * 104_729 + revision * 15_485_863) % 1000;
    return {
      id: `p${random}`, at: random * 2, cents: 9_000_000_000_000_000_000n + BigInt(random), status: STATUSES[random % STATUSES.length]!,
      merchant: `shop-${random % 7}`, currency: random % 3 === 0 ? 'KWD' : 'EUR', method: random % 5 === 0 ? null : `method ${random % 4}`,
      ...(random % 6 === 0 ? {} : { ms: BigInt(random * random) - 2_000n }), ...(random % 2 === 0 ? {} : { declined: `reason ${random % 3}` }),
    };
  }).filter((line, i, all) => all.findIndex(({ id }) => id === line.id) === i);
}

test('a load adds its payments to the merchant’s cell and to that of all merchants; a day’s number grows', async () => {
  await loading.run(hourAt(10), [{ id: 'a', at: 1, cents: 5n }, { id: 'b', at: 2, cents: 7n, merchant: 'shop-2' }]);
  expect(await totals()).toEqual([
    { merchant_id: '*', status: 'CAPTURED', payments: 2n, amount_cents: '12' },
    { merchant_id: 'shop-1', status: 'CAPTURED', payments: 1n, amount_cents: '5' },
    { merchant_id: 'shop-2', status: 'CAPTURED', payments: 1n, amount_cents: '7' },
  ]);
  const [before] = await loading.reader.rows<{ revision: bigint }>('select revision from rollups.days');
  await loading.run(hourAt(11), [{ id: 'c', at: 1 }]);
  const [after] = await loading.reader.rows<{ revision: bigint }>('select revision from rollups.days');
  expect(after!.revision).toBeGreaterThan(before!.revision);
});

test('a revision takes the old cell away and adds the new one; what is retracted is gone, and so is its cell', async () => {
  await loading.run(hourAt(10), [{ id: 'a', at: 1, cents: 5n }, { id: 'b', at: 2, cents: 7n }]);
  await loading.run(hourAt(10), [{ id: 'a', at: 1, cents: 5n, status: 'REFUNDED' }]);
  expect(await totals()).toEqual([
    { merchant_id: '*', status: 'REFUNDED', payments: 1n, amount_cents: '5' },
    { merchant_id: 'shop-1', status: 'REFUNDED', payments: 1n, amount_cents: '5' },
  ]);
  await loading.run(hourAt(10), []);
  for (const table of ['totals', 'declines', 'latency', 'longest', 'hours']) expect(await loading.reader.rows(`select * from rollups.${table}`)).toEqual([]);
});

test('hours with the same payments, loaded at once, revision after revision, published whole, taken back: the roll-ups are what the payments add up to', async () => {
  const hours = [10, 11, 12, 13];
  for (let revision = 1; revision <= 4; revision += 1) {
    const runs = await Promise.all(hours.map((hour) => loading.publish(hourAt(hour), linesOf(hour, revision), revision === 3 ? 'all' : 'changed')));
    await Promise.all(runs.map((run) => loading.load(run)));
    await expectRight();
  }
  await Promise.all(hours.slice(1).map((hour) => loading.run(hourAt(hour), [])));
  await expectRight();
  const [all] = await loading.reader.rows<{ payments: bigint; there: bigint }>(
    `select (select sum(payments)::bigint from rollups.totals where merchant_id = '*') as payments, (select count(*) from curated_payments) as there`);
  expect(all!.payments).toBe(all!.there);
  // Money beyond int64, which is why the sums are numeric.
  const [large] = await loading.reader.rows<{ beyond: boolean }>(`select bool_or(amount_cents > 9223372036854775807) as beyond from rollups.totals`);
  expect(large!.beyond).toBe(true);
});

test('the longest duration is exact after it is taken away', async () => {
  const lines: readonly Line[] = [{ id: 'a', at: 1, ms: 70_000n }, { id: 'b', at: 2, ms: 60_001n }, { id: 'c', at: 3, ms: 59_999n, merchant: 'shop-2' }, { id: 'd', at: 4, ms: -5n }];
  await loading.run(hourAt(10), lines);
  expect([await longest('shop-1'), await longest('*')]).toEqual([70_000n, 70_000n]);
  await loading.run(hourAt(10), lines.slice(1));
  expect([await longest('shop-1'), await longest('*')]).toEqual([60_001n, 60_001n]);
  await loading.run(hourAt(10), lines.slice(2));
  expect([await longest('shop-1'), await longest('*')]).toEqual([undefined, 59_999n]);
  await expectRight();
});

test('the longest duration goes where count and sum of its bucket stay as they were', async () => {
  await loading.run(hourAt(10), [{ id: 'a', at: 1, ms: 60_000n }, { id: 'b', at: 2, ms: 60_200n }]);
  await loading.run(hourAt(10), [{ id: 'a', at: 3, ms: 60_100n }, { id: 'b', at: 4, ms: 60_100n }]);
  expect([await longest('shop-1'), await longest('*')]).toEqual([60_100n, 60_100n]);
  await expectRight();
});

test.each<readonly [string, readonly (bigint | undefined)[], readonly (bigint | undefined)[]]>([
  ['another sum of as many durations, the longest of them the same', [60_000n, 60_200n], [60_100n, 60_200n]],
  ['one more duration of no time', [0n, undefined], [0n, 0n]],
  ['one less, and the longest the same', [60_200n, 60_200n], [60_200n, undefined]],
  ['the same durations of other payments', [60_000n, 61_900n], [61_900n, 60_000n]],
])('payments that are written again with %s of a bucket', async (_what, were, are) => {
  const lines = (durations: typeof were, at: number): readonly Line[] => durations.map((ms, i) => ({ id: `p${i}`, at: at + i, ...(ms === undefined ? {} : { ms }) }));
  await loading.run(hourAt(10), lines(were, 1));
  await loading.run(hourAt(10), lines(are, 10));
  await expectRight();
});

test('rows changed by hand, copied over, removed or all thrown away take the roll-ups with them: no path can forget them', async () => {
  await loading.run(hourAt(10), linesOf(10, 1));
  const owner = loading.database.open('owner');
  await owner.run(`update curated_payments set amount_cents = amount_cents / 2, merchant_id = 'other', dt = dt + 1 where payment_id < 'p3'`);
  await expectRight();
  await owner.run(`insert into curated_payments select * from curated_payments on conflict (payment_id) do update set status = 'DECLINED', authorized_to_complete_ms = 12`);
  await expectRight();
  await owner.run(`delete from curated_payments where payment_id > 'p7'`);
  await expectRight();
  await owner.run(`update curated_payments set user_id = 'somebody'`);
  await expectRight();
  await owner.run('truncate curated_payments');
  await expectRight();
  expect(await totals()).toEqual([]);
});

const DAY = '2026-11-20';

/** As a reconciliation of the day notes it. */
async function noted(reconciliationId: string): Promise<void> {
  const owner = loading.database.open('owner');
  await owner.run(`insert into ledger.reconciliations (reconciliation_id, date, mode, deep, requested_by, workflow_id, workflow_run_id) values ($1, $2, 'auto', false, 'test', 'w', 'r')`, [reconciliationId, DAY]);
  await loading.loader.run(readSql('ledger/plan-rollup-repair.sql'), [reconciliationId, 1, '{}', 'k', 'test']);
}

test('a day’s roll-ups are made again for a note in the ledger, once, and a load at the same time is in them once', async () => {
  await loading.run(hourAt(10), linesOf(10, 1));
  const rollups = openRollups(loading.loader, loading.reader);
  const { signal } = new AbortController();
  expect(await rollups.mend('nobody-noted-it', signal)).toBe(false);
  const owner = loading.database.open('owner');
  const spoil = async (): Promise<void> => {
    await owner.run('update rollups.totals set amount_cents = amount_cents - 1, payments = payments + 1 where dt = $1', [DAY]);
    await owner.run('delete from rollups.latency where dt = $1', [DAY]);
    await owner.run('delete from rollups.longest where dt = $1', [DAY]);
  };
  await spoil();
  await noted('first');
  const run = await loading.publish(hourAt(11), linesOf(11, 1));
  const [, ...mended] = await Promise.all([loading.load(run), rollups.mend('first', signal), rollups.mend('first', signal)]);
  expect(mended.sort()).toEqual([false, true]);
  await expectRight();
  await spoil();
  expect(await rollups.mend('first', signal)).toBe(false);
  expect(await differingCells(loading.reader)).not.toEqual([]);
});

test('nobody but the payments’ own triggers changes a roll-up, not even the loader; after triggers were off, the owner fills them again', async () => {
  await loading.run(hourAt(10), linesOf(10, 1));
  const refused = { kind: 'configuration', fields: expect.objectContaining({ code: '42501' }) };
  for (const role of [loading.loader, loading.reader]) {
    await expect(role.run('update rollups.totals set payments = 0')).rejects.toMatchObject(refused);
    await expect(role.run('delete from rollups.latency')).rejects.toMatchObject(refused);
    await expect(role.run('select rollups.fill()')).rejects.toMatchObject(refused);
  }
  const owner = loading.database.open('owner');
  await owner.run('alter table curated_payments disable trigger user');
  await owner.run(`delete from curated_payments where payment_id < 'p5'`);
  await owner.run('alter table curated_payments enable trigger user');
  expect(await differingCells(loading.reader)).not.toEqual([]);
  await owner.run('select rollups.fill()');
  await expectRight();
});
