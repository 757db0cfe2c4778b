import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCompactDay } from '../../activities/compact-day';
import { deadLettersOfHourPrefix, nightlyWorkPrefix } from '../../contract/lake-layout';
import { hoursAfter, hourStart, landingHourOf, type LandingHour } from '../../contract/landing-hour';
import type { CompactResult } from '../../contract/stages';
import { storedFrame } from '../curate/zstd-frames';
import { freshHour, HourBench, line } from '../support/hour-bench';
import { differingCells } from '../support/rollups';
import { erase, ownLake, placesOf, startErasure } from './erasing';

let bench: HourBench;

beforeAll(async () => {
  bench = await HourBench.open(ownLake());
  bench.startWorker();
});

afterAll(() => bench.close());

/** Nobody else's id begins so: what is found of it anywhere is found. */
const U = `person-${randomUUID()}`;
const LONGER = `${U}2`;
const escaped = [...U].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

function lines(...texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => `${text}\n`).join(''));
}

async function rowsOf(hour: LandingHour): Promise<unknown> {
  const at = [hourStart(hour)];
  return {
    hour: await bench.rows('select payment_id, row_hash, amount_cents from hour_payments where landing_hour = $1 and payment_id like $2 order by 1', [...at, '%-other%']),
    winners: await bench.rows('select payment_id, user_id, row_hash, amount_cents, landing_hour, curated_version from curated_payments where landing_hour = $1 and payment_id like $2 order by 1', [...at, '%-other%']),
  };
}

const [first, second, third] = [freshHour(), freshHour(), freshHour()];
const both = `${first}-both`;

test('a person leaves raw, lake, dead letters and Postgres, and nobody else’s row or cent changes', async () => {
  const other = (hour: LandingHour, n: number, more = {}) => line(hour, { payment_id: `${hour}-other-${n}`, user_id: `neighbour-${n}`, amount_cents: 100 + n, ...more });
  const their = (hour: LandingHour, n: number, more = {}) => line(hour, { payment_id: `${hour}-theirs-${n}`, user_id: U, amount_cents: 7_000_000 + n, ...more });
  await bench.land(first, 'plain.json', lines(
    other(first, 1), their(first, 1), '', their(first, 2).replace(U, escaped), their(first, 1), their(first, 3, { currency: 'NONE' }),
    `{"payment_id":"broken","user_id":"${U}"`, other(first, 2, { user_id: LONGER }), 'not JSON at all',
    line(first, { payment_id: both, user_id: U, created_at: `${first}:20:00Z` }),
  ));
  await bench.land(second, 'a.json.gz', gzipSync(lines(other(second, 1), their(second, 1), their(second, 2, { status: 'WHAT' }), line(second, { payment_id: both, user_id: U, created_at: `${first}:10:00Z` }))));
  await bench.land(second, 'b.json.zst', await storedFrame(lines(other(second, 2), their(second, 3), other(second, 3))));
  await bench.land(third, 'untouched.json', lines(other(third, 1), `{"payment_id":"cut`));
  for (const hour of [first, second, third]) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 1 });
  const before = await Promise.all([first, second, third].map(rowsOf));
  const rawOfThird = await bench.parts.lake.list(`raw/payments/dt=${third.slice(0, 10).replaceAll('-', '/')}/`);
  expect((await placesOf(bench, U)).length).toBeGreaterThan(8);

  const receipt = await erase(bench, U);

  expect(receipt).toMatchObject({ state: 'complete', nothingFound: false, left: [], mentions: 0 });
  expect(receipt.hours).toEqual([
    { landingHour: first, revision: 2, state: 'proven', objects: 1, lines: 6 },
    { landingHour: second, revision: 2, state: 'proven', objects: 2, lines: 4 },
  ]);
  expect(receipt.stores.raw).toMatchObject({ lines: 10, changed: 3 });
  expect(receipt.stores.postgres).toMatchObject({ rows: 0 });
  // The one that is left is somebody else, whose id begins as theirs.
  const left = await placesOf(bench, U);
  expect(left.filter((place) => !place.startsWith('curated/') && !place.startsWith('raw/'))).toEqual(['public.curated_payments']);
  expect(await bench.rows('select payment_id from curated_payments where user_id like $1', [`${U}%`])).toEqual([{ payment_id: `${first}-other-2` }]);
  expect(await Promise.all([first, second, third].map(rowsOf))).toEqual(before);
  expect(await bench.rows('select 1 from hour_payments where payment_id = $1 union all select 1 from curated_payments where payment_id = $1', [both])).toEqual([]);
  expect(await bench.parts.lake.list(`raw/payments/dt=${third.slice(0, 10).replaceAll('-', '/')}/`)).toEqual(rawOfThird);
});

test('the proof counts the same lines as before, and what was erased is called so', async () => {
  const answer = await bench.ask(first);
  expect(answer).toMatchObject({ state: 'proven', unchanged: true, revision: 2 });
  expect(answer.proof!.terms).toMatchObject({ lines: 10, blank: 1, erased: 6, deadLettered: 1, duplicates: 0, curated: 2 });
});

test('run again with everything published, they do not come back, and the dead letters of others are what they were', async () => {
  const before = await Promise.all([first, second].map(rowsOf));
  expect(await bench.ask(first, { publish: 'all' })).toMatchObject({ state: 'proven', revision: 3 });
  expect(await bench.ask(second, { publish: 'all' })).toMatchObject({ state: 'proven', revision: 3 });
  expect((await Promise.all([first, second].map(rowsOf))).map(withoutVersions)).toEqual(before.map(withoutVersions));
  expect(await bench.rows('select 1 from curated_payments where user_id = $1', [U])).toEqual([]);
  expect((await bench.parts.lake.list(`${deadLettersOfHourPrefix(first)}r3/`)).length).toBe(1);
});

test('erased a second time, nothing is found, nothing changes, and the receipt says so', async () => {
  const before = await bench.parts.lake.list('raw/');
  expect(await erase(bench, U)).toMatchObject({ state: 'complete', nothingFound: true, hours: [], stores: { raw: { lines: 0, changed: 0 } } });
  expect(await bench.parts.lake.list('raw/')).toEqual(before);
});

test('a line of theirs that lands later is counted erased and goes nowhere; erased again, it leaves raw too', async () => {
  await bench.land(third, 'late.json', lines(line(third, { payment_id: `${third}-late`, user_id: U }), `{"user_id":"${escaped}"`));
  const answer = await bench.ask(third);
  expect(answer).toMatchObject({ state: 'proven', revision: 2 });
  expect(answer.proof!.terms).toMatchObject({ lines: 4, erased: 2, deadLettered: 1, curated: 1 });
  expect((await placesOf(bench, U)).filter((place) => place.includes(third.slice(0, 10).replaceAll('-', '/')))).toEqual([`raw/payments/dt=${third.slice(0, 10).replaceAll('-', '/')}/${third.slice(11)}/late.json`]);
  expect(await erase(bench, U)).toMatchObject({ state: 'complete', hours: [{ landingHour: third, revision: 3, state: 'proven', objects: 1, lines: 2 }] });
  expect((await bench.ask(third)).proof!.terms).toMatchObject({ lines: 4, blank: 0, erased: 2, deadLettered: 1, curated: 1 });
});

test('rows in a file that a compaction shared among hours go too: each hour that names it is run again', async () => {
  const early = landingHourOf(new Date(hourStart(freshHour()).setUTCHours(3)));
  const late = hoursAfter(early, 1);
  const person = `compacted-${randomUUID()}`;
  await bench.land(early, 'a.json', lines(line(early, { payment_id: `${early}-1`, user_id: person }), line(early, { payment_id: `${early}-2` })));
  await bench.land(late, 'a.json', lines(line(late, { payment_id: `${late}-1` })));
  for (const hour of [early, late]) expect(await bench.ask(hour)).toMatchObject({ state: 'proven' });
  const compacted = await new MockActivityEnvironment().run(createCompactDay(bench.parts), { date: early.slice(0, 10) }) as CompactResult;
  expect(compacted).toMatchObject({ hours: 2, filesAfter: 1, rows: 3 });
  const places = await placesOf(bench, person);
  expect(places.some((place) => place.includes('/compacted-'))).toBe(true);
  // What a compaction on Spark leaves when it is killed.
  await bench.parts.lake.copyAll([{ from: places.find((place) => place.includes('/compacted-'))!, to: `${nightlyWorkPrefix(early.slice(0, 10), 'ab'.repeat(32))}j1/merged/0.parquet` }]);
  expect(await erase(bench, person)).toMatchObject({ state: 'complete', left: [] });
  expect(await placesOf(bench, person)).toEqual([]);
  for (const hour of [early, late]) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { curated: 1 } } });
});

test('two persons erased at once from one object, while its hour runs, are both gone, and each receipt counts its own', async () => {
  const hour = freshHour();
  const people = [`left-${randomUUID()}`, `right-${randomUUID()}`];
  await bench.land(hour, 'a.json', lines(...Array.from({ length: 300 }, (_, i) => line(hour, { payment_id: `${hour}-${i}`, user_id: i % 3 === 2 ? 'stays' : people[i % 3] }))));
  // What the producer says it sent stays what it was.
  await bench.land(hour, '_control.json', JSON.stringify({ files: 1, lines: 300, totals: [{ currency: 'EUR', amountCents: '300000', count: 300 }] }));
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven' });
  const running = bench.ask(hour, { publish: 'all' });
  const results = await Promise.all(await Promise.all(people.map((person) => startErasure(bench, person))).then((all) => all.map((result) => result())));
  expect(await running).toMatchObject({ state: 'proven' });
  expect(results.map(({ state, lines: count, hours }) => ({ state, count, hours }))).toEqual(people.map(() => ({ state: 'complete', count: 100, hours: 1 })));
  for (const person of people) expect(await placesOf(bench, person)).toEqual([]);
  const answer = await bench.ask(hour);
  expect(answer).toMatchObject({ state: 'proven', proof: { terms: { lines: 300, blank: 0, erased: 200, curated: 100 } } });
});

function withoutVersions(rows: unknown): unknown {
  return JSON.parse(JSON.stringify(rows, (name, value: unknown) => (name === 'curated_version' ? undefined : typeof value === 'bigint' ? value.toString() : value)));
}

test('after all of it the roll-ups are what the payments add up to', async () => {
  expect(await differingCells(bench)).toEqual([]);
});
