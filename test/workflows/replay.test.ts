/**
 * Histories of executions that began under the code of a former day, replayed through today's. To guard a new version, add
 * histories beside the old ones: `RECORD_HISTORIES=v2 npm test -- replay` writes them from scripted runs.
 */
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/registry';
import type { BackfillInput } from '../../contract/backfill';
import { LOOK_AGAIN, REPORT_STATUS, type DailyReportStatus, type HeldReport, type RenderReportResult } from '../../contract/daily-report';
import { hoursAfter, hourWorkflowId, landingHourOf, type LandingHour } from '../../contract/landing-hour';
import { backfillQueueOf, requestQueueOf } from '../../contract/task-queues';
import { Backfills } from '../../stores/backfills';
import type { ReconcileStatus } from '../../contract/reconciled-day';
import type { CompareInput, HourDifference, ReconciledStore, StoreComparison } from '../../contract/reconciliation';
import { Hours } from '../../stores/temporal';
import { Gate, scripted } from './scripted-activities';

const folder = join(__dirname, 'histories');
const codePath = join(__dirname, '../../dist/workflow-bundle.js');
const root = join(__dirname, '../..');

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const version = process.env.RECORD_HISTORIES;
  if (version !== undefined) await record(version);
});

function histories(): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json'));
}

function replay(name: string, workflowBundle: { codePath: string } | { code: string }): Promise<void> {
  const history = historyFromJSON(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  return Worker.runReplayHistory({ workflowBundle }, history, workflowIdOf(history));
}

/** The hour's workflow looks at its own id. */
function workflowIdOf(history: ReturnType<typeof historyFromJSON>): string {
  return history.events![0]!.workflowExecutionStartedEventAttributes!.workflowId!;
}

test('there are histories of a completed, a failed, a cancelled, a withdrawn and a two-round hour, of a backfill, its next run and its cancel, of a reconciliation that repaired and one that had nothing to, and of a report that was held and sent and one that failed', () => {
  for (const kind of ['completed', 'failed', 'cancelled', 'withdrawn', 'two-rounds', 'backfill', 'backfill-continued', 'backfill-cancelled', 'reconcile-repaired', 'reconcile-agrees', 'report-sent', 'report-held-back']) {
    expect(histories().some((name) => name.startsWith(`${kind}-v`))).toBe(true);
  }
});

test('every stored history replays through today’s code', async () => {
  for (const name of histories()) await replay(name, { codePath });
});

test('a change that is not deterministic makes the replay fail', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'sluice-replay-'));
  try {
    for (const part of ['workflows', 'contract']) cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const file = join(copy, 'workflows/round.ts');
    const before = readFileSync(file, 'utf8');
    const after = before.replace("view.startStage('audit');", "view.startStage('audit'); await condition(() => false, 1000);");
    expect(after).not.toBe(before);
    writeFileSync(file, after);
    const { code } = await bundleWorkflowCode({ workflowsPath: join(copy, 'workflows/workflows.ts'), logger: new DefaultLogger('ERROR') });
    const completed = histories().find((name) => name.startsWith('completed-v'))!;
    await expect(replay(completed, { code })).rejects.toThrow(/[Nn]ondeterminism|TMPRL1100/);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

async function record(version: string): Promise<void> {
  const address = process.env.TEMPORAL_ADDRESS!;
  const connection = await Connection.connect({ address });
  const native = await NativeConnection.connect({ address });
  const client = new Client({ connection, identity: 'recorder' });
  const one = async (kind: string, changes: Partial<Activities>, drive: (hours: Hours, hour: ReturnType<typeof landingHourOf>) => Promise<unknown>): Promise<void> => {
    const taskQueue = `record-${randomUUID()}`;
    const worker = await Worker.create({ connection: native, identity: 'recorder', taskQueue, workflowBundle: { codePath }, activities: scripted(changes).activities });
    const hour = landingHourOf(new Date(Date.UTC(2100 + Math.floor(Math.random() * 7000), 0, 1)));
    await worker.runUntil(async () => {
      await drive(new Hours(client, taskQueue), hour);
      const handle = client.workflow.getHandle(hourWorkflowId(hour));
      await handle.result().catch(() => undefined);
      await keep(kind, handle);
    });
  };
  const keep = async (kind: string, handle: WorkflowHandle): Promise<void> => {
    const json = historyToJSON(await handle.fetchHistory());
    // Stacks and identities name the machine of whoever records, and replay does not read them.
    writeFileSync(join(folder, `${kind}-${version}.json`),
      `${json.replaceAll(/"(stackTrace|identity)": "(?:[^"\\]|\\.)*"/g, '"$1": ""')}\n`);
  };
  const asking = () => ({ requestId: randomUUID(), kind: 'manual' as const, by: 'test', waitFor: 'done' as const });
  const refuse = async (): Promise<never> => {
    const failure = ApplicationFailure.nonRetryable('SLUICE_KAFKA_TOPIC does not exist', 'configuration');
    // The stack names the folders of whoever records.
    failure.stack = '';
    throw failure;
  };
  const gate = new Gate();
  const second = new Gate();
  const plain = scripted().activities;
  await one('completed', {}, (hours, hour) => hours.request(hour, asking()));
  await one('failed', { publish: refuse }, (hours, hour) => hours.request(hour, asking()));
  await one('cancelled', { publish: async () => { await gate.pass(); return refuse(); } }, async (hours, hour) => {
    const asked = hours.request(hour, asking()).catch(() => undefined);
    await gate.arrived;
    await client.workflow.getHandle(hourWorkflowId(hour)).cancel();
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.release();
    await asked;
  });
  await one('two-rounds', { audit: async (input) => { await second.pass(); return plain.audit(input); } }, async (hours, hour) => {
    const first = hours.request(hour, asking());
    await second.arrived;
    const next = hours.request(hour, asking());
    await new Promise((resolve) => setTimeout(resolve, 500));
    second.release();
    await Promise.all([first, next]);
  });
  const third = new Gate();
  await one('withdrawn', { publish: async () => { await third.pass(); return refuse(); } }, async (hours, hour) => {
    const request = asking();
    const asked = hours.request(hour, request);
    await third.arrived;
    await hours.withdraw(hour, request.requestId);
    third.release();
    await asked;
  });
  await recordBackfills(native, client, keep);
  await recordReconciliations(native, client, keep);
  await recordReports(native, client, keep);
  await native.close();
  await connection.close();
}

/** Two pages of three chosen hours each, paused and resumed on the way, so that there are two runs; and one that is cancelled. */
async function recordBackfills(native: NativeConnection, client: Client, keep: (kind: string, handle: WorkflowHandle) => Promise<void>): Promise<void> {
  const answer = (landingHour: LandingHour, state: 'proven' | 'broken' | 'open') => ({
    landingHour, workflowId: hourWorkflowId(landingHour), workflowRunId: 'r', round: 1, attached: false, revision: 1, unchanged: false, state, proof: null, message: state,
  });
  const one = async (more: Partial<BackfillInput>, changes: Partial<Activities>, drive: (backfills: Backfills, id: string) => Promise<unknown>): Promise<void> => {
    const taskQueue = `record-${randomUUID()}`;
    const { activities } = scripted({
      planBackfill: async ({ from }) => ({ hours: [0, 1, 2].map((n) => hoursAfter(from, n)) }),
      requestHour: async ({ landingHour }) => answer(landingHour, landingHour.endsWith('T01') ? 'broken' : 'proven'),
      ...changes,
    });
    const shared = { connection: native, identity: 'recorder', activities };
    const main = await Worker.create({ ...shared, taskQueue, workflowBundle: { codePath } });
    const requests = await Worker.create({ ...shared, taskQueue: requestQueueOf(taskQueue) });
    const stages = await Worker.create({ ...shared, taskQueue: backfillQueueOf(taskQueue) });
    const from = landingHourOf(new Date(Date.UTC(1990 + Math.floor(Math.random() * 30), 0, 1)));
    const backfills = new Backfills(client, taskQueue);
    await main.runUntil(requests.runUntil(stages.runUntil(async () => {
      const id = await backfills.start({ from, to: hoursAfter(from, 519), only: 'all', parallel: 2, ...more });
      await drive(backfills, id);
    })));
  };
  const gate = new Gate();
  let first = '';
  await one({}, {
    planBackfill: async ({ from }) => { await gate.pass(); return { hours: [0, 1, 2].map((n) => hoursAfter(from, n)) }; },
  }, async (backfills, id) => {
    first = (await client.workflow.getHandle(id).describe()).runId;
    await gate.arrived;
    await backfills.update(id, 'pause', 'recorded');
    await backfills.update(id, 'parallel', 3);
    gate.release();
    await backfills.update(id, 'resume');
    await backfills.result(id);
    await keep('backfill', client.workflow.getHandle(id, first));
    await keep('backfill-continued', client.workflow.getHandle(id));
  });
  const held = new Map<string, () => void>();
  await one({}, {
    requestHour: ({ landingHour }) => new Promise((resolve) => { held.set(landingHour, () => resolve({ ...answer(landingHour, 'open'), withdrawn: true })); }),
    withdrawHour: async ({ landingHour }) => { held.get(landingHour)!(); return { outcome: 'cancelled', answer: null }; },
  }, async (backfills, id) => {
    while (held.size < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    await backfills.update(id, 'cancel', 'recorded');
    await backfills.result(id);
    await keep('backfill-cancelled', client.workflow.getHandle(id));
  });
}

/** One that asks, is approved, reloads, makes again and compares again; and one that finds nothing. */
async function recordReconciliations(native: NativeConnection, client: Client, keep: (kind: string, handle: WorkflowHandle) => Promise<void>): Promise<void> {
  const hours = [0, 1].map((n) => hoursAfter(landingHourOf(new Date(Date.UTC(2026, 10, 20))), n));
  const one = async (kind: string, differs: boolean, drive: (handle: WorkflowHandle) => Promise<unknown>): Promise<void> => {
    const taskQueue = `record-${randomUUID()}`;
    const difference = (landingHour: LandingHour, store: ReconciledStore): HourDifference => ({
      store, landingHour, revision: 1, causes: { mutated: 1 }, rows: 1, money: [{ currency: 'EUR', amountCents: '1' }], differencesKey: 'k', first: `${store} differs`,
    });
    const compare = (store: ReconciledStore, landingHour: LandingHour) => async ({ round }: CompareInput): Promise<StoreComparison> => ({
      store, rows: 2, bucketsCompared: 2, bucketsDescended: 1, seconds: 0.1, notCompared: [], hours: differs && round === 1 ? [difference(landingHour, store)] : [],
    });
    const { activities } = scripted({
      reconcileScope: async () => ({
        hours: hours.map((landingHour) => ({ landingHour, revision: 1, state: 'proven', rows: 1 })),
        stores: [{ store: 'lake', activity: 'compareLake' }, { store: 'hour_payments', activity: 'compareHourPayments' }],
      }),
      compareLake: compare('lake', hours[0]!),
      compareHourPayments: compare('hour_payments', hours[1]!),
      requestHour: async ({ landingHour }) => ({
        landingHour, workflowId: hourWorkflowId(landingHour), workflowRunId: 'r', round: 1, attached: false, revision: 2, unchanged: false, state: 'proven', proof: null, message: 'proven',
      }),
    });
    const shared = { connection: native, identity: 'recorder', activities };
    const main = await Worker.create({ ...shared, taskQueue, workflowBundle: { codePath } });
    const requests = await Worker.create({ ...shared, taskQueue: requestQueueOf(taskQueue) });
    await main.runUntil(requests.runUntil(async () => {
      const handle = await client.workflow.start('reconcile', { workflowId: randomUUID(), taskQueue, args: [{ date: '2026-11-20', repair: 'ask', by: 'recorder' }] });
      await drive(handle);
      await handle.result();
      await keep(kind, handle);
    }));
  };
  await one('reconcile-repaired', true, async (handle) => {
    while ((await handle.query<ReconcileStatus>('reconcileStatus').catch(() => null))?.state !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 50));
    await handle.executeUpdate('approve', { args: [{ by: 'recorder' }] });
  });
  await one('reconcile-agrees', false, async () => undefined);
}

/** One that is held, asked again, sent to one and not to the other; and one that is held until its deadline. */
async function recordReports(native: NativeConnection, client: Client, keep: (kind: string, handle: WorkflowHandle) => Promise<void>): Promise<void> {
  const held: HeldReport = { outcome: 'held', holding: [{ landingHour: '2026-11-20T03' as LandingHour, state: 'open' }], holdingInAll: 1, deadlineHours: 12 };
  const one = async (kind: string, looks: readonly RenderReportResult[], deadlineHours: number, drive: (handle: WorkflowHandle) => Promise<unknown>): Promise<void> => {
    const taskQueue = `record-${randomUUID()}`;
    const left = [...looks];
    const { activities } = scripted({
      renderReport: async () => (left.length > 1 ? left.shift()! : left[0]!),
      deliverReport: async ({ recipient }) => {
        if (recipient === 'b') throw Object.assign(ApplicationFailure.nonRetryable('the webhook refused it: it answered 410', 'configuration'), { stack: '' });
        return { recipient, channel: 'webhook', outcome: 'report' };
      },
    });
    const worker = await Worker.create({ connection: native, identity: 'recorder', taskQueue, workflowBundle: { codePath }, activities });
    await worker.runUntil(async () => {
      const handle = await client.workflow.start('dailyReport', { workflowId: randomUUID(), taskQueue, args: [{ date: '2026-11-20', by: 'recorder', deadlineHours }] });
      await drive(handle);
      await handle.result().catch(() => undefined);
      await keep(kind, handle);
    });
  };
  const due = [{ id: 'a', label: 'webhook a' }, { id: 'b', label: 'webhook b' }];
  await one('report-sent', [held, { outcome: 'rendered', revision: 1, changes: 0, htmlKey: 'k', due, recipients: 2 }], 12, async (handle) => {
    while ((await handle.query<DailyReportStatus>(REPORT_STATUS).catch(() => null))?.state !== 'held') await new Promise((resolve) => setTimeout(resolve, 50));
    await handle.signal(LOOK_AGAIN, { by: 'recorder' });
  });
  await one('report-held-back', [held], 0, async () => undefined);
}
