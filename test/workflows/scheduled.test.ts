/** What the schedules start, under real schedules: the hour or day comes from the scheduled time, however late it is started. */
import { randomUUID } from 'node:crypto';
import { ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/registry';
import type { RenderReportInput } from '../../contract/daily-report';
import { hourStart } from '../../contract/landing-hour';
import type { OpenReconciliationInput } from '../../contract/reconciled-day';
import type { RequestHourInput } from '../../contract/stages';
import { Gate, scripted } from './scripted-activities';
import { openTemporal, someHour, workflowBundle, type OpenTemporal } from './temporal-under-test';

let temporal: OpenTemporal;

beforeAll(async () => {
  temporal = await openTemporal();
});

afterAll(() => temporal.close());

/** A time long ago that no other test takes. */
function somePast(time: string): Date {
  const date = hourStart(someHour());
  date.setUTCFullYear(1971 + (date.getUTCFullYear() % 50));
  return new Date(`${date.toISOString().slice(0, 10)}T${time}Z`);
}

/** Has a schedule start the workflow for that time, as one that was down then does it later. */
async function startedBySchedule<T>(scheduledAt: Date, workflowType: string, taskQueue: string, then: (started: WorkflowHandle, scheduleId: string) => Promise<T>): Promise<T> {
  const scheduleId = `test-${randomUUID()}`;
  const schedule = await temporal.client.schedule.create({
    scheduleId, spec: { intervals: [{ every: '1 day', offset: scheduledAt.getTime() % 86_400_000 }] }, state: { paused: true },
    action: { type: 'startWorkflow', workflowType, taskQueue },
  });
  try {
    await schedule.backfill({ start: new Date(scheduledAt.getTime() - 1000), end: new Date(scheduledAt.getTime() + 1000), overlap: ScheduleOverlapPolicy.ALLOW_ALL });
    for (;;) {
      const [action] = (await schedule.describe()).info.recentActions;
      if (action !== undefined) return await then(temporal.client.workflow.getHandle(action.action.workflow.workflowId), scheduleId);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await schedule.delete();
  }
}

async function withWorker<T>(changes: Partial<Activities>, body: (taskQueue: string) => Promise<T>): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  const { activities } = scripted(changes);
  const shared = { connection: temporal.native, activities };
  const worker = await Worker.create({ ...shared, taskQueue, workflowBundle });
  const requests = await Worker.create({ ...shared, taskQueue: `${taskQueue}-requests` });
  return requests.runUntil(worker.runUntil(body(taskQueue)));
}

test('ten past an hour, the hour that ended is asked for and not waited for', async () => {
  const asked: RequestHourInput[] = [];
  const requestHour: Activities['requestHour'] = async (input) => {
    asked.push(input);
    return { landingHour: input.landingHour, workflowId: 'w', workflowRunId: 'r', round: 1, attached: false, revision: null, unchanged: false, state: 'open', proof: null, message: '' };
  };
  const at = somePast('14:10:00');
  await withWorker({ requestHour }, (taskQueue) => startedBySchedule(at, 'scheduledHour', taskQueue, async (started, scheduleId) => {
    expect(await started.result()).toMatchObject({ state: 'open' });
    expect(asked).toMatchObject([{ landingHour: `${at.toISOString().slice(0, 10)}T13`, request: { kind: 'schedule', by: scheduleId, waitFor: 'accepted' } }]);
  }));
});

test('in the night the day before is reconciled by the settings, and the starter does not wait; one that goes on is left alone', async () => {
  const opened: OpenReconciliationInput[] = [];
  const gate = new Gate();
  const at = somePast('02:30:00');
  const date = new Date(at.getTime() - 86_400_000).toISOString().slice(0, 10);
  await withWorker({
    openReconciliation: async (input) => {
      opened.push(input);
      await gate.pass();
      return { repair: 'off', cap: { rowsShare: 1, amounts: null }, approvalHours: 1 };
    },
  }, (taskQueue) => startedBySchedule(at, 'scheduledReconcile', taskQueue, async (started, scheduleId) => {
    expect(await started.result()).toEqual({ workflowId: `reconcile/${date}`, started: true });
    await gate.arrived;
    expect(opened).toMatchObject([{ date, by: scheduleId, scheduled: true }]);
    await startedBySchedule(at, 'scheduledReconcile', taskQueue, async (second) => {
      expect(await second.result()).toEqual({ workflowId: `reconcile/${date}`, started: false });
    });
    gate.release();
    expect(await temporal.client.workflow.getHandle(`reconcile/${date}`).result()).toMatchObject({ state: 'agrees' });
    expect(opened).toHaveLength(1);
  }));
});

test('the day three days before is compacted', async () => {
  const compacted: string[] = [];
  const at = somePast('05:00:00');
  await withWorker({
    compactDay: async ({ date }) => {
      compacted.push(date);
      return { date, hours: 1, left: 0, skipped: 0, filesBefore: 2, filesAfter: 1, rows: 2 };
    },
  }, (taskQueue) => startedBySchedule(at, 'scheduledCompaction', taskQueue, async (started) => {
    expect(await started.result()).toMatchObject({ filesBefore: 2, filesAfter: 1 });
    expect(compacted).toEqual([new Date(at.getTime() - 3 * 86_400_000).toISOString().slice(0, 10)]);
  }));
});

test('in the morning the reports that have something to say are started, each under its own id; one that goes on is left alone', async () => {
  const planned: string[] = [];
  const rendered: RenderReportInput[] = [];
  const gate = new Gate();
  const at = somePast('06:00:00');
  const [yesterday, before] = [1, 2].map((days) => new Date(at.getTime() - days * 86_400_000).toISOString().slice(0, 10));
  await withWorker({
    planReports: async ({ date }) => {
      planned.push(date);
      return [{ date: yesterday!, merchant: null }, { date: yesterday!, merchant: 'shop-1' }, { date: before!, merchant: null }];
    },
    renderReport: async (input) => {
      rendered.push(input);
      await gate.pass();
      return { outcome: 'unchanged', revision: 1, changes: 0, htmlKey: 'k', due: [], recipients: 1 };
    },
  }, (taskQueue) => startedBySchedule(at, 'scheduledReports', taskQueue, async (started, scheduleId) => {
    expect(await started.result()).toEqual({ started: 3, goingOn: 0 });
    await startedBySchedule(at, 'scheduledReports', taskQueue, async (second) => {
      expect(await second.result()).toEqual({ started: 0, goingOn: 3 });
    });
    gate.release();
    for (const id of [`report/${yesterday}`, `report/${yesterday}/shop-1`, `report/${before}`]) {
      expect(await temporal.client.workflow.getHandle(id).result()).toMatchObject({ outcome: 'unchanged' });
    }
    expect(planned).toEqual([yesterday, yesterday]);
    expect(rendered.map(({ date, merchant, by }) => [date, merchant, by]).sort()).toEqual([[before, null, scheduleId], [yesterday, null, scheduleId], [yesterday, 'shop-1', scheduleId]].sort());
  }));
});

test.each(['scheduledHour', 'scheduledReconcile', 'scheduledCompaction', 'scheduledReports'])('%s started by hand fails at once and says what to start instead', async (workflowType) => {
  const started = withWorker({}, (taskQueue) => temporal.client.workflow.execute(workflowType, { taskQueue, workflowId: randomUUID() }));
  await expect(started).rejects.toMatchObject({ cause: { type: 'usage', message: expect.stringContaining('{"') } });
});
