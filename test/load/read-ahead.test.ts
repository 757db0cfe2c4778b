/** The topic is read while Postgres is busy with the hour. Whatever becomes of either meanwhile, nothing is half loaded and nothing stays open. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadResult } from '../../contract/stages';
import type { LoadJob } from '../../stores/payments-load';
import type { SentChange } from '../../stores/record-codec';
import { hourAt, Loading, type Line } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(() => loading.stop());

const HOUR = hourAt(10);
const SOON_MS = 300;

function lines(cents: bigint): readonly Line[] {
  return Array.from({ length: 200 }, (_, i) => ({ id: `p${i}`, at: 1, cents: i < 100 ? cents : 0n }));
}

/** A load of changes that finds the hour's rows locked; `during` while it waits for them. */
async function whileTheHourIsLocked(records: LoadJob['records'] | null, during: () => Promise<unknown>): Promise<LoadResult> {
  const run = await loading.publish(HOUR, lines(2n));
  const owner = loading.database.open('owner');
  let outcome: Promise<LoadResult>;
  await owner.transaction(async (session) => {
    await session.run('lock table hour_payments in access exclusive mode');
    outcome = loading.load(run, records === null ? {} : { records });
    outcome.catch(() => undefined);
    await during();
  });
  return outcome!;
}

async function* endless(seen: { asked: number; closed: boolean }): AsyncGenerator<readonly SentChange[]> {
  try {
    for (;;) {
      seen.asked += 1;
      yield [];
      await sleep(1);
    }
  } finally {
    seen.closed = true;
  }
}

test('records are asked for while the hour is waited for, and not without end', async () => {
  await loading.run(HOUR, lines(1n));
  const seen = { asked: 0, closed: false };
  let askedBy = 0;
  const loaded = whileTheHourIsLocked(() => endless(seen), async () => {
    await sleep(SOON_MS);
    askedBy = seen.asked;
    await loading.loader.run(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%from hour_payments%' and pid <> pg_backend_pid()`);
  });
  await expect(loaded).rejects.toMatchObject({ kind: 'transient' });
  expect(askedBy).toBeGreaterThan(1);
  expect(askedBy).toBeLessThan(30);
  await sleep(SOON_MS);
  expect(seen.closed).toBe(true);
});

test('a reading that fails while the hour is waited for leaves nothing, and the next attempt loads', async () => {
  await loading.run(HOUR, lines(1n));
  const before = await loading.versions();
  const loaded = whileTheHourIsLocked(async function* records() {
    yield [];
    throw new Error('the broker went away');
  }, () => sleep(SOON_MS));
  await expect(loaded).rejects.toThrow(/^the broker went away$/);
  expect(await loading.versions()).toEqual(before);
  expect(await loading.run(HOUR, lines(2n))).toMatchObject({ updated: 100 });
});

test('rows that somebody removed or put in stop a load of nothing but changes with their number', async () => {
  await loading.run(HOUR, lines(1n));
  const changed = lines(2n).slice(1);
  await loading.loader.run(`delete from hour_payments where payment_id = 'p150'`);
  const before = await loading.versions();
  await expect(loading.run(HOUR, changed)).rejects.toMatchObject({ kind: 'data', fields: { rows: 198, expected: 199 } });
  await loading.loader.run(`insert into hour_payments select landing_hour, id, created_at, status_rank, 1, currency, status, 1, dt, merchant_id
    from hour_payments, unnest(array['one', 'two']) id where payment_id = 'p5'`);
  await expect(loading.run(HOUR, changed)).rejects.toMatchObject({ kind: 'data', fields: { rows: 200, expected: 199 } });
  await loading.loader.run(`delete from hour_payments where payment_id in ('one', 'two')`);
  expect(await loading.versions()).toEqual(before);
});
