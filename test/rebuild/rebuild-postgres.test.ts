import { randomUUID } from 'node:crypto';
import { readCommit } from '../../activities/committed';
import { commitRecordKey, committedKey, proofRecordKey } from '../../contract/lake-layout';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import type { RebuildSummary } from '../../contract/rebuild';
import { freshHour, line, type HourBench } from '../support/hour-bench';
import { differingCells } from '../support/rollups';
import { OwnBench } from './own-bench';

/** Several runs of hours in each test, and a command line beside them. */
jest.setTimeout(300_000);

let own: OwnBench;
let bench: HourBench;
const [first, second, third, empty, cut, missing] = Array.from({ length: 6 }, freshHour) as [LandingHour, LandingHour, LandingHour, LandingHour, LandingHour, LandingHour];

beforeAll(async () => {
  own = await OwnBench.open();
  bench = own.bench;
  bench.startWorker();
});

afterAll(() => own.close());

function lines(hour: LandingHour, payments: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string {
  return Object.entries(payments).map(([payment_id, fields]) => line(hour, { payment_id, ...fields })).join('\n');
}

/** A creation before those of every hour of these tests, later the greater the number. */
function early(minute: number): string {
  return `2000-12-01T00:${String(minute).padStart(2, '0')}:00Z`;
}

function rebuild(): { readonly code: number | null; readonly summary: RebuildSummary; readonly err: string } {
  const { code, out, err } = own.sluice('rebuild', 'postgres', '--json', '--by', 'test');
  return { code, summary: JSON.parse(out) as RebuildSummary, err };
}

async function winner(paymentId: string): Promise<unknown> {
  return (await bench.rows('select landing_hour, amount_cents from curated_payments where payment_id = $1', [paymentId]))[0];
}

function at(hour: LandingHour, amount: bigint): unknown {
  return { landing_hour: hourStart(hour).toISOString().replace('.000Z', 'Z'), amount_cents: amount };
}

/** Hours that overlap, a corrected one, an empty and a broken one, dead letters and duplicates. */
async function landAndRun(): Promise<void> {
  await bench.land(first, 'a.json', [
    lines(first, { both: { created_at: early(1), amount_cents: 1 }, taken: { created_at: early(1), amount_cents: 10 }, plain: {}, odd: { user_id: 'ü€𝄞 "|%~\\', risk_score: 0.1234567 } }),
    line(first, { payment_id: 'plain', status: 'CAPTURED' }), '{"broken', line(first, { payment_id: 'x', amount_cents: -1 }), '',
  ].join('\n'));
  await bench.land(second, 'a.json', lines(second, { both: { created_at: early(2), amount_cents: 2 }, big: { amount_cents: '9007199254740993' } }));
  await bench.land(third, 'a.json', lines(third, { taken: { created_at: early(3), amount_cents: 30 }, both: { created_at: early(0), amount_cents: 0 }, kept: {} }));
  await bench.land(empty, 'nothing.json', '');
  await bench.land(cut, 'cut.json.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0]));
  await bench.land(cut, 'good.json', lines(cut, { good: {} }));
  for (const hour of [third, first, second, empty]) expect((await bench.ask(hour)).state).toMatch(/proven|empty/);
  expect(await bench.ask(cut)).toMatchObject({ state: 'broken' });
  expect(await bench.ask(missing)).toMatchObject({ state: 'missing' });
  await bench.land(third, 'a.json', lines(third, { both: { created_at: early(0), amount_cents: 0 }, kept: { amount_cents: 31 } }));
  expect(await bench.ask(third)).toMatchObject({ state: 'proven', revision: 2 });
  expect(await winner('taken')).toEqual(at(first, 10n));
  await sweep();
}

async function sweep(): Promise<void> {
  await bench.client.workflow.execute('sweepReplaced', { workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [] });
}

/** What reports go by: whether Postgres has all that the lake shows. */
function rebuilds(): Promise<readonly unknown[]> {
  return bench.rows('select requested_by, hours_unknown, ended_at is not null as ended from ledger.rebuilds');
}

test('when Postgres is lost, everything is made again from the lake, proven, and nothing is published', async () => {
  await landAndRun();
  const [before, published] = [await own.checksums(), (await bench.recordsInTopic()).length];
  await own.loseEverything();
  const { code, summary, err } = rebuild();
  expect(err).toContain('migrations applied');
  expect(summary).toMatchObject({
    hours: 5, loaded: 5, unchanged: 0, run: [], proven: 3, empty: 1, topicAsked: true,
    notProven: [{ landingHour: cut, state: 'broken', message: expect.stringContaining('quarantined: ') }],
  });
  expect(code).toBe(1);
  expect(await own.checksums()).toEqual(before);
  expect((await bench.recordsInTopic()).length).toBe(published);
  expect(await rebuilds()).toEqual([{ requested_by: 'test', hours_unknown: 5, ended: true }]);
});

test('a second run finds nothing to do and says so', async () => {
  const versions = (): Promise<unknown> => bench.rows('select payment_id, xmin::text, ctid::text from curated_payments order by 1');
  const [before, proofs] = [await versions(), await bench.rows('select count(*) from ledger.proofs')];
  expect(rebuild().summary).toMatchObject({ hours: 5, unchanged: 5, loaded: 0, ledgerOnly: 0, proven: 3 });
  expect(own.sluice('rebuild', 'postgres').out).toContain('Nothing to do');
  expect([await versions(), await bench.rows('select count(*) from ledger.proofs')]).toEqual([before, proofs]);
  // Nothing is missing in it: reports need not go elsewhere.
  expect(await rebuilds()).toHaveLength(1);
});

test('after it, an unchanged hour is unchanged, and a late line is the next revision with its difference', async () => {
  expect(await bench.ask(first)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  await bench.land(third, 'late.json', lines(third, { late: {} }));
  const answer = await bench.ask(third);
  expect(answer).toMatchObject({ state: 'proven', revision: 3 });
  expect(answer.proof!.terms).toMatchObject({ base: 2, new: 1, unchanged: 2, published: 1 });
  expect(await bench.keysInTopic(third, 3)).toEqual(['late']);
});

test('restored to an older point, no run can take an older revision for its own, and the rebuilding ends as if nothing had been', async () => {
  const young = freshHour();
  await own.backUp();
  // What comes back from `second` must be its new row, of which the older ledger knows nothing and of which the old file is gone.
  await bench.land(second, 'a.json', lines(second, { both: { created_at: early(2), amount_cents: 2 }, taken: { created_at: early(0), amount_cents: 22 }, big: { amount_cents: 5 } }));
  expect(await bench.ask(second)).toMatchObject({ state: 'proven', revision: 2 });
  await bench.land(first, 'a.json', lines(first, { plain: { amount_cents: 7 }, big: { created_at: `${first}:05:00Z`, amount_cents: 8 } }));
  expect(await bench.ask(first)).toMatchObject({ state: 'proven', revision: 2 });
  await bench.land(young, 'a.json', lines(young, { kept: { amount_cents: 99 } }));
  expect(await bench.ask(young)).toMatchObject({ state: 'proven', revision: 1 });
  await sweep();
  const before = await own.checksums();

  await own.restore();
  expect(await own.checksums()).not.toEqual(before);
  expect(await bench.ask(first)).toMatchObject({ state: 'open', message: expect.stringContaining('npx sluice rebuild postgres') });
  const { summary } = rebuild();
  expect(summary).toMatchObject({ hours: 6, proven: 4, empty: 1, notProven: [{ landingHour: cut }] });
  expect(summary.loaded).toBe(3);
  expect(await own.checksums()).toEqual(before);
  expect(await winner('taken')).toEqual(at(second, 22n));

  await bench.land(first, 'late.json', lines(first, { later: {} }));
  expect(await bench.ask(first)).toMatchObject({ state: 'proven', revision: 3 });
  const seen = (await bench.recordsInTopic()).map(({ hour, revision, key }) => `${hour} ${revision} ${key}`);
  expect(new Set(seen).size).toBe(seen.length);
});

test('an hour whose revision has no record of a proof is run again from raw, named, and the rest is not', async () => {
  await bench.parts.lake.remove([proofRecordKey(second, 2)]);
  await own.loseEverything();
  const { summary } = rebuild();
  expect(summary).toMatchObject({ hours: 6, run: [second], proven: 4, empty: 1, notProven: [{ landingHour: cut }] });
  expect(await bench.parts.ledger.hour(second)).toMatchObject({ state: 'proven', lastRevision: 3, loadedRevision: 3 });
  expect(await winner('taken')).toEqual(at(second, 22n));
});

test('a ledger that is newer than the lake is refused by hour, and stays as it is', async () => {
  const { lake } = bench.parts;
  const now = await readCommit(lake, first);
  await lake.put(committedKey(first), (await lake.readText(commitRecordKey(first, 2)))!.text);
  const before = await own.checksums();
  const { code, summary } = rebuild();
  expect(code).toBe(1);
  expect(summary.notProven).toEqual([
    { landingHour: first, state: 'open', message: expect.stringContaining('the ledger has revision 3 of the hour, and the lake shows 2') },
    expect.objectContaining({ landingHour: cut }),
  ]);
  expect(await own.checksums()).toEqual(before);
  await lake.put(committedKey(first), JSON.stringify(now!.commit));
});

test('a raw object that went before the loss breaks its hour still', async () => {
  const hour = freshHour();
  const key = await bench.land(hour, 'a.json', lines(hour, { gone: {} }));
  await bench.ask(hour);
  await bench.parts.lake.remove([key]);
  await own.loseEverything();
  expect(rebuild().summary.notProven).toEqual(expect.arrayContaining([
    { landingHour: hour, state: 'broken', message: `raw_gone: ${key} is no longer in the lake (1 in all)` },
  ]));
});

test('after all of it the roll-ups are what the payments add up to', async () => {
  expect(await differingCells(bench)).toEqual([]);
});
