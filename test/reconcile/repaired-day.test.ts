/** A day that somebody spoilt, as an operator sees it: found, named, repaired, proven again; and left alone where nobody asked for more. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommit } from '../../activities/committed';
import { RECONCILED } from '../../activities/reconciled-stores';
import { rowHashOf } from '../../contract/compared-rows';
import { reconcileWorkflowId, type DayReport, type ReconcileAnswer } from '../../contract/reconciled-day';
import { Days } from '../../stores/days';
import type { LedgerReconciliation, LedgerRepair, LedgerRollupRepair } from '../../stores/ledger-reconciliations';
import { bury } from '../support/burial';
import { differingCells } from '../support/rollups';
import { ComparedDay } from './compared-day';
import { Stranger } from './stranger';

const faults = join(mkdtempSync(join(tmpdir(), 'sluice-reconcile-')), 'faults.json');
let day: ComparedDay;
let closing = false;
let deaths = 0;

beforeAll(async () => {
  day = await ComparedDay.open({ SLUICE_REPAIR_MAX_ROWS_SHARE: '1', SLUICE_SHUTDOWN_GRACE_SECONDS: '1' });
  writeFileSync(faults, '[]');
  supervise();
});

afterAll(async () => {
  closing = true;
  await day.close();
  rmSync(join(faults, '..'), { recursive: true });
});

function supervise(): void {
  const child = day.bench.startWorker({ SLUICE_FAULTS_FILE: faults });
  child.once('exit', (_code, signal) => {
    if (closing) return;
    supervise();
    if (signal !== 'SIGKILL') return;
    deaths += 1;
    void bury(day.bench.client, day.bench.configuration.SLUICE_TASK_QUEUE, child.pid!);
  });
}

async function reconcile(...more: readonly string[]): Promise<{ readonly code: number | null; readonly answer: ReconcileAnswer }> {
  const said = await day.bench.sluice('reconcile', '--date', day.date, '--json', '--by', 'ann', ...more);
  return { code: said.code, answer: JSON.parse(said.out) as ReconcileAnswer };
}

/** Of both tables, whatever revision wrote the rows. */
async function tables(): Promise<unknown> {
  return [
    await day.bench.rows("select md5(string_agg(h::text, '|' order by landing_hour, payment_id)) as sum, count(*) from hour_payments h where landing_hour = any($1)", [day.hours.map((hour) => `${hour}:00Z`)]),
    await day.bench.rows(`select md5(string_agg((to_jsonb(c) - 'processed_at' - 'curated_version')::text, '|' order by payment_id)) as sum, count(*)
      from curated_payments c where landing_hour = any($1)`, [day.hours.map((hour) => `${hour}:00Z`)]),
  ];
}

/** Of this day: other tests' days lie in the same lake. */
async function lakeKeys(): Promise<readonly string[]> {
  const names = [day.date, day.date.replaceAll('-', '/')];
  return (await day.bench.parts.lake.list('')).filter(({ key }) => !/^reconcil/.test(key) && names.some((name) => key.includes(name))).map(({ key, etag }) => `${key} ${etag}`);
}

function id(i: number): string {
  return `${day.hours[0]}-${i}`;
}

const PLANTED: readonly string[] = [
  `delete from hour_payments where payment_id = 'K20'`,
  `update hour_payments set amount_cents = amount_cents + 1 where payment_id = 'K21'`,
  `update hour_payments set created_at = created_at - interval '1 minute' where payment_id = 'K22'`,
  `insert into hour_payments select landing_hour, 'planted-in-hour', created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id
    from hour_payments where payment_id = 'K23'`,
];

async function plant(): Promise<void> {
  for (const sql of PLANTED) expect(await day.bench.asOwner(sql.replaceAll(/K(\d+)/g, (_all, i: string) => id(Number(i))))).toBe(1);
}

test('without --repair every fault is named, and neither a table nor the lake is touched', async () => {
  await plant();
  const before = [await tables(), await lakeKeys()];
  const { code, answer } = await reconcile();
  expect({ code, state: answer.state }).toEqual({ code: 1, state: 'differs' });
  expect(answer.differing).toContainEqual(expect.objectContaining({ store: 'hour_payments', causes: { missing: 1, mutated: 1, stale: 1, extra: 1 } }));
  expect([await tables(), await lakeKeys()]).toEqual(before);
  const report = JSON.parse((await day.bench.parts.lake.readText(answer.reportKey))!.text) as DayReport;
  expect(report.differences.filter(({ store }) => store === 'hour_payments').map(({ paymentId, cause }) => `${paymentId} ${cause}`).sort())
    .toEqual([`${id(20)} missing`, `${id(21)} mutated`, `${id(22)} stale`, 'planted-in-hour extra'].sort());
}, 120_000);

test('with --repair auto the rows are put right, the hour is proven again, and the ledger says what was done', async () => {
  const { code, answer } = await reconcile('--repair', 'auto');
  expect({ code, ...answer }).toMatchObject({ code: 0, state: 'repaired', repairs: [{ landingHour: day.hours[0], action: 'reload', by: 'auto', outcome: 'healed' }] });
  expect((await reconcile()).answer).toMatchObject({ state: 'agrees' });
  expect(await day.bench.parts.ledger.hour(day.hours[0])).toMatchObject({ state: 'proven', loadedRevision: 1 });
  const [, found] = await day.bench.parts.ledger.reconciliations(day.date);
  expect(found).toMatchObject({ state: 'repaired', by: 'ann', mode: 'auto', finishedAt: expect.any(String) });
  expect(await day.bench.parts.ledger.repairs(found!.reconciliationId)).toMatchObject([
    { action: 'reload', by: 'auto', outcome: 'healed', differs: expect.arrayContaining([expect.objectContaining({ store: 'hour_payments', rows: 4 })]), result: { removed: 1, replaced: 3 } },
  ]);
  const html = (await day.bench.parts.lake.readText(answer.htmlKey))!.text;
  expect(html).toContain('planted-in-hour');
  expect(html).not.toMatch(/<script|https?:|u1/);
}, 120_000);

test('a file of the lake that is gone, and one that somebody wrote to, are made again from raw', async () => {
  const { lake } = day.bench.parts;
  const before = await tables();
  await lake.remove([(await readCommit(lake, day.hours[1]))!.commit.files[0]!.key]);
  await day.rewriteFile(day.hours[2], `${day.hours[2]}-9`,
    `update payments set amount_cents = amount_cents + 1 where payment_id = '${day.hours[2]}-9'`,
    `insert into payments select * from payments where payment_id = '${day.hours[2]}-10'`,
    `insert into payments select * replace ('planted' as payment_id) from payments where payment_id = '${day.hours[2]}-11'`,
    `update payments set landing_hour = landing_hour + interval 1 hour where payment_id = '${day.hours[2]}-12'`);
  const { code, answer } = await reconcile('--repair', 'auto');
  expect({ code, ...answer }).toMatchObject({
    code: 0, state: 'repaired', repairs: [{ landingHour: day.hours[1], action: 'rerun', outcome: 'healed' }, { landingHour: day.hours[2], action: 'rerun', outcome: 'healed' }],
  });
  expect(await tables()).toEqual(before);
  expect((await reconcile('--deep')).answer).toMatchObject({ state: 'agrees' });
}, 180_000);

test('a file that is no Parquet any more is made again from raw', async () => {
  const { lake } = day.bench.parts;
  await lake.put((await readCommit(lake, day.hours[1]))!.commit.files[0]!.key, 'not a file of rows');
  expect((await reconcile('--repair', 'auto')).answer).toMatchObject({ state: 'repaired', repairs: [{ landingHour: day.hours[1], action: 'rerun', outcome: 'healed' }] });
}, 120_000);

test('winners that somebody changed, removed or aged are put right, and each is named', async () => {
  const before = await tables();
  const spoilt: readonly string[] = [
    `update curated_payments set amount_cents = amount_cents + 1 where payment_id = 'K30'`,
    `update curated_payments set payment_method = 'other' where payment_id = 'K31'`,
    `delete from curated_payments where payment_id = 'K32'`,
    `update curated_payments set created_at = created_at - interval '1 minute' where payment_id = 'K33'`,
  ];
  for (const sql of spoilt) expect(await day.bench.asOwner(sql.replaceAll(/K(\d+)/g, (_all, i: string) => id(Number(i))))).toBe(1);
  const { code, answer } = await reconcile('--repair', 'auto');
  expect({ code, ...answer }).toMatchObject({
    code: 0, state: 'repaired', differing: [{ store: 'curated_payments', causes: { missing: 1, mutated: 2, stale: 1 } }],
    repairs: [{ landingHour: day.hours[0], action: 'reload', outcome: 'healed' }],
  });
  expect(await tables()).toEqual(before);
  expect((await reconcile()).answer).toMatchObject({ state: 'agrees' });
}, 180_000);

/** Behind the triggers' backs, as nobody may. */
async function spoilRollups(): Promise<void> {
  for (const sql of [
    `update rollups.totals set amount_cents = amount_cents + 5 where dt = '${day.date}' and merchant_id = '*' and status = 'CAPTURED' and currency = 'EUR'`,
    `delete from rollups.hours where dt = '${day.date}' and landing_hour = '${day.hours[0]}:00Z'`,
    `insert into rollups.declines values ('planted', '${day.date}', 'planted', 'EUR', 1, 1)`,
  ]) expect(await day.bench.asOwner(sql)).toBe(1);
}

test('roll-ups that somebody wrote to are named by cell, left alone without --repair, made again with it, and the ledger says so', async () => {
  const sums = async (): Promise<unknown> => Promise.all(['totals', 'declines', 'latency', 'longest', 'hours'].map((name) => day.bench.rows(`select md5(string_agg(t::text, '|' order by t::text)) as sum, count(*) from rollups.${name} t where dt = $1`, [day.date])));
  const before = await sums();
  await spoilRollups();
  const spoilt = await sums();
  const { code, answer } = await reconcile();
  expect({ code, ...answer }).toMatchObject({ code: 1, state: 'differs', message: `roll-ups of ${day.date}: 3 cells are not what the payments add up to (declines, hours, totals)` });
  expect(await sums()).toEqual(spoilt);
  const report = JSON.parse((await day.bench.parts.lake.readText(answer.reportKey))!.text) as DayReport;
  expect(report.rollupDifferences!.map(({ rollup, cause }) => `${rollup} ${cause}`)).toEqual(['declines extra', 'hours missing', 'totals mutated']);
  expect(report.rollupDifferences![2]).toMatchObject({ cell: { merchant_id: '*', dt: day.date, currency: 'EUR', status: 'CAPTURED' } });
  const { expected, found } = report.rollupDifferences![2]!;
  expect(BigInt(found!.amount_cents!) - BigInt(expected!.amount_cents!)).toBe(5n);
  expect((await day.bench.parts.lake.readText(answer.htmlKey))!.text).toContain('cells are not what the payments add up to');

  const [state] = await day.bench.rows<{ revision: bigint }>('select revision from rollups.days where dt = $1', [day.date]);
  expect(await reconcile('--repair', 'auto')).toMatchObject({ code: 0, answer: { state: 'repaired', repairs: [] } });
  expect(await sums()).toEqual(before);
  // Or whoever has the wrong answer would be told that it is unchanged.
  const [later] = await day.bench.rows<{ revision: bigint }>('select revision from rollups.days where dt = $1', [day.date]);
  expect(later!.revision).toBeGreaterThan(state!.revision);
  const [last] = await day.bench.parts.ledger.reconciliations(day.date);
  expect(await day.bench.parts.ledger.rollupRepair(last!.reconciliationId)).toMatchObject({ cells: 3, by: 'auto', outcome: 'healed', doneAt: expect.any(String) });
  expect((await day.bench.sluice('reconcile', 'show', '--date', day.date)).out).toContain('3 cells of the roll-ups made again from the payments, approved by auto: healed');
  expect((await reconcile()).answer).toMatchObject({ state: 'agrees' });
}, 120_000);

test('killed as roll-ups are compared and made again, they are made again once, and the ledger says so', async () => {
  await spoilRollups();
  const points = ['compareRollups', 'repairRollups'].flatMap((activity) => (['before', 'after'] as const).map((when) => ({ activity, when })));
  writeFileSync(faults, JSON.stringify(points));
  deaths = 0;
  expect(await reconcile('--repair', 'auto')).toMatchObject({ code: 0, answer: { state: 'repaired', repairs: [] } });
  expect({ left: JSON.parse(readFileSync(faults, 'utf8')) as unknown, deaths }).toEqual({ left: [], deaths: points.length });
  const shown = JSON.parse((await day.bench.sluice('reconcile', 'show', '--date', day.date, '--json')).out) as { readonly rollupRepair: LedgerRollupRepair };
  expect(shown.rollupRepair).toMatchObject({ cells: 3, by: 'auto', outcome: 'healed', doneAt: expect.any(String) });
  expect(await differingCells(day.bench)).toEqual([]);
}, 240_000);

test('a topic in which somebody wrote and deleted is published whole again, and what was there before counts no more', async () => {
  const before = await tables();
  const stranger = new Stranger(day);
  const [first, second] = day.hours;
  const cent = { ...await stranger.row(first, id(40)), amount_cents: 77n };
  const added = { ...await stranger.row(first, id(41)), payment_id: 'planted-in-topic' };
  const { loadedRevision } = (await day.bench.parts.ledger.hour(first))!;
  await stranger.send(first, [cent, added].map((row) => ({ ...row, row_hash: rowHashOf(row) })), loadedRevision!);
  const cut = (await stranger.ranges(second)).find(({ from, to }) => BigInt(to) > BigInt(from))!;
  await stranger.deleteUpTo(cut.partition, cut.to);
  const { code, answer } = await reconcile('--repair', 'auto');
  const report = JSON.parse((await day.bench.parts.lake.readText(answer.reportKey))!.text) as DayReport;
  // Records of other hours lie before those in the same partition, and went with them.
  const named = report.differences.map(({ landingHour, store, paymentId, cause }) => ({ landingHour, what: `${store} ${paymentId} ${cause}`, cause }));
  expect(named.filter(({ cause }) => cause !== 'missing').map(({ what }) => what).sort()).toEqual([`topic ${id(40)} mutated`, 'topic planted-in-topic extra'].sort());
  expect(named.filter(({ landingHour, cause }) => landingHour === second && cause === 'missing').length).toBeGreaterThan(5);
  expect({ code, ...answer }).toMatchObject({ code: 0, state: 'repaired' });
  expect(answer.repairs.map(({ landingHour, action, outcome }) => ({ landingHour, action, outcome }))).toEqual(
    expect.arrayContaining([{ landingHour: first, action: 'rerun', outcome: 'healed' }, { landingHour: second, action: 'rerun', outcome: 'healed' }]));
  expect(await tables()).toEqual(before);
  expect((await reconcile()).answer).toMatchObject({ state: 'agrees' });
}, 180_000);

test('with --repair ask it waits; approved by name it is done, though the worker is killed at every step', async () => {
  const before = await tables();
  await plant();
  const steps = ['openReconciliation', 'reconcileScope', ...RECONCILED.map(({ activity }) => activity), 'noteDecision', 'planRepairs', 'reloadKeys', 'closeReconciliation'];
  const points = steps.flatMap((activity) => (['before', 'after'] as const).map((when) => ({ activity, when })));
  writeFileSync(faults, JSON.stringify(points));
  deaths = 0;
  const asked = reconcile('--repair', 'ask');
  await untilShown('waiting');
  const refused = await day.bench.sluice('reconcile', 'refuse', '--date', day.date, '--by', 'bob');
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--why') });
  // The worker may just be dead; the update waits for the next one.
  let approved = await day.bench.sluice('reconcile', 'approve', '--date', day.date, '--by', 'bob');
  while (approved.code !== 0) approved = await day.bench.sluice('reconcile', 'approve', '--date', day.date, '--by', 'bob');
  const { code, answer } = await asked;
  expect({ code, ...answer }).toMatchObject({ code: 0, state: 'repaired', repairs: [{ by: 'bob', outcome: 'healed' }] });
  expect(JSON.parse(readFileSync(faults, 'utf8'))).toEqual([]);
  expect(deaths).toBe(points.length);
  expect(await tables()).toEqual(before);
  const shown = JSON.parse((await day.bench.sluice('reconcile', 'show', '--date', day.date, '--json')).out) as LedgerReconciliation & { readonly repairs: readonly LedgerRepair[] };
  expect(shown).toMatchObject({ state: 'repaired', decision: { decision: 'approved', by: 'bob' }, repairs: [{ attempt: 1, outcome: 'healed', by: 'bob' }] });
  expect(await day.bench.sluice('reconcile', 'approve', '--date', day.date)).toMatchObject({ code: 2, err: expect.stringContaining('no repair of that day waits') });
}, 400_000);

test('cancelled while it waits, it is over in the ledger too, though the worker is killed as it says so; a second call attaches and says to what', async () => {
  const before = await tables();
  await plant();
  const planted = await tables();
  const asked = day.bench.sluice('reconcile', '--date', day.date, '--repair', 'ask', '--by', 'ann');
  await untilShown('waiting');
  writeFileSync(faults, JSON.stringify((['before', 'after'] as const).map((when) => ({ activity: 'endReconciliation', when }))));
  const second = day.bench.sluice('reconcile', '--date', day.date, '--repair', 'auto', '--by', 'bob', '--no-wait');
  expect(await second).toMatchObject({ code: 0, err: expect.stringContaining('asked for by ann with --repair ask') });
  await day.bench.client.workflow.getHandle(reconcileWorkflowId(day.date)).cancel();
  expect(await asked).toMatchObject({ code: 1, err: expect.stringContaining('did not come to its end') });
  expect(JSON.parse(readFileSync(faults, 'utf8'))).toEqual([]);
  expect(await untilShown('cancelled')).toMatchObject({ reportKey: null, finishedAt: expect.any(String) });
  expect(await tables()).toEqual(planted);
  expect((await reconcile('--repair', 'auto')).answer).toMatchObject({ state: 'repaired' });
  expect(await tables()).toEqual(before);
}, 180_000);

test('one that was terminated is over in the ledger when the day is reconciled again', async () => {
  await plant();
  const asked = day.bench.sluice('reconcile', '--date', day.date, '--repair', 'ask');
  const { reconciliationId } = await untilShown('waiting');
  await day.bench.client.workflow.getHandle(reconcileWorkflowId(day.date)).terminate();
  expect(await asked).toMatchObject({ code: 1 });
  expect((await reconcile('--repair', 'auto')).answer).toMatchObject({ state: 'repaired' });
  expect((await day.bench.parts.ledger.reconciliations(day.date)).find((one) => one.reconciliationId === reconciliationId))
    .toMatchObject({ state: 'failed', message: expect.stringContaining('cut off') });
}, 180_000);

async function untilShown(state: string): Promise<LedgerReconciliation> {
  for (;;) {
    const shown = JSON.parse((await day.bench.sluice('reconcile', 'show', '--date', day.date, '--json')).out) as LedgerReconciliation;
    if (shown.state === state) return shown;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

test('two reconciliations and a run of the hour at once end as each alone would', async () => {
  const before = await tables();
  await plant();
  const { client, configuration } = day.bench;
  const days = new Days(client, configuration.SLUICE_TASK_QUEUE);
  const start = async (): Promise<ReconcileAnswer> => days.answer(await client.workflow.start('reconcile', {
    workflowId: randomUUID(), taskQueue: configuration.SLUICE_TASK_QUEUE, args: [{ date: day.date, repair: 'auto', by: 'test' }],
  }));
  await Promise.all([start(), start(), day.bench.ask(day.hours[0], { publish: 'all' })]);
  expect((await reconcile()).answer).toMatchObject({ state: 'agrees' });
  expect(await tables()).toEqual(before);
}, 180_000);

test('a wrong date or mode is a wrong call', async () => {
  expect(await day.bench.sluice('reconcile', '--date', '20.11.2026')).toMatchObject({ code: 2, err: expect.stringContaining('2026-11-20') });
  expect(await day.bench.sluice('reconcile', '--date', day.date, '--repair', 'yes')).toMatchObject({ code: 2, err: expect.stringContaining('auto, ask, off') });
  expect(await day.bench.sluice('reconcile')).toMatchObject({ code: 2, err: expect.stringContaining('--date 2026-11-20') });
  expect(await day.bench.sluice('reconcile', 'show')).toMatchObject({ code: 2, err: expect.stringContaining('--date') });
  expect(await day.bench.sluice('reconcile', 'show', '--date', '1999-01-01')).toMatchObject({ code: 1, out: expect.stringContaining('was never reconciled') });
}, 60_000);

test('after all of it the roll-ups are what the payments add up to', async () => {
  expect(await differingCells(day.bench)).toEqual([]);
});
