/**
 * kill -9 of the worker at every activity's boundary, before and after its side effect, then a restart. The points come from
 * the registry of activities: a new activity is covered by itself, or fails the first test here.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildProcess } from 'node:child_process';
import { readCommit } from '../../activities/committed';
import { RECONCILED } from '../../activities/reconciled-stores';
import { createActivities } from '../../activities/registry';
import { hoursAfter, hourStart, hourWorkflowId, type LandingHour } from '../../contract/landing-hour';
import type { RunAnswer } from '../../contract/run';
import { Backfills } from '../../stores/backfills';
import { DailyReports } from '../../stores/daily-reports';
import type { Fault } from '../../workers/faults';
import { checksumsOf, loseEverything, migrated, ownStores } from '../rebuild/own-bench';
import { bury } from '../support/burial';
import { calling } from '../support/calling';
import { erase, ownLake, placesOf } from '../erasure/erasing';
import { Receiver } from '../reports/receiver';
import { freshHour, HourBench, line } from '../support/hour-bench';

/** What a reconciliation looks with. Killed in test/reconcile/repaired-day.test.ts, as those that it repairs with. */
const COMPARING = ['reconcileScope', ...RECONCILED.map(({ activity }) => activity), 'compareRollups'];

const REPAIRING = ['openReconciliation', 'noteDecision', 'planRepairs', 'reloadKeys', 'repairRollups', 'closeReconciliation', 'endReconciliation'];

const OF_AN_ERASURE = ['suppress', 'eraseRaw', 'erasureHours', 'eraseLetters', 'eraseCurated', 'erasePostgres', 'saveReceipt'];

const OF_A_REPORT = ['planReports', 'renderReport', 'deliverReport'];

/** Activities that a run of an hour does not call by itself, and how the test makes it. */
const OFF_THE_WAY = [
  'undoCommit', 'requestHour', 'alarm', 'closeRun', 'sweep', 'checkRaw', 'compactDay', 'planRebuild', 'rebuildHour', 'endRebuild', 'planBackfill', 'noteBackfill', 'withdrawHour', 'shadowHour', 'retain',
  ...COMPARING, ...REPAIRING, ...OF_AN_ERASURE, ...OF_A_REPORT,
];

/** A worker that is started again when it dies, as a supervisor would, and the faults that make it die. */
class Plug {
  readonly faults = join(mkdtempSync(join(tmpdir(), 'sluice-faults-')), 'faults.json');
  deaths = 0;
  private child!: ChildProcess;
  private closing = false;
  private burials: Promise<void>[] = [];

  private constructor(readonly bench: HourBench, private readonly noticed: 'told' | 'by its heartbeat') {}

  static async open(own: Readonly<Record<string, string>> = {}, noticed: 'told' | 'by its heartbeat' = 'told'): Promise<Plug> {
    const bench = await HourBench.open({ SLUICE_ACTIVITY_SLOTS: '8', SLUICE_REVISION_GRACE_MINUTES: '0', SLUICE_SHUTDOWN_GRACE_SECONDS: '1', ...own });
    const plug = new Plug(bench, noticed);
    plug.ask([]);
    plug.supervise();
    return plug;
  }

  ask(faults: readonly Fault[]): void {
    writeFileSync(this.faults, JSON.stringify(faults));
  }

  left(): unknown {
    return JSON.parse(readFileSync(this.faults, 'utf8'));
  }

  /** As a fault would, at a moment that only the test knows. */
  killWorker(): void {
    this.child.kill('SIGKILL');
  }

  stopWorker(): void {
    this.child.kill('SIGTERM');
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.burials);
    await this.bench.close();
    rmSync(dirname(this.faults), { recursive: true });
  }

  private supervise(): void {
    this.child = this.bench.startWorker({ SLUICE_FAULTS_FILE: this.faults });
    const pid = this.child.pid!;
    this.child.once('exit', (_code, signal) => {
      if (signal === 'SIGKILL') this.deaths += 1;
      if (this.closing) return;
      this.supervise();
      if (this.noticed === 'told') this.burials.push(bury(this.bench.client, this.bench.configuration.SLUICE_TASK_QUEUE, pid));
    });
  }
}

/** Each death stops the other hours of its worker too: a few workers share the deaths. */
const PLUGS = 3;
/** One death that nobody tells Temporal of. */
const UNTOLD = { activity: 'curate', when: 'before' };
let plugs: readonly Plug[];
let plug: Plug;
let bench: HourBench;

beforeAll(async () => {
  plugs = await Promise.all([...Array.from({ length: PLUGS }, () => Plug.open()), Plug.open({}, 'by its heartbeat')]);
  plug = plugs[0]!;
  bench = plug.bench;
});

afterAll(async () => {
  await Promise.all(plugs.map((each) => each.close()));
});

test('killed before and after every activity of an hour, each hour is proven, each payment once', async () => {
  const activities = Object.keys(createActivities(bench.parts)).filter((name) => !OFF_THE_WAY.includes(name));
  expect(activities).toEqual(expect.arrayContaining(['land', 'crawl', 'curate', 'audit', 'commit', 'publish', 'load', 'prove']));
  const points = activities.flatMap((activity) => (['before', 'after'] as const).map((when) => ({ activity, when, landingHour: freshHour() })));
  const untold = points.findIndex(({ activity, when }) => activity === UNTOLD.activity && when === UNTOLD.when);
  const plugOf = (i: number): Plug => (i === untold ? plugs[PLUGS]! : plugs[i % PLUGS]!);
  plugs.forEach((each) => { each.ask(points.filter((_point, i) => plugOf(i) === each)); });
  for (const { landingHour } of points) await landFifty(landingHour);
  const answers = await Promise.all(points.map(({ landingHour }, i) => plugOf(i).bench.ask(landingHour, {}, 400_000)));
  expect(plugs.map((each) => each.left())).toEqual(plugs.map(() => []));
  expect(plugs.reduce((sum, each) => sum + each.deaths, 0)).toBe(points.length);
  expect(answers.map(({ state, revision }) => ({ state, revision }))).toEqual(points.map(() => ({ state: 'proven', revision: 1 })));
  const seen = await bench.recordsInTopic();
  for (const { landingHour, ...point } of points) {
    const keys = seen.filter((record) => record.hour === landingHour).map(({ key }) => key);
    expect({ point, keys: keys.sort() }).toEqual({ point, keys: paymentIds(landingHour).sort() });
    const [rows] = await bench.rows<{ count: bigint }>('select count(*) from curated_payments where landing_hour = $1', [hourStart(landingHour)]);
    expect({ point, rows: rows!.count }).toEqual({ point, rows: 50n });
    expect({ point, runs: await bench.parts.ledger.runs(landingHour) }).toMatchObject({ point, runs: [{ state: 'proven', revision: 1, endedAt: expect.any(String) as string }] });
  }
}, 480_000);

test.each(['before', 'after'] as const)('killed %s the undo of a commit, the lake shows no revision, and the next run is proven', async (when) => {
  const landingHour = freshHour();
  await landFifty(landingHour);
  // A run of more records than a transaction may have is refused for good, so that it is rolled back.
  const refusing = await Plug.open({ SLUICE_KAFKA_TRANSACTION_RECORDS: '1' });
  try {
    refusing.ask([{ activity: 'undoCommit', when, landingHour }]);
    expect(await refusing.bench.ask(landingHour)).toMatchObject({ state: 'open', message: expect.stringContaining('SLUICE_KAFKA_TRANSACTION_RECORDS') });
    expect((await readCommit(refusing.bench.parts.lake, landingHour))?.commit.revision).toBe(0);
    expect(refusing.left()).toEqual([]);
  } finally {
    await refusing.close();
  }
  expect(await bench.ask(landingHour)).toMatchObject({ state: 'proven', revision: 2 });
});

test.each(['before', 'after'] as const)('killed %s asking for another’s hour, the asking is one asking', async (when) => {
  const landingHour = freshHour();
  await landFifty(landingHour);
  plug.ask([{ activity: 'requestHour', when, landingHour }]);
  const answer = await bench.client.workflow.execute('hourlyPayments', {
    workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [{ landingHour }],
  }) as RunAnswer;
  expect(answer).toMatchObject({ state: 'proven', revision: 1 });
  expect(plug.left()).toEqual([]);
});

test.each(['before', 'after'] as const)('killed %s noting and telling of a missing hour, it is noted and told all the same', async (when) => {
  const landingHour = freshHour();
  plug.ask([{ activity: 'closeRun', when, landingHour }, { activity: 'alarm', when, landingHour }]);
  expect(await bench.ask(landingHour)).toMatchObject({ state: 'missing' });
  expect(plug.left()).toEqual([]);
  expect(await bench.parts.ledger.runs(landingHour)).toMatchObject([{ state: 'missing', endedAt: expect.any(String) as string }]);
});

test.each(['before', 'after'] as const)('killed %s a sweep, what is in use stays and the rest goes', async (when) => {
  const landingHour = freshHour();
  await landFifty(landingHour);
  await bench.ask(landingHour);
  await bench.land(landingHour, 'b.json', line(landingHour, { payment_id: `${landingHour}-late` }));
  await bench.ask(landingHour);
  plug.ask([{ activity: 'sweep', when }]);
  await bench.client.workflow.execute('sweepReplaced', { workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [] });
  expect(plug.left()).toEqual([]);
  const files = (await bench.parts.lake.list('curated/')).filter(({ key }) => key.includes(`/${landingHour}-r`)).map(({ key }) => key);
  expect(files).toEqual((await readCommit(bench.parts.lake, landingHour))!.commit.files.map(({ key }) => key).sort());
  expect(await bench.ask(landingHour)).toMatchObject({ state: 'proven', revision: 2, unchanged: true });
});

test.each(['before', 'after'] as const)('killed %s a compaction, the day is compacted once and its hour proven as it was', async (when) => {
  const landingHour = freshHour();
  await landFifty(landingHour);
  await bench.land(landingHour, 'b.json', line(landingHour, { payment_id: `${landingHour}-other`, merchant_id: 'm2' }));
  const later = hoursAfter(landingHour, 1);
  await bench.land(later, 'a.json', line(later, { payment_id: `${later}-a`, created_at: `${landingHour}:59:00Z` }));
  await Promise.all([bench.ask(landingHour), bench.ask(later)]);
  plug.ask([{ activity: 'compactDay', when }]);
  await bench.client.workflow.execute('compact', {
    workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [{ date: landingHour.slice(0, 10) }],
  });
  expect(plug.left()).toEqual([]);
  const { commit } = (await readCommit(bench.parts.lake, landingHour))!;
  expect(commit.files.map(({ merchantId, shared }) => ({ merchantId, shared }))).toEqual([{ merchantId: 'm2', shared: undefined }, { merchantId: 'm1', shared: true }]);
  expect(await bench.ask(landingHour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  expect(await bench.ask(later)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
});

test.each(['before', 'after'] as const)('killed %s looking at what raw says, it says the same', async (when) => {
  const landingHour = freshHour();
  await landFifty(landingHour);
  await bench.ask(landingHour);
  const added = await bench.land(landingHour, 'b.json', line(landingHour, {}));
  plug.ask([{ activity: 'checkRaw', when }]);
  const { call, close } = await calling(bench);
  const findings = await call('checkRaw', { date: landingHour.slice(0, 10) });
  await close();
  expect(findings).toEqual([{ landingHour, kind: 'new', objects: 1, message: `${added} landed after revision 1` }]);
  expect(plug.left()).toEqual([]);
});

test('killed before and after each step of rebuilding Postgres, every hour is proven again with the rows it had', async () => {
  const stores = await ownStores();
  const losing = await Plug.open(stores.settings);
  try {
    for (const landingHour of [freshHour(), freshHour()]) {
      await landFifty(landingHour, losing.bench);
      await losing.bench.ask(landingHour);
    }
    const before = await checksumsOf(losing.bench);
    await loseEverything(losing.bench);
    await migrated(losing.bench);
    losing.ask(['planRebuild', 'rebuildHour', 'endRebuild'].flatMap((activity) => (['before', 'after'] as const).map((when) => ({ activity, when }))));
    const summary = await losing.bench.client.workflow.execute('rebuildPostgres', {
      workflowId: randomUUID(), taskQueue: losing.bench.configuration.SLUICE_TASK_QUEUE, args: [{ by: 'test' }],
    });
    expect(summary).toMatchObject({ hours: 2, rows: 100, proven: 2, notProven: [], run: [] });
    expect({ left: losing.left(), deaths: losing.deaths }).toEqual({ left: [], deaths: 6 });
    expect(await checksumsOf(losing.bench)).toEqual(before);
  } finally {
    await losing.close();
    await stores.close();
  }
}, 300_000);

test.each(['before', 'after'] as const)('killed %s noting, planning and shadowing a backfill, it goes on, is listed once and changes nothing twice', async (when) => {
  const landingHour = freshHour();
  await landFifty(landingHour);
  const backfills = new Backfills(bench.client, bench.configuration.SLUICE_TASK_QUEUE);
  plug.ask([{ activity: 'noteBackfill', when }, { activity: 'planBackfill', when }]);
  expect(await backfills.result(await backfills.start({ from: landingHour, to: landingHour }))).toMatchObject({ counts: { proven: 1 } });
  expect(plug.left()).toEqual([]);
  plug.ask([{ activity: 'shadowHour', when, landingHour }]);
  expect(await backfills.result(await backfills.start({ from: landingHour, to: landingHour, shadow: true }))).toMatchObject({ counts: { same: 1 } });
  expect(plug.left()).toEqual([]);
  expect(await bench.ask(landingHour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  const noted = await bench.rows(`select backfill_id, state, ended_at is not null as over from ledger.backfills where backfill_id like '%' || $1 || '%' order by started_at`, [landingHour]);
  expect(noted).toEqual(['backfill', 'backfill-shadow'].map((kind) => ({ backfill_id: `${kind}/${landingHour}..${landingHour}`, state: 'done', over: true })));
});

test('killed before and after withdrawing what a backfill asked for, the hours have ended when the backfill has', async () => {
  // Hours that wait for their first object stay under way until they are withdrawn.
  const patient = await Plug.open({ SLUICE_DEADLINE_MINUTES: '99999999' });
  try {
    const [before, after] = [freshHour(), freshHour()];
    const backfills = new Backfills(patient.bench.client, patient.bench.configuration.SLUICE_TASK_QUEUE);
    patient.ask([{ activity: 'withdrawHour', when: 'before', landingHour: before }, { activity: 'withdrawHour', when: 'after', landingHour: after }]);
    for (const landingHour of [before, after]) {
      const id = await backfills.start({ from: landingHour, to: landingHour });
      const handle = patient.bench.client.workflow.getHandle(hourWorkflowId(landingHour));
      while (await handle.describe().then(({ status }) => status.name !== 'RUNNING', () => true)) await sleep(100);
      await backfills.update(id, 'cancel');
      expect(await backfills.result(id)).toMatchObject({ state: 'cancelled', counts: { withdrawn: 1 } });
      expect((await handle.describe()).status.name).toBe('COMPLETED');
    }
    expect(patient.left()).toEqual([]);
  } finally {
    await patient.close();
  }
});

test('killed before and after removing what is past its time, all of that goes, nothing else, and the hour is proven', async () => {
  const stores = await ownStores();
  const ageing = await Plug.open({ ...stores.settings, SLUICE_RETENTION_RAW_DAYS: '365' });
  try {
    const landingHour = freshHour();
    await landFifty(landingHour, ageing.bench);
    await ageing.bench.ask(landingHour);
    const before = await checksumsOf(ageing.bench);
    ageing.ask((['before', 'after'] as const).map((when) => ({ activity: 'retain', when })));
    await ageing.bench.client.workflow.execute('retention', { workflowId: randomUUID(), taskQueue: ageing.bench.configuration.SLUICE_TASK_QUEUE, args: [{}] });
    expect({ left: ageing.left(), deaths: ageing.deaths }).toEqual({ left: [], deaths: 2 });
    expect(await ageing.bench.parts.lake.list('raw/')).toEqual([]);
    expect(await checksumsOf(ageing.bench)).toEqual(before);
    expect(await ageing.bench.ask(landingHour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  } finally {
    await ageing.close();
    await stores.close();
  }
}, 300_000);

test('killed before and after every step of an erasure, the person is gone from everywhere, and each line is counted once', async () => {
  const points = OF_AN_ERASURE.flatMap((activity) => (['before', 'after'] as const).map((when) => ({ activity, when })));
  // Each its own lake: an erasure goes over a whole one.
  const erasing = await Promise.all(Array.from({ length: PLUGS }, () => Plug.open(ownLake())));
  try {
    await Promise.all(erasing.map(async (each, i) => {
      const landingHour = freshHour();
      const person = `person-${randomUUID()}`;
      await each.bench.land(landingHour, 'a.json', [
        ...Array.from({ length: 20 }, (_, n) => line(landingHour, { payment_id: `${landingHour}-${n}`, user_id: n < 10 ? person : 'neighbour' })), `{"user_id":"${person}"`,
      ].join('\n'));
      expect(await each.bench.ask(landingHour)).toMatchObject({ state: 'proven', proof: { terms: { lines: 21, deadLettered: 1, curated: 20 } } });
      each.ask(points.filter((_point, n) => n % PLUGS === i));
      const receipt = await erase(each.bench, person);
      expect(each.left()).toEqual([]);
      expect(receipt).toMatchObject({ state: 'complete', stores: { raw: { lines: 11 } }, hours: [{ landingHour, revision: 2, state: 'proven', objects: 1, lines: 11 }] });
      expect(await placesOf(each.bench, person)).toEqual([]);
      expect(await each.bench.ask(landingHour)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { lines: 21, erased: 11, curated: 10, retracted: 10 } } });
    }));
    expect(erasing.reduce((sum, each) => sum + each.deaths, 0)).toBe(points.length);
  } finally {
    await Promise.all(erasing.map((each) => each.close()));
  }
}, 480_000);

test('killed before and after each step of a day’s report, it is made once, and a recipient that gets it twice knows it by its id', async () => {
  const receiver = await Receiver.open();
  const reporting = await Plug.open({ SLUICE_REPORT_WEBHOOKS: receiver.address, SLUICE_REPORT_WEBHOOK_SECRET: randomBytes(32).toString('base64'), SLUICE_REPORT_LOOK_BACK_DAYS: '1' });
  const { call, close } = await calling(reporting.bench);
  try {
    const landingHour = freshHour();
    const date = landingHour.slice(0, 10);
    await landFifty(landingHour, reporting.bench);
    await reporting.bench.ask(landingHour);
    reporting.ask(OF_A_REPORT.flatMap((activity) => (['before', 'after'] as const).map((when) => ({ activity, when }))));
    expect(await call('planReports', { date })).toEqual([{ date, merchant: null }]);
    // Dies once more after the receiver took it and before anybody wrote that down.
    receiver.onFirst = () => { reporting.killWorker(); };
    const reports = new DailyReports(reporting.bench.client, reporting.bench.configuration.SLUICE_TASK_QUEUE);
    const answer = await reports.answer(await reports.ask({ date, by: 'test', acceptMissing: true }));
    expect(answer).toMatchObject({ outcome: 'sent', revision: 1, sent: 1 });
    expect({ left: reporting.left(), deaths: reporting.deaths }).toEqual({ left: [], deaths: OF_A_REPORT.length * 2 + 1 });
    expect(receiver.got).toHaveLength(2);
    expect(receiver.got[1]!.headers['webhook-id']).toBe(receiver.got[0]!.headers['webhook-id']);
    expect(receiver.got[1]!.body).toBe(receiver.got[0]!.body);
    const ref = { date, merchant: null };
    expect((await reporting.bench.parts.ledger.reportRevisions(ref)).map(({ revision }) => revision)).toEqual([1]);
    expect((await reporting.bench.parts.ledger.reportDeliveries(ref)).map(({ revision, acknowledgedAt }) => ({ revision, taken: acknowledgedAt !== null }))).toEqual([{ revision: 1, taken: true }]);
    expect(await call('planReports', { date })).toEqual([]);
  } finally {
    await close();
    await reporting.close();
    await receiver.close();
  }
}, 300_000);

test('killed before and after what is done otherwise in an hour without raw that an erasure has made again, the person is gone and each row is counted once', async () => {
  const stores = await ownStores();
  const erasing = await Plug.open({ ...stores.settings, ...ownLake(), SLUICE_RETENTION_RAW_DAYS: '365' });
  try {
    const points = ['land', 'curate', 'commit'].flatMap((activity) => (['before', 'after'] as const).map((when) => ({ activity, when, landingHour: freshHour() })));
    const person = `person-${randomUUID()}`;
    for (const { landingHour } of points) {
      await erasing.bench.land(landingHour, 'a.json', [
        ...Array.from({ length: 4 }, (_, n) => line(landingHour, { payment_id: `${landingHour}-${n}`, user_id: n < 2 ? person : 'neighbour' })), '{"user_id":"neighbour"',
      ].join('\n'));
    }
    for (const answer of await Promise.all(points.map(({ landingHour }) => erasing.bench.ask(landingHour)))) expect(answer).toMatchObject({ state: 'proven' });
    await erasing.bench.client.workflow.execute('retention', { workflowId: randomUUID(), taskQueue: erasing.bench.configuration.SLUICE_TASK_QUEUE, args: [{}] });
    expect(await erasing.bench.parts.lake.list('raw/')).toEqual([]);
    erasing.ask(points);
    expect(await erase(erasing.bench, person)).toMatchObject({
      state: 'complete', hours: points.map(({ landingHour }) => ({ landingHour, revision: 2, state: 'proven', rows: 2 })).sort((a, b) => (a.landingHour < b.landingHour ? -1 : 1)),
    });
    expect({ left: erasing.left(), deaths: erasing.deaths }).toEqual({ left: [], deaths: points.length });
    expect(await placesOf(erasing.bench, person)).toEqual([]);
    for (const { landingHour } of points) {
      expect(await erasing.bench.ask(landingHour)).toMatchObject({ state: 'proven', unchanged: true, proof: { terms: { lines: 5, deadLettered: 1, erased: 2, curated: 2, retracted: 2 } } });
    }
  } finally {
    await erasing.close();
    await stores.close();
  }
}, 480_000);

test('told to stop in the middle of its stages, again and again, a worker loses nothing', async () => {
  const hours: LandingHour[] = [];
  const answers: Promise<RunAnswer>[] = [];
  let underWay = 0;
  const askTwoMore = async (): Promise<void> => {
    for (const landingHour of [freshHour(), freshHour()]) {
      await bench.land(landingHour, 'a.json', Array.from({ length: 4000 }, (_, i) => line(landingHour, { payment_id: `${landingHour}-${i}`, amount_cents: i })).join('\n'));
      hours.push(landingHour);
      underWay += 1;
      answers.push(bench.ask(landingHour, {}, 200_000).finally(() => { underWay -= 1; }));
    }
  };
  for (let stops = 0; stops < 5; stops += 1) {
    // However fast an hour is, each stop finds some at work.
    while (underWay < 4) await askTwoMore();
    await sleep(2_000);
    plug.stopWorker();
  }
  expect((await Promise.all(answers)).map(({ state, revision }) => ({ state, revision }))).toEqual(hours.map(() => ({ state: 'proven', revision: 1 })));
  const seen = await bench.recordsInTopic();
  for (const landingHour of hours) {
    const keys = seen.filter((record) => record.hour === landingHour).map(({ key }) => key);
    expect({ keys: keys.length, different: new Set(keys).size }).toEqual({ keys: 4000, different: 4000 });
  }
}, 300_000);

function paymentIds(hour: LandingHour): string[] {
  return Array.from({ length: 50 }, (_, i) => `${hour}-${i}`);
}

async function landFifty(hour: LandingHour, where = bench): Promise<void> {
  await where.land(hour, 'a.json', paymentIds(hour).map((payment_id, i) => line(hour, { payment_id, amount_cents: i })).join('\n'));
}
