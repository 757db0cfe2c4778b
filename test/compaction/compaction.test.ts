/** A closed day's small files put together, on the real parts: what must not change, and what comes after. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { readCommit } from '../../activities/committed';
import { createActivities } from '../../activities/registry';
import { CURATED_PREFIX } from '../../contract/lake-layout';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import type { CompactResult } from '../../contract/stages';
import { Lake } from '../../stores/lake';
import { freshDay, HourBench, line } from '../support/hour-bench';

let bench: HourBench;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  bench = await HourBench.open({ SLUICE_REVISION_GRACE_MINUTES: '0', SLUICE_ACTIVITY_SLOTS: '8' });
  bench.startWorker();
});

afterAll(() => bench.close());

afterEach(() => jest.restoreAllMocks());

/** Whole days are compacted. */
function freshDate(): string {
  return new Date(freshDay()).toISOString().slice(0, 10);
}

const at = (date: string, hour: number): LandingHour => `${date}T${String(hour).padStart(2, '0')}` as LandingHour;

/** Hours of the day with two merchants each, and a late line of the first hour in the last. */
async function provenDay(date: string, hours = 3): Promise<readonly LandingHour[]> {
  const all = Array.from({ length: hours }, (_, i) => at(date, i));
  for (const [i, hour] of all.entries()) {
    const lines = ['m1', 'm2'].flatMap((merchant_id) => Array.from({ length: 20 }, (_, n) => line(hour, { payment_id: `${hour}-${merchant_id}-${n}`, merchant_id, amount_cents: n * 7 + i })));
    if (i === hours - 1) lines.push(line(hour, { payment_id: `${hour}-late`, created_at: `${all[0]}:59:00Z` }));
    await bench.land(hour, 'a.json', lines.join('\n'));
  }
  for (const answer of await Promise.all(all.map((hour) => bench.ask(hour)))) expect(answer).toMatchObject({ state: 'proven', revision: 1 });
  return all;
}

function compact(date: string): Promise<CompactResult> {
  return new MockActivityEnvironment().run(createActivities(bench.parts).compactDay, { date });
}

async function sweep(): Promise<void> {
  await bench.client.workflow.execute('sweepReplaced', { workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [] });
}

async function filesIn(date: string): Promise<readonly string[]> {
  return (await bench.parts.lake.list(`${CURATED_PREFIX}dt=${date}/`)).map(({ key }) => key);
}

async function named(hours: readonly LandingHour[]): Promise<readonly string[]> {
  const commits = await Promise.all(hours.map((hour) => readCommit(bench.parts.lake, hour)));
  return [...new Set(commits.flatMap((found) => found!.commit.files.map(({ key }) => key)))].sort();
}

const rowsOf = (hours: readonly LandingHour[]) => bench.rows(
  'select payment_id, landing_hour, row_hash, xmin::text from curated_payments where landing_hour = any($1) order by 1', [hours.map(hourStart)]);

test('a day’s files become one for each merchant; rows, sums, revisions and proofs stay', async () => {
  const date = freshDate();
  const hours = await provenDay(date);
  const rows = await rowsOf(hours);
  const sums = await Promise.all(hours.map(async (hour) => (await readCommit(bench.parts.lake, hour))!.commit.sums));
  expect(await compact(date)).toEqual({ date, hours: 3, left: 0, skipped: 0, filesBefore: 6, filesAfter: 2, rows: 121 });
  for (const [i, hour] of hours.entries()) {
    const { commit } = (await readCommit(bench.parts.lake, hour))!;
    expect(commit).toMatchObject({ revision: 1, sums: sums[i] });
    expect(commit.files.map(({ rows: of, shared, wholeRows }) => ({ of, shared, wholeRows }))).toEqual([
      { of: i === 2 ? 21 : 20, shared: true, wholeRows: 61 }, { of: 20, shared: true, wholeRows: 60 },
    ]);
    // The proof reads the lake anew.
    expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  }
  expect(await rowsOf(hours)).toEqual(rows);
  await sweep();
  expect(await filesIn(date)).toEqual(await named(hours));
  expect(await filesIn(date)).toHaveLength(2);
  expect(await compact(date)).toMatchObject({ hours: 0, filesBefore: 2, filesAfter: 2, rows: 0 });
});

test('a late line after it makes a revision of its hour alone that publishes only what is new', async () => {
  const date = freshDate();
  const hours = await provenDay(date);
  await compact(date);
  await sweep();
  await bench.land(hours[1]!, 'late.json', line(hours[1]!, { payment_id: `${date}-more`, merchant_id: 'm1' }));
  const answer = await bench.ask(hours[1]!);
  expect(answer).toMatchObject({ state: 'proven', revision: 2, proof: { terms: { base: 40, new: 1, unchanged: 40, upserted: 1, retracted: 0, published: 1 } } });
  await sweep();
  for (const hour of hours) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', unchanged: true });
  expect(await filesIn(date)).toEqual(await named(hours));
  // Compacted again, the rows that nobody names any more are gone from the files.
  expect(await compact(date)).toMatchObject({ hours: 3, filesAfter: 2, rows: 122 });
  await sweep();
  for (const hour of hours) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', unchanged: true });
  expect(await filesIn(date)).toHaveLength(2);
});

test('a payment that goes from a compacted hour is retracted, and another hour’s row of it comes back', async () => {
  const date = freshDate();
  const [first, second] = [at(date, 1), at(date, 2)];
  const payment_id = `${date}-both`;
  await bench.land(first, 'a.json', [line(first, { payment_id, status: 'AUTHORIZED' }), line(first, {})].join('\n'));
  await bench.land(second, 'a.json', [line(second, { payment_id, status: 'CAPTURED' }), line(second, {})].join('\n'));
  for (const hour of [first, second]) await bench.ask(hour);
  await compact(date);
  await sweep();
  await bench.land(second, 'a.json', line(second, { payment_id: `${date}-other` }));
  expect(await bench.ask(second)).toMatchObject({ state: 'proven', revision: 2, proof: { terms: { base: 2, retracted: 2, new: 1 } } });
  expect(await bench.rows('select status from curated_payments where payment_id = $1', [payment_id])).toEqual([{ status: 'AUTHORIZED' }]);
});

test('a run that cannot go on after it is rolled back to the compacted files', async () => {
  const date = freshDate();
  const hours = await provenDay(date, 2);
  await compact(date);
  const before = (await readCommit(bench.parts.lake, hours[0]!))!.commit;
  await bench.land(hours[0]!, 'more.json', [1, 2, 3].map((n) => line(hours[0]!, { payment_id: `${date}-${n}` })).join('\n'));
  const refusing = await HourBench.open({ SLUICE_KAFKA_TRANSACTION_RECORDS: '1', SLUICE_REVISION_GRACE_MINUTES: '0' });
  refusing.startWorker();
  try {
    expect(await refusing.ask(hours[0]!)).toMatchObject({ state: 'open', message: expect.stringContaining('SLUICE_KAFKA_TRANSACTION_RECORDS') });
  } finally {
    await refusing.close();
  }
  expect((await readCommit(bench.parts.lake, hours[0]!))!.commit).toMatchObject({ revision: 1, files: before.files });
  await sweep();
  expect(await filesIn(date)).toEqual(expect.arrayContaining([...await named(hours)]));
  expect(await bench.ask(hours[0]!)).toMatchObject({ state: 'proven', revision: 3, proof: { terms: { base: 40, new: 3, unchanged: 40 } } });
});

test('killed between two swaps, every hour is whole, and a second run ends it', async () => {
  const date = freshDate();
  const hours = await provenDay(date);
  const put = Lake.prototype.put;
  let swaps = 0;
  jest.spyOn(Lake.prototype, 'put').mockImplementation(function dying(this: Lake, key, body, condition) {
    if (key.startsWith('committed/')) swaps += 1;
    // The first hour is swapped and nothing after it happens, its record least of all.
    if (swaps > 0 && !(swaps === 1 && key.startsWith('committed/'))) throw new Error('killed here');
    return put.call(this, key, body, condition);
  });
  await expect(compact(date)).rejects.toThrow('killed here');
  jest.restoreAllMocks();
  const halves = await Promise.all(hours.map(async (hour) => (await readCommit(bench.parts.lake, hour))!.commit.files.every(({ shared }) => shared === true)));
  expect(halves).toEqual([true, false, false]);
  await sweep();
  for (const hour of hours) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', unchanged: true });
  expect(await compact(date)).toMatchObject({ hours: 3, left: 0, filesAfter: 2 });
  await sweep();
  await sweep();
  for (const hour of hours) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', unchanged: true });
  expect(await filesIn(date)).toEqual(await named(hours));
});

test('two at once: each hour is whole, and nothing that one of them made and nobody names stays', async () => {
  const date = freshDate();
  const hours = await provenDay(date);
  const outcomes = await Promise.allSettled([compact(date), compact(date)]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'fenced' });
  await compact(date);
  await sweep();
  await sweep();
  for (const hour of hours) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  expect(await filesIn(date)).toEqual(await named(hours));
});

test('a zombie that wakes after another has compacted the day changes nothing', async () => {
  const date = freshDate();
  const hours = await provenDay(date);
  const putFiles = Lake.prototype.putFiles;
  let woken: Promise<unknown> = Promise.resolve();
  const spy = jest.spyOn(Lake.prototype, 'putFiles').mockImplementation(async function slow(this: Lake, ...given) {
    spy.mockRestore();
    woken = compact(date).then(sweep);
    await woken;
    return putFiles.apply(this, given);
  });
  await expect(compact(date)).rejects.toMatchObject({ kind: 'fenced' });
  await sweep();
  for (const hour of hours) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  expect(await named(hours)).toHaveLength(2);
});

test('an hour that is being run is left as it was, and its run is right', async () => {
  const date = freshDate();
  const hours = await provenDay(date);
  await bench.land(hours[1]!, 'more.json', line(hours[1]!, { payment_id: `${date}-more` }));
  const [answer, result] = await Promise.all([bench.ask(hours[1]!), compact(date)]);
  expect(answer).toMatchObject({ state: 'proven', revision: 2, proof: { terms: { base: 40, new: 1 } } });
  expect(result.hours).toBeGreaterThanOrEqual(2);
  await sweep();
  for (const hour of hours) expect(await bench.ask(hour)).toMatchObject({ state: 'proven', unchanged: true });
});

test('a file that is not what was proven leaves the day as it was, and nothing of the attempt stays', async () => {
  const date = freshDate();
  const hours = await provenDay(date, 2);
  const [left, right] = (await readCommit(bench.parts.lake, hours[0]!))!.commit.files;
  // The same number of rows, the right columns, another merchant's money.
  await bench.parts.lake.copyAll([{ from: left!.key, to: right!.key }]);
  const files = await filesIn(date);
  const commits = await Promise.all(hours.map((hour) => readCommit(bench.parts.lake, hour)));
  await expect(compact(date)).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining(`the day was left as it was`) });
  expect(await filesIn(date)).toEqual(files);
  expect(await Promise.all(hours.map((hour) => readCommit(bench.parts.lake, hour)))).toEqual(commits);
});

test('hours that are not proven, and a day that is not over, are not compacted', async () => {
  const date = freshDate();
  const hours = await provenDay(date);
  await bench.asOwner('update hour_payments set amount_cents = amount_cents + 1 where landing_hour = $1', [hourStart(hours[0]!)]);
  expect(await bench.ask(hours[0]!)).toMatchObject({ state: 'broken' });
  expect(await compact(date)).toMatchObject({ hours: 2, skipped: 1 });
  expect((await readCommit(bench.parts.lake, hours[0]!))!.commit.files.some(({ shared }) => shared)).toBe(false);
  await expect(compact(new Date().toISOString().slice(0, 10))).rejects.toMatchObject({ kind: 'usage' });
});

test('as a command: what became of the files; a day that is not over is told in a sentence, and is called wrongly', async () => {
  const date = freshDate();
  await provenDay(date);
  expect(await bench.sluice('compact', '--date', date)).toMatchObject({ code: 0, out: `${date}: 6 files became 2; 121 rows of 3 hours\n` });
  const again = await bench.sluice('compact', '--date', date, '--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.out)).toMatchObject({ date, hours: 0, filesBefore: 2, filesAfter: 2 });
  const today = new Date().toISOString().slice(0, 10);
  const early = await bench.sluice('compact', '--date', today);
  expect(early).toMatchObject({ code: 2, out: '', err: expect.stringMatching(new RegExp(`^sluice: .*${today}`)) });
  expect(early.err).not.toMatch(/WorkflowFailedError|\n +at /);
});
