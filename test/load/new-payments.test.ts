/**
 * Of an hour's first load only the payments that lie among those of other hours are held against them, wherever among the run's own they come.
 * Somebody has a payment behind all of them here, so that none goes into the tables unseen (straight.test.ts).
 */
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
const PAYMENTS = 9_000;

function idOf(i: number): string {
  return `p${String(i).padStart(5, '0')}`;
}

const NEW = Array.from({ length: PAYMENTS }, (_, i): Line => ({ id: idOf(i), at: 660 }));

async function decided(work: () => Promise<unknown>): Promise<boolean> {
  return (await ranOf(['load/decide.sql'], work)).length > 0;
}

test.each([
  ['before and behind them', ['a', 'q'], false],
  ['at their beginning', [idOf(0)], true],
  ['at their end', [idOf(PAYMENTS - 1)], true],
  ['where one part of them ends', [idOf(4_095)], true],
  ['where another begins', [idOf(4_096)], true],
  ['in the first and the last part', [idOf(17), idOf(PAYMENTS - 17)], true],
  ['between two of them', [`${idOf(5_000)}x`], true],
] as const)('payments of another hour %s', async (_where, ids, asked) => {
  const others = [...ids, 'z'].map((id, i): Line => ({ id, at: i % 2 === 0 ? 670 : 650 }));
  await loading.run(ten, others);
  const there = new Set<string>(NEW.map(({ id }) => id));
  const stale = others.filter(({ id, at }) => there.has(id) && at === 670).length;
  const updated = others.filter(({ id, at }) => there.has(id) && at === 650).length;

  expect(await decided(async () => {
    expect(await loading.run(eleven, NEW)).toMatchObject({ won: PAYMENTS - stale - updated, updated, stale, alreadyThere: 0 });
  })).toBe(asked);
  expect((await loading.winners()).map((row) => [row.payment_id, row.row_hash]))
    .toEqual(greatest([others.map((line) => rowOf(ten, 1, line)), NEW.map((line) => rowOf(eleven, 1, line))]).map((row) => [row.payment_id, row.row_hash]));
});

test('payments that come in no order are held against all that there are', async () => {
  await loading.run(ten, [{ id: idOf(2), at: 670 }]);
  expect(await loading.run(eleven, NEW.slice(0, 5).toReversed())).toMatchObject({ won: 4, updated: 0, stale: 1 });
});
