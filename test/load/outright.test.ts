/** Rows that a revision changes are written as they are found; what is not found as expected is decided, or put back, all the same. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SumsOfRows } from '../../contract/sums';
import type { Session } from '../../stores/postgres';
import { greatest, hourAt, Loading, ranOf, rowOf, type Line } from './loading';

let loading: Loading;
beforeEach(async () => {
  loading = await Loading.start();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await loading.stop();
});

const [ten, eleven] = [hourAt(10), hourAt(11)];
const OUTRIGHT = 'load/update-outright.sql';
const DECIDED = 'load/decide.sql';
const WHOLE = 'load/decide-whole.sql';
const IN_HOUR = ['load/update-in-hour.sql', 'load/replace-in-hour.sql', 'load/replace-differing.sql'];

function lines(ids: readonly string[], at: number): readonly Line[] {
  return ids.map((id) => ({ id, at }));
}

function ranMeanwhile(work: () => Promise<unknown>): Promise<readonly string[]> {
  return ranOf([OUTRIGHT, DECIDED, WHOLE, ...IN_HOUR], work);
}

test.each([
  ['nothing but changes', ['a', 'b', 'c'], [], 'changed', [OUTRIGHT, 'load/update-in-hour.sql']],
  ['as many changes as new rows', ['a', 'b'], ['x', 'y'], 'changed', [OUTRIGHT, DECIDED, 'load/replace-in-hour.sql']],
  ['more new rows than changes', ['a', 'b'], ['x', 'y', 'z'], 'changed', [DECIDED, 'load/replace-in-hour.sql']],
  ['everything', ['a', 'b', 'c', 'd'], [], 'all', [WHOLE, 'load/replace-differing.sql']],
] as const)('a revision that brings %s: each row ends where it belongs, by as few statements as that takes', async (_what, changed, added, publish, statements) => {
  const base = lines(['a', 'b', 'c', 'd'], 610);
  await loading.run(ten, base);
  const again = [...base.filter(({ id }) => !(changed as readonly string[]).includes(id)), ...lines(changed, 600), ...lines(added, 605)];

  const run = await loading.publish(ten, again, publish);
  expect(await ranMeanwhile(async () => {
    expect(await loading.load(run)).toMatchObject({ won: added.length, updated: changed.length, stale: 0, alreadyThere: 0 });
  })).toEqual(statements);

  const rows = again.map((line) => rowOf(ten, (changed as readonly string[]).includes(line.id) ? 2 : 1, line));
  expect((await loading.winners()).map((row) => [row.payment_id, row.row_hash])).toEqual(greatest([rows]).map((row) => [row.payment_id, row.row_hash]));
  const sums = new SumsOfRows();
  for (const row of rows) sums.add(row);
  expect(await loading.payments.hourSums(ten)).toEqual(sums.result());
});

/** Until somebody waits for what the session has locked. */
async function untilWaitedFor(session: Session): Promise<void> {
  const [self] = await session.rows<{ pid: number }>('select pg_backend_pid() as pid');
  for (;;) {
    const waiting = await loading.reader.rows('select pid from pg_stat_activity where $1::int = any(pg_blocking_pids(pid))', [self!.pid]);
    if (waiting.length > 0) return;
    await sleep(20);
  }
}

test('a payment that somebody writes while it is being replaced is judged by what they leave', async () => {
  await loading.run(ten, lines(['a', 'b', 'c'], 610));
  const run = await loading.publish(ten, lines(['a', 'b', 'c'], 620));
  let load: Promise<unknown> = Promise.resolve();
  await loading.loader.transaction(async (session) => {
    await session.run(`update curated_payments set landing_hour = '2026-11-20 11:00+00', created_at = created_at + interval '1 day' where payment_id = 'b'`);
    await session.run(`update curated_payments set landing_hour = '2026-11-20 11:00+00' where payment_id = 'c'`);
    load = loading.load(run);
    await Promise.race([untilWaitedFor(session), load]);
  });
  expect(await load).toMatchObject({ won: 0, updated: 2, stale: 1, alreadyThere: 0 });
  expect((await loading.winners()).map((row) => [row.payment_id, row.landing_hour])).toEqual([
    ['a', '2026-11-20T10:00:00Z'], ['b', '2026-11-20T11:00:00Z'], ['c', '2026-11-20T10:00:00Z'],
  ]);
});

test('a changed payment that somebody took from the hour is put back', async () => {
  await loading.run(ten, lines(['a', 'b', 'c'], 610));
  await loading.run(eleven, lines(['b'], 600));
  await loading.loader.run(`delete from hour_payments where payment_id = 'b' and landing_hour = '2026-11-20 10:00+00'`);
  expect(await loading.run(ten, lines(['a', 'b', 'c'], 620))).toMatchObject({ updated: 3, broughtBack: 0 });
  const sums = new SumsOfRows();
  for (const line of lines(['a', 'b', 'c'], 620)) sums.add(rowOf(ten, 2, line));
  expect(await loading.payments.hourSums(ten)).toEqual(sums.result());
});
