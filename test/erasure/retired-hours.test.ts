/** Hours whose raw objects went by retention: a person leaves them too, and nothing else of them changes. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { readCommit } from '../../activities/committed';
import { createCompactDay } from '../../activities/compact-day';
import { readManifest } from '../../activities/landed-objects';
import { ErasureKey } from '../../contract/erasure';
import { deadLettersPrefix, proofRecordKey, rawPrefix, rawRetiredKey } from '../../contract/lake-layout';
import { hoursAfter, hourStart, landingHourOf, type LandingHour } from '../../contract/landing-hour';
import type { ReconcileAnswer } from '../../contract/reconciled-day';
import type { RebuildSummary } from '../../contract/rebuild';
import type { CompactResult } from '../../contract/stages';
import { Days } from '../../stores/days';
import { markNeeded, suppress } from '../../stores/erasures';
import { OwnBench } from '../rebuild/own-bench';
import { freshHour, HourBench, line } from '../support/hour-bench';
import { differingCells } from '../support/rollups';
import { erase, ownLake, placesOf, startErasure } from './erasing';

/** Erasures of a whole lake, one after the other. */
jest.setTimeout(300_000);

let own: OwnBench;
let bench: HourBench;

beforeAll(async () => {
  own = await OwnBench.open({ ...ownLake(), SLUICE_RETENTION_RAW_DAYS: '365' });
  bench = own.bench;
  bench.startWorker();
});

afterAll(() => own.close());

/** Raw objects of all hours: every hour of these tests is older than a year. */
async function retired(...hours: readonly LandingHour[]): Promise<void> {
  await bench.client.workflow.execute('retention', { workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [{}] });
  for (const hour of hours) expect(await bench.parts.lake.list(rawPrefix(hour))).toEqual([]);
}

async function proven(hour: LandingHour, ...lines: readonly string[]): Promise<void> {
  await bench.land(hour, 'a.json', lines.join('\n'));
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 1 });
}

const person = (name: string): string => `${name}-${randomUUID()}`;

/** Of everybody else, whatever revision wrote the rows. */
async function rowsOf(hour: LandingHour, but: string): Promise<unknown> {
  return [
    await bench.rows(`select payment_id, row_hash, amount_cents, currency, status from hour_payments where landing_hour = $1
      and payment_id not in (select payment_id from curated_payments where user_id = $2) order by 1`, [hourStart(hour), but]),
    await bench.rows(`select to_jsonb(c) - 'processed_at' - 'curated_version' as row from curated_payments c where landing_hour = $1 and user_id is distinct from $2
      order by payment_id`, [hourStart(hour), but]),
  ];
}

const [gone, second] = [person('gone'), person('second')];
const hour = freshHour();
const elsewhere = freshHour();

test('without raw, a person leaves lake, dead letters and Postgres; the proof counts the same lines, the receipt their rows', async () => {
  const both = `${hour}-both`;
  await proven(elsewhere, line(elsewhere, { payment_id: both, user_id: 'neighbour', created_at: `${hour}:01:00Z` }));
  await bench.land(hour, '_control.json', JSON.stringify({ files: 1, lines: 11, totals: [] }));
  await proven(hour,
    line(hour, { payment_id: `${hour}-1`, user_id: gone, amount_cents: '9007199254740993' }), line(hour, { payment_id: `${hour}-1`, user_id: gone }),
    line(hour, { payment_id: `${hour}-2`, user_id: gone, merchant_id: 'only:theirs' }), line(hour, { payment_id: both, user_id: gone }),
    line(hour, { payment_id: `${hour}-3`, user_id: gone, currency: 'NONE' }), `{"broken":"${gone}"`, '{"broken":"a\u2028neighbour"',
    line(hour, { payment_id: `${hour}-4`, user_id: second }), line(hour, { payment_id: `${hour}-5`, user_id: second, currency: 'NONE' }),
    line(hour, { payment_id: `${hour}-6`, user_id: 'neighbour', amount_cents: '9007199254740995', risk_score: 0.1234567, authorized_at: `${hour}:10:59Z`, completed_at: `${hour}:11:00.000001Z` }),
    line(hour, { payment_id: `${hour}-7`, user_id: null, merchant_id: 'm2', decline_reason: 'l’hôte' }));
  await retired(hour);
  const others = await rowsOf(hour, gone);

  const receipt = await erase(bench, gone);

  expect(receipt).toMatchObject({ state: 'complete', nothingFound: false, left: [], stores: { raw: { lines: 0 }, curated: { found: 3 }, postgres: { samples: 2, rows: 0 } } });
  expect(receipt.hours).toEqual([{ landingHour: hour, revision: 2, state: 'proven', objects: 0, lines: 0, rows: 3 }]);
  expect(await placesOf(bench, gone)).toEqual([]);
  expect(await rowsOf(hour, gone)).toEqual(others);
  expect(await bench.rows('select user_id, landing_hour = $2 as elsewhere from curated_payments where payment_id = $1', [both, hourStart(elsewhere)])).toEqual([{ user_id: 'neighbour', elsewhere: true }]);
  for (const publish of ['changed', 'all'] as const) {
    expect(await bench.ask(hour, { publish })).toMatchObject({
      state: 'proven', revision: 2, unchanged: true, proof: { terms: { lines: 11, blank: 0, deadLettered: 2, erased: 5, duplicates: 1, curated: 3, base: 6, retracted: 3 } },
    });
  }
  // What the producer said of the hour was settled, and stays so.
  expect((await bench.parts.ledger.proofOf(hour, 2))!.control).toEqual((await bench.parts.ledger.proofOf(hour, 1))!.control);
  expect((await bench.parts.ledger.proofOf(hour, 2))!.control).toMatchObject({ lines: 11, firstDifference: null });
});

test('its manifest says whose rows it was made of, and the dead letters of others are what they were', async () => {
  const [before, after] = await Promise.all([1, 2].map((revision) => readManifest(bench.parts.lake, hour, revision)));
  expect(after).toEqual({ ...before, revision: 2, rowsOf: 1, listedAt: expect.any(String) });
  const letters = await Promise.all([1, 2].map(async (revision) => {
    const [file] = await bench.parts.lake.list(deadLettersPrefix(hour, revision));
    return (await bench.parts.lake.readText(file!.key))!.text.trim().split('\n').map((text) => JSON.parse(text) as object);
  }));
  expect(letters[0]).toHaveLength(2);
  expect(letters[1]).toEqual(letters[0]!.map((letter) => ({ ...letter, revision: 2 })));
});

test('another person of the same hour is taken out of what is left', async () => {
  expect(await erase(bench, second)).toMatchObject({
    state: 'complete', stores: { curated: { found: 1 } }, hours: [{ landingHour: hour, revision: 3, state: 'proven', objects: 0, lines: 0, rows: 1 }],
  });
  expect(await placesOf(bench, second)).toEqual([]);
  expect(await readManifest(bench.parts.lake, hour, 3)).toMatchObject({ rowsOf: 2 });
  expect(await bench.ask(hour)).toMatchObject({ unchanged: true, proof: { terms: { lines: 11, deadLettered: 1, erased: 7, duplicates: 1, curated: 2 } } });
  expect(await erase(bench, second)).toMatchObject({ state: 'complete', nothingFound: true, hours: [] });
});

test('its day agrees in every store, and nothing is called missing', async () => {
  const days = new Days(bench.client, bench.configuration.SLUICE_TASK_QUEUE);
  const answer: ReconcileAnswer = await days.answer((await days.start({ date: hour.slice(0, 10), by: 'test', repair: 'off', deep: true })).handle);
  expect(answer).toMatchObject({ state: 'agrees' });
  expect(await bench.parts.ledger.hour(hour)).toMatchObject({ state: 'proven', rawRetiredAt: expect.any(String) });
});

async function rebuilt(): Promise<RebuildSummary> {
  await own.loseEverything();
  await own.migrate();
  return bench.client.workflow.execute('rebuildPostgres', {
    workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [{ by: 'test' }],
  }) as Promise<RebuildSummary>;
}

test('Postgres lost and made again from the lake, the hour is what it was', async () => {
  const before = await own.checksums();
  expect(await rebuilt()).toMatchObject({ notProven: [], run: [] });
  expect(await own.checksums()).toEqual(before);
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 3, unchanged: true });
});

test('Postgres lost before such a revision was proven, the hour is made once more of the rows that the lake shows', async () => {
  await bench.parts.lake.remove([proofRecordKey(hour, 3)]);
  expect(await rebuilt()).toMatchObject({ notProven: [], run: [hour] });
  expect(await readManifest(bench.parts.lake, hour, 4)).toMatchObject({ rowsOf: 3 });
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 4, unchanged: true, proof: { terms: { lines: 11, deadLettered: 1, erased: 7, curated: 2 } } });
  expect(await bench.rows('select 1 from curated_payments where user_id = any($1)', [[gone, second]])).toEqual([]);
});

test('of a compacted day, each hour that names a file with their rows is made again, those without a row of theirs as they were', async () => {
  const early = landingHourOf(new Date(hourStart(freshHour()).setUTCHours(3)));
  const late = hoursAfter(early, 1);
  const shared = person('shared');
  await proven(early, line(early, { payment_id: `${early}-1`, user_id: shared }), line(early, { payment_id: `${early}-2` }));
  await proven(late, line(late, { payment_id: `${late}-1` }), line(late, { payment_id: `${late}-2`, merchant_id: 'm2' }));
  expect(await new MockActivityEnvironment().run(createCompactDay(bench.parts), { date: early.slice(0, 10) }) as CompactResult).toMatchObject({ hours: 2, filesAfter: 2 });
  await retired(early, late);
  const sums = (await readCommit(bench.parts.lake, late))!.commit.sums;

  // Once in the shared file, once in the one that compaction had replaced.
  expect(await erase(bench, shared)).toMatchObject({
    state: 'complete', stores: { curated: { found: 2 } }, hours: [{ landingHour: early, revision: 2, rows: 1 }, { landingHour: late, revision: 2, rows: 0 }],
  });
  expect(await placesOf(bench, shared)).toEqual([]);
  expect((await readCommit(bench.parts.lake, late))!.commit).toMatchObject({ revision: 2, sums });
  expect(await bench.ask(early)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { lines: 2, erased: 1, curated: 1 } } });
  expect(await bench.ask(late)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { lines: 2, erased: 0, curated: 2, retracted: 0 } } });
});

test('two persons erased at once are both gone; an hour of which they were all ends without a row', async () => {
  const [mixed, theirs] = [freshHour(), freshHour()];
  const people = [person('left'), person('right')] as const;
  await proven(mixed, ...Array.from({ length: 30 }, (_, i) => line(mixed, { payment_id: `${mixed}-${i}`, user_id: [...people, 'stays'][i % 3] })));
  await proven(theirs, ...people.map((user_id) => line(theirs, { user_id })));
  await retired(mixed, theirs);
  const endings = await Promise.all(people.map((one) => startErasure(bench, one)));
  expect((await Promise.all(endings.map((result) => result()))).map(({ state }) => state)).toEqual(['complete', 'complete']);
  for (const one of people) expect(await placesOf(bench, one)).toEqual([]);
  expect(await bench.ask(mixed)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { lines: 30, erased: 20, curated: 10 } } });
  expect(await bench.ask(theirs)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { lines: 2, erased: 2, curated: 0 } } });
  expect(await bench.rows('select 1 from hour_payments where landing_hour = $1', [hourStart(theirs)])).toEqual([]);
});

test('retention cut off when it had decided: what an erasure overwrites then is no news, and retention takes it', async () => {
  const cut = freshHour();
  const theirs = person('cut');
  await proven(cut, line(cut, { payment_id: `${cut}-1`, user_id: theirs }), line(cut, { payment_id: `${cut}-2` }));
  const { lake, ledger } = bench.parts;
  await lake.put(rawRetiredKey(cut), JSON.stringify({ landingHour: cut, revision: 1, at: new Date().toISOString(), objects: 1, bytes: 1 }));
  expect(await ledger.retireRaw(cut, 1)).toBe(true);
  expect(await erase(bench, theirs)).toMatchObject({ state: 'complete', hours: [{ landingHour: cut, revision: 2, state: 'proven', objects: 1, lines: 1 }] });
  expect(await placesOf(bench, theirs)).toEqual([]);
  expect(await bench.ask(cut)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { lines: 2, erased: 1, curated: 1 } } });
  await retired(cut);
  expect(await bench.ask(cut)).toMatchObject({ state: 'proven', unchanged: true, revision: 2 });
});

test('with the old objects back, the hour runs of them as any other, and the person stays out', async () => {
  const back = freshHour();
  const theirs = person('back');
  const key = `${rawPrefix(back)}a.json`;
  await proven(back, line(back, { payment_id: `${back}-1`, user_id: theirs }), line(back, { payment_id: `${back}-2` }));
  const { text } = (await bench.parts.lake.readText(key))!;
  await retired(back);
  expect(await erase(bench, theirs)).toMatchObject({ state: 'complete' });
  await bench.parts.lake.put(key, text);
  await bench.land(back, 'late.json', line(back, { payment_id: `${back}-3` }));
  expect(await bench.ask(back)).toMatchObject({ state: 'proven', revision: 3, proof: { terms: { lines: 3, erased: 1, curated: 2, base: 1, new: 1, retracted: 0 } } });
  expect(await readManifest(bench.parts.lake, back, 3)).not.toHaveProperty('rowsOf');
});

test('a row that the files have lost does not pass for an erased one: nothing changes, and the receipt is incomplete', async () => {
  const spoilt = freshHour();
  const theirs = person('spoilt');
  await proven(spoilt, line(spoilt, { payment_id: `${spoilt}-1`, user_id: theirs }), line(spoilt, { payment_id: `${spoilt}-2`, merchant_id: 'm2' }), line(spoilt, { payment_id: `${spoilt}-3`, merchant_id: 'm3' }));
  await retired(spoilt);
  const { files } = (await readCommit(bench.parts.lake, spoilt))!.commit;
  const [another, third] = files.filter(({ merchantId }) => merchantId !== 'm1').map(({ key }) => key) as [string, string];
  const right = await bytesOf(third);
  await bench.parts.lake.put(third, await bytesOf(another));
  await expect(erase(bench, theirs)).rejects.toMatchObject({ cause: { type: 'incomplete', message: expect.stringContaining(spoilt) } });
  expect(await bench.parts.ledger.hour(spoilt)).toMatchObject({ loadedRevision: 1, committedRevision: 1 });
  expect(await bench.ask(spoilt)).toMatchObject({ state: 'open', message: expect.stringContaining('the committed files are not what they were') });
  await bench.parts.lake.put(third, right);
  expect(await erase(bench, theirs)).toMatchObject({ state: 'complete', hours: [{ landingHour: spoilt, state: 'proven', rows: 1 }] });
  expect(await placesOf(bench, theirs)).toEqual([]);
});

test('a revision that cannot go on is rolled back to the one whose rows it was made of; whoever asks next makes it, dead letters and all', async () => {
  const undone = freshHour();
  const theirs = person('undone');
  await proven(undone, ...Array.from({ length: 4 }, (_, i) => line(undone, { payment_id: `${undone}-${i}`, user_id: i === 0 ? theirs : 'neighbour' })), `{"user_id":"${theirs}"`, '{"user_id":"neighbour"');
  await retired(undone);
  // An erasure that is no further than this: nothing was taken out of the dead letters yet.
  const { lake } = bench.parts;
  const key = new ErasureKey(Buffer.from(bench.configuration.SLUICE_ERASURE_KEY!, 'base64'));
  const token = key.token(theirs);
  const { files: [file] } = (await readCommit(lake, undone))!.commit;
  await suppress(lake, key, { token, since: new Date().toISOString(), receiptId: 'none' });
  await markNeeded(lake, token, undone, { file: file!.key, rows: 1 });
  const refusing = await HourBench.open({ ...bench.environment as Record<string, string>, SLUICE_TASK_QUEUE: `test-${randomUUID()}`, SLUICE_KAFKA_TRANSACTION_RECORDS: '1' });
  refusing.startWorker();
  try {
    expect(await refusing.ask(undone, { publish: 'all' })).toMatchObject({ state: 'open', message: expect.stringContaining('SLUICE_KAFKA_TRANSACTION_RECORDS') });
  } finally {
    await refusing.close();
  }
  expect((await readCommit(lake, undone))!.commit).toMatchObject({ revision: 1 });

  const answer = await bench.ask(undone, { kind: 'schedule' });
  expect(answer).toMatchObject({ state: 'proven', revision: 3, proof: { terms: { lines: 6, deadLettered: 1, erased: 2, curated: 3, base: 4, retracted: 1, upserted: 0 } } });
  const [letters] = await lake.list(deadLettersPrefix(undone, 3));
  expect((await lake.readText(letters!.key))!.text).not.toContain(theirs);
  expect(await erase(bench, theirs)).toMatchObject({ state: 'complete', hours: [{ landingHour: undone, revision: 3, state: 'proven', rows: 1 }] });
  expect(await placesOf(bench, theirs)).toEqual([]);
});

async function bytesOf(key: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of await bench.parts.lake.open({ key })) parts.push(chunk as Buffer);
  return Buffer.concat(parts);
}

test('after all of it the roll-ups are what the payments add up to', async () => {
  expect(await differingCells(bench)).toEqual([]);
});
