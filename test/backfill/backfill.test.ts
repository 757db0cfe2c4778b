/** Backfills on the real parts: which hours a mode takes, what a shadow and a dry run leave as it was, and what a cancel leaves behind. */
import { readCommit } from '../../activities/committed';
import type { BackfillInput, BackfillSummary } from '../../contract/backfill';
import { rawPrefix } from '../../contract/lake-layout';
import { hoursAfter, hourStart, hourWorkflowId, type LandingHour } from '../../contract/landing-hour';
import { Backfills } from '../../stores/backfills';
import { freshHour, HourBench, line } from '../support/hour-bench';

jest.setTimeout(300_000);

let bench: HourBench;
let backfills: Backfills;

beforeAll(async () => {
  bench = await HourBench.open({ SLUICE_BACKFILL_SLOTS: '2', SLUICE_SHUTDOWN_GRACE_SECONDS: '1' });
  backfills = new Backfills(bench.client, bench.configuration.SLUICE_TASK_QUEUE);
  bench.startWorker();
});

afterAll(() => bench.close());

async function landLines(hour: LandingHour, count: number, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await bench.land(hour, 'a.json', Array.from({ length: count }, (_, i) => line(hour, { payment_id: `${hour}-${i}`, amount_cents: 100 + i, ...more })).join('\n'));
}

async function run(input: BackfillInput): Promise<BackfillSummary> {
  return backfills.result(await backfills.start(input));
}

async function revisions(hour: LandingHour): Promise<readonly string[]> {
  const rows = await bench.rows<{ state: string }>('select state from ledger.revisions where landing_hour = $1 order by revision', [hourStart(hour)]);
  return rows.map(({ state }) => state);
}

test('with --wait it ends non-zero while an hour is missing and names it; when it has landed, --only missing takes that hour alone', async () => {
  const from = freshHour();
  const [a, b, c, d] = [0, 1, 2, 3].map((n) => hoursAfter(from, n)) as [LandingHour, LandingHour, LandingHour, LandingHour];
  await landLines(a, 3);
  await landLines(b, 2);
  await bench.land(d, 'none.json', '');
  const first = await bench.sluice('backfill', '--from', from, '--to', d, '--wait', '--json');
  expect(first.code).toBe(1);
  const events = first.out.trim().split('\n').map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(events[0]).toMatchObject({ event: 'started', backfillId: `backfill/${from}..${d}` });
  expect(events.filter(({ event }) => event === 'hour')).toHaveLength(4);
  expect(events.at(-1)).toMatchObject({ event: 'over', state: 'done', counts: { proven: 2, empty: 1, missing: 1 }, unproven: { missing: [c] }, lines: 5 });

  await landLines(c, 4);
  const second = await bench.sluice('backfill', '--from', from, '--to', d, '--wait');
  expect(second).toMatchObject({ code: 0, out: expect.stringContaining('1 hours in') });
  expect(await revisions(a)).toEqual(['proven']);
  expect(await revisions(c)).toEqual(['proven']);
});

test('--only changed takes the hours whose objects are others than those loaded, --only broken the broken ones, and each heals', async () => {
  const from = freshHour();
  const [a, b, c] = [0, 1, 2].map((n) => hoursAfter(from, n)) as [LandingHour, LandingHour, LandingHour];
  for (const hour of [a, b, c]) await landLines(hour, 3);
  expect(await run({ from, to: c })).toMatchObject({ counts: { proven: 3 } });
  await landLines(b, 4);
  expect(await run({ from, to: c, only: 'changed' })).toMatchObject({ counts: { proven: 1 }, unchanged: 0, lines: 4 });
  expect(await revisions(b)).toEqual(['proven', 'proven']);

  await bench.asOwner('update hour_payments set amount_cents = amount_cents + 1 where payment_id = $1', [`${c}-0`]);
  expect(await run({ from, to: c, only: 'all' })).toMatchObject({ counts: { proven: 2, broken: 1 }, unchanged: 3, unproven: { broken: [c] } });
  expect(await run({ from, to: c, only: 'broken', publish: 'all' })).toMatchObject({ counts: { proven: 1 } });
});

test('a dry run lists hours, objects, bytes and rows, and starts nothing', async () => {
  const from = freshHour();
  const to = hoursAfter(from, 1);
  await landLines(from, 3);
  const plan = await bench.sluice('backfill', '--from', from, '--to', to, '--dry-run', '--json');
  expect(plan.code).toBe(0);
  expect(JSON.parse(plan.out)).toMatchObject({
    only: 'missing', looked: 2,
    hours: [{ landingHour: from, why: 'never asked for', objects: 1, rows: expect.any(Number), rowsBy: 'by bytes' }, { landingHour: to, objects: 0, bytes: 0, rows: 0 }],
    costs: [{ engine: 'duckdb', dollars: 0 }, { engine: 'athena' }, { engine: 'glue' }, { engine: 'emr-serverless' }],
    assumptions: expect.stringContaining('List prices of us-east-1'),
  });
  const text = await bench.sluice('backfill', '--from', from, '--to', to, '--dry-run');
  expect(text.out).toContain('Nothing was started.');
  expect(await bench.rows('select from ledger.hours where landing_hour = $1', [hourStart(from)])).toEqual([]);
  expect(await backfills.status(`backfill/${from}..${to}`)).toBeNull();
});

test('a shadow says what would change, in rows and cents, and changes nothing', async () => {
  const from = freshHour();
  const to = hoursAfter(from, 1);
  await landLines(from, 4);
  await landLines(to, 2);
  await run({ from, to });
  // One amount changed (100 → 140), one payment gone (103), one new (77).
  await bench.land(from, 'a.json', [[0, 140], [1, 101], [2, 102], [9, 77]].map(([i, amount_cents]) => line(from, { payment_id: `${from}-${i}`, amount_cents })).join('\n'));
  // Other tests' hours lie in the same lake.
  const ofHours = async (): Promise<unknown> => (await bench.parts.lake.list('')).filter(({ key }) => [from, to].some((hour) => key.includes(hour) || key.startsWith(rawPrefix(hour))));
  const before = await ofHours();
  const { code, out } = await bench.sluice('backfill', '--from', from, '--to', to, '--shadow', '--wait');
  expect(code).toBe(1);
  expect(out).toContain(`${from} is differs: 1 new, 1 changed, 1 gone of 4 rows (4 now); EUR 14 cents`);
  expect(out).toContain('difference in EUR: 14 cents');
  expect(await ofHours()).toEqual(before);
  expect(await revisions(from)).toEqual(['proven']);
});

test('cancelled, the runs that it started end whole and others’ go on; asked again, every hour is proven, each payment once', async () => {
  const from = freshHour();
  const hours = [0, 1, 2, 3, 4, 5].map((n) => hoursAfter(from, n));
  for (const hour of hours) await landLines(hour, 400);
  const to = hours.at(-1)!;
  const id = await backfills.start({ from, to, parallel: 4 });
  const found = bench.ask(hours[1]!, { kind: 'schedule' });
  const giveUp = Date.now() + 60_000;
  while ((await bench.rows('select from ledger.stages where landing_hour = any($1) and stage = $2', [hours.map(hourStart), 'curate'])).length < 2) {
    if (Date.now() > giveUp) throw new Error('nothing was curated in a minute');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await backfills.update(id, 'cancel');
  const summary = await backfills.result(id);
  expect(summary).toMatchObject({ state: 'cancelled', notBegun: expect.any(Number) });
  expect(await found).toMatchObject({ state: 'proven' });
  for (const hour of hours) {
    for (const state of await revisions(hour)) expect({ hour, state }).toEqual({ hour, state: expect.stringMatching(/^(proven|rolled_back)$/) });
    const shown = (await readCommit(bench.parts.lake, hour))?.commit.revision ?? 0;
    const [loaded] = await bench.rows<{ loaded_revision: number | null }>('select loaded_revision from ledger.hours where landing_hour = $1', [hourStart(hour)]);
    expect({ hour, shown }).toEqual({ hour, shown: loaded?.loaded_revision ?? 0 });
    await expect(bench.client.workflow.getHandle(hourWorkflowId(hour)).describe().then(({ status }) => status.name, () => 'NONE')).resolves.not.toBe('RUNNING');
  }
  expect(await run({ from, to, only: 'all' })).toMatchObject({ counts: { proven: 6 } });
  const seen = (await bench.recordsInTopic()).filter(({ hour }) => hours.some((one) => one === hour)).map(({ key }) => key);
  expect({ records: seen.length, payments: new Set(seen).size }).toEqual({ records: 2400, payments: 2400 });
});

test('while every slot of the backfills is taken, an hour that somebody else asks for goes through at once', async () => {
  const from = freshHour();
  const hours = Array.from({ length: 12 }, (_, n) => hoursAfter(from, n));
  for (const hour of hours) await landLines(hour, 50);
  const id = await backfills.start({ from, to: hours.at(-1)!, parallel: 12 });
  const other = freshHour();
  await landLines(other, 50);
  expect(await bench.ask(other, { kind: 'schedule' })).toMatchObject({ state: 'proven' });
  const status = await backfills.status(id);
  expect(status!.ended).toBeLessThan(12);
  expect(await backfills.result(id)).toMatchObject({ counts: { proven: 12 } });
});

test('two backfills and a schedule over the same hours end as one after the other would', async () => {
  const ends: string[][] = [];
  for (const together of [true, false]) {
    const from = freshHour();
    const hours = [0, 1, 2, 3].map((n) => hoursAfter(from, n));
    for (const [i, hour] of hours.entries()) {
      // A payment that moves on from hour to hour: its winner must not depend on who was first.
      const moving = line(hour, { payment_id: `moving-${from}`, amount_cents: 500 + i, created_at: `${hour}:20:00Z` });
      await bench.land(hour, 'a.json', [moving, ...[0, 1, 2].map((n) => line(hour, { payment_id: `${hour}-${n}`, amount_cents: n }))].join('\n'));
    }
    const to = hours[3]!;
    const asked = [
      () => run({ from, to, only: 'all', parallel: 4 }),
      () => run({ from: hours[1]!, to, only: 'all', parallel: 4, order: 'newest' }),
      () => Promise.all(hours.map((hour) => bench.ask(hour, { kind: 'schedule' }))),
    ];
    if (together) await Promise.all(asked.map((one) => one()));
    else for (const one of asked) await one();
    const rows = await bench.rows<{ amount_cents: bigint; landing_hour: string }>(
      'select amount_cents, landing_hour from curated_payments where landing_hour between $1 and $2', [hourStart(from), hourStart(to)]);
    ends.push(rows.map(({ amount_cents, landing_hour }) => `${amount_cents} of hour ${hours.findIndex((hour) => hourStart(hour).getTime() === new Date(landing_hour).getTime())}`).sort());
    for (const hour of hours) expect((await revisions(hour)).at(-1)).toBe('proven');
  }
  expect(ends[0]).toHaveLength(13);
  expect(ends[0]).toEqual(ends[1]);
});

test('a hundred hours in which nothing landed, and no run’s history grows with them', async () => {
  const from = freshHour();
  for (let i = 0; i < 4; i += 1) freshHour();
  const to = hoursAfter(from, 99);
  const id = await backfills.start({ from, to, parallel: 16 });
  const summary = await backfills.result(id);
  expect(summary).toMatchObject({ ended: 100, counts: { missing: 100 } });
  expect(summary.unproven.missing).toHaveLength(100);
  const { events } = await bench.client.workflow.getHandle(id).fetchHistory();
  expect(events!.length).toBeLessThan(1_000);
});

test('a range that makes no sense is refused with a right one, before anything is started', async () => {
  expect(await bench.sluice('backfill', '--from', '2026-11-02T00', '--to', '2026-11-01T00')).toMatchObject({ code: 2, err: expect.stringContaining('is after to') });
  expect(await bench.sluice('backfill', '--from', '2026-11-02T00')).toMatchObject({ code: 2, err: expect.stringContaining('--from and --to are needed') });
  expect(await bench.sluice('backfill', 'pause', 'backfill/2001-01-01T00..2001-01-01T01')).toMatchObject({ code: 2, err: expect.stringContaining('no such backfill') });
});
