import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { committedKey } from '../../contract/lake-layout';
import { hourStart, landingHourOf, type LandingHour } from '../../contract/landing-hour';
import { generateLines } from '../../scripts/generate/lines';
import { freshHour, HourBench, line } from '../support/hour-bench';

let bench: HourBench;

beforeAll(async () => {
  bench = await HourBench.open();
  bench.startWorker();
});

afterAll(() => bench.close());

function generated(landingHour: LandingHour, lines: number): Buffer {
  return Buffer.concat([...generateLines({ landingHour, lines, merchants: 5, bad: 0.05, duplicates: 0.05, late: 0.05, seed: 7 })]);
}

async function inPostgres(hour: LandingHour): Promise<readonly { payment_id: string; amount_cents: bigint; status: string }[]> {
  return bench.rows('select payment_id, amount_cents, status from curated_payments where landing_hour = $1 order by payment_id', [hourStart(hour)]);
}

/** Everything a second run of an unchanged hour must leave as it was, down to the row versions of Postgres. */
async function footprint(hour: LandingHour): Promise<unknown> {
  const commit = await bench.parts.lake.readText(committedKey(hour));
  return {
    commit,
    // The other hours of the test run come and go.
    files: (await bench.parts.lake.list('curated/')).filter(({ key }) => key.includes(`/${hour}-r`)),
    rows: await bench.rows('select payment_id, xmin::text, ctid::text from curated_payments where landing_hour = $1 order by 1', [hourStart(hour)]),
    hourRows: await bench.rows('select payment_id, xmin::text, ctid::text from hour_payments where landing_hour = $1 order by 1', [hourStart(hour)]),
  };
}

test('an hour of good, bad and repeated lines goes from raw to proven', async () => {
  const hour = freshHour();
  await bench.land(hour, 'a.json', generated(hour, 2000));
  await bench.land(hour, 'b.json.gz', gzipSync(`${line(hour, { payment_id: 'b1' })}\n\n{"broken\n`));
  const answer = await bench.ask(hour);
  expect(answer).toMatchObject({ state: 'proven', revision: 1, unchanged: false });
  const terms = answer.proof!.terms;
  expect(terms.lines).toBe(2003);
  expect(terms.blank).toBe(1);
  expect(terms.deadLettered).toBeGreaterThan(90);
  expect(terms.duplicates).toBeGreaterThan(80);
  expect(terms.won).toBe(terms.curated);
  expect((await inPostgres(hour)).length).toBe(terms.curated);
  const keys = await bench.keysInTopic(hour, 1);
  expect(keys.length).toBe(terms.curated);
  expect(new Set(keys).size).toBe(keys.length);
});

test('an unchanged hour asked for again changes no byte, publishes nothing and changes no row', async () => {
  const hour = freshHour();
  await bench.land(hour, 'a.json', generated(hour, 300));
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 1 });
  const before = await footprint(hour);
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  expect(await footprint(hour)).toEqual(before);
  expect(await bench.keysInTopic(hour, 2)).toEqual([]);
});

test('a late file makes a new revision that publishes only what is new', async () => {
  const hour = freshHour();
  await bench.land(hour, 'a.json', `${line(hour, { payment_id: 'p1' })}\n${line(hour, { payment_id: 'p2' })}\n`);
  await bench.ask(hour);
  await bench.land(hour, 'late.json', `${line(hour, { payment_id: 'p3' })}\n`);
  const answer = await bench.ask(hour);
  expect(answer).toMatchObject({ state: 'proven', revision: 2 });
  expect(answer.proof!.terms).toMatchObject({ base: 2, new: 1, unchanged: 2, upserted: 1, published: 1, retracted: 0, curated: 3 });
  expect(await bench.keysInTopic(hour, 2)).toEqual(['p3']);
});

test('an object overwritten with a smaller amount and without one payment reaches every store', async () => {
  const hour = freshHour();
  const ids = ['c1', 'c2', 'c3'].map((id) => `${hour}-${id}`);
  await bench.land(hour, 'a.json', ids.map((payment_id) => line(hour, { payment_id, amount_cents: 500 })).join('\n'));
  await bench.ask(hour);
  await bench.land(hour, 'a.json', [line(hour, { payment_id: ids[0], amount_cents: 499 }), line(hour, { payment_id: ids[1], amount_cents: 500 })].join('\n'));
  const answer = await bench.ask(hour);
  expect(answer).toMatchObject({ state: 'proven', revision: 2 });
  expect(answer.proof!.terms).toMatchObject({ lines: 2, curated: 2, base: 3, retracted: 1, unchanged: 1, upserted: 1, updated: 1 });
  expect((await inPostgres(hour)).map((row) => [row.payment_id, row.amount_cents])).toEqual([[ids[0], 499n], [ids[1], 500n]]);
});

test('a payment told of in two hours is kept once, by created_at', async () => {
  const [first, second] = [freshHour(), freshHour()];
  const payment_id = `${first}-both`;
  await bench.land(second, 'a.json', line(second, { payment_id, status: 'CAPTURED', created_at: `${first}:30:00Z` }));
  await bench.land(first, 'a.json', line(first, { payment_id, status: 'AUTHORIZED', created_at: `${first}:10:00Z` }));
  expect(await bench.ask(second)).toMatchObject({ state: 'proven' });
  const answer = await bench.ask(first);
  expect(answer.proof!.terms).toMatchObject({ upserted: 1, stale: 1, won: 0 });
  const rows = await bench.rows<{ status: string }>('select status from curated_payments where payment_id = $1', [payment_id]);
  expect(rows).toEqual([{ status: 'CAPTURED' }]);
  // The winner goes; the other hour's row comes back from the lake.
  await bench.land(second, 'a.json', line(second, { payment_id: `${second}-other` }));
  expect(await bench.ask(second)).toMatchObject({ state: 'proven', revision: 2 });
  expect(await bench.rows('select status from curated_payments where payment_id = $1', [payment_id])).toEqual([{ status: 'AUTHORIZED' }]);
});

test('an hour of random bytes ends proven, with no curated row', async () => {
  const hour = freshHour();
  // No accident of the first bytes: this is no gzip and no zstd.
  await bench.land(hour, 'noise.bin', Buffer.concat([Buffer.from('x'), randomBytes(300_000)]));
  const answer = await bench.ask(hour);
  expect(answer).toMatchObject({ state: 'proven' });
  expect(answer.proof!.terms.curated).toBe(0);
  expect(answer.proof!.terms.deadLettered).toBeGreaterThan(1000);
});

test('objects without a line make an empty hour', async () => {
  const hour = freshHour();
  await bench.land(hour, 'nothing.json', '');
  expect(await bench.ask(hour)).toMatchObject({ state: 'empty', revision: 1 });
});

test('an hour without any object is missing after its deadline', async () => {
  const hour = freshHour();
  expect(await bench.ask(hour)).toMatchObject({ state: 'missing', revision: null });
  expect(await bench.parts.ledger.hour(hour)).toMatchObject({ state: 'missing' });
});

test('a cut object breaks the hour by name, the other objects go on, and replacing it heals', async () => {
  const hour = freshHour();
  const whole = gzipSync(Buffer.from(Array.from({ length: 500 }, () => line(hour, {})).join('\n')));
  const key = await bench.land(hour, 'cut.json.gz', whole.subarray(0, whole.length - 20));
  await bench.land(hour, 'good.json', line(hour, { payment_id: `${hour}-good` }));
  const broken = await bench.ask(hour);
  expect(broken).toMatchObject({ state: 'broken', message: expect.stringContaining(key) });
  expect((await inPostgres(hour)).map((row) => row.payment_id)).toEqual([`${hour}-good`]);
  await bench.land(hour, 'cut.json.gz', whole);
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 2 });
  expect(await inPostgres(hour)).toHaveLength(501);
});

test('an object that disappears breaks the hour and changes nothing until an operator accepts it', async () => {
  const hour = freshHour();
  const key = await bench.land(hour, 'a.json', line(hour, { payment_id: `${hour}-a` }));
  await bench.land(hour, 'b.json', line(hour, { payment_id: `${hour}-b` }));
  await bench.ask(hour);
  const before = await footprint(hour);
  await bench.parts.lake.remove([key]);
  expect(await bench.ask(hour)).toMatchObject({ state: 'broken', message: expect.stringContaining(`raw_gone: ${key}`) });
  expect(await footprint(hour)).toEqual(before);
  expect(await bench.ask(hour, { acceptGone: true })).toMatchObject({ state: 'proven', revision: 2 });
  expect((await inPostgres(hour)).map((row) => row.payment_id)).toEqual([`${hour}-b`]);
});

test('one changed cent in Postgres breaks the next proof and is named', async () => {
  const hour = freshHour();
  await bench.land(hour, 'a.json', line(hour, { payment_id: `${hour}-a`, amount_cents: 700, currency: 'JPY', status: 'SETTLED' }));
  await bench.ask(hour);
  await bench.asOwner('update hour_payments set amount_cents = amount_cents + 1 where landing_hour = $1', [hourStart(hour)]);
  expect(await bench.ask(hour)).toMatchObject({ state: 'broken', message: 'amount of JPY SETTLED in cents: lake 700, postgres 701' });
});

test('a row that somebody removed beside those that a revision changes breaks its proof', async () => {
  const hour = freshHour();
  const lineOf = (name: string, amount_cents: number): string => line(hour, { payment_id: `${hour}-${name}`, amount_cents, currency: 'JPY', status: 'SETTLED' });
  await bench.land(hour, 'a.json', `${lineOf('a', 700)}\n${lineOf('b', 800)}`);
  await bench.ask(hour);
  await bench.asOwner('delete from hour_payments where payment_id = $1', [`${hour}-b`]);
  await bench.land(hour, 'a.json', `${lineOf('a', 701)}\n${lineOf('b', 800)}`);
  expect(await bench.ask(hour)).toMatchObject({ state: 'broken', message: expect.stringMatching(/lake 2, postgres 1/) });
  expect(await bench.ask(hour, { publish: 'all' })).toMatchObject({ state: 'proven' });
});

test('the numbers of the proof are those of the raw lines, counted apart', async () => {
  const hour = freshHour();
  const payments = Array.from({ length: 200 }, (_, i) => ({ payment_id: `${hour}-${i}`, amount_cents: 9_007_199_254_740_993n + BigInt(i) }));
  // Beyond 2^53 a cent is lost in a double; written as digits, since JSON.stringify knows no bigint.
  await bench.land(hour, 'a.json', payments.map((payment) => line(hour, { payment_id: payment.payment_id, amount_cents: payment.amount_cents.toString() })).join('\n'));
  const answer = await bench.ask(hour);
  const proof = await bench.parts.ledger.proofOf(hour, answer.revision!);
  const sum = payments.reduce((total, payment) => total + payment.amount_cents, 0n).toString();
  for (const store of ['lake', 'topic', 'postgres'] as const) {
    expect(proof!.stores[store].totals).toEqual([{ currency: 'EUR', status: 'AUTHORIZED', count: 200, amountCents: sum }]);
  }
});

test('a line of another day is kept under the day of its payment', async () => {
  const hour = freshHour();
  const dayBefore = landingHourOf(new Date(hourStart(hour).getTime() - 86_400_000));
  await bench.land(hour, 'a.json', line(hour, { payment_id: `${hour}-late`, created_at: `${dayBefore}:59:59.999999Z` }));
  await bench.ask(hour);
  const rows = await bench.rows<{ dt: string; hour: number }>('select dt, hour from curated_payments where payment_id = $1', [`${hour}-late`]);
  expect(rows).toEqual([{ dt: dayBefore.slice(0, 10), hour: Number(dayBefore.slice(11)) }]);
});
