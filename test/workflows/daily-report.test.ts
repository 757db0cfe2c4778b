/** What a day's report does in which order: waits, gives up, tells, and lets no recipient stand in another's way. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/registry';
import { LOOK_AGAIN, REPORT_STATUS, reportWorkflowId, type DailyReportStatus, type HeldReport, type RenderedReport, type RenderReportInput } from '../../contract/daily-report';
import type { LandingHour } from '../../contract/landing-hour';
import type { AlarmInput } from '../../contract/stages';
import { DailyReports } from '../../stores/daily-reports';
import { scripted } from './scripted-activities';
import { openTemporal, someHour, workflowBundle, type OpenTemporal } from './temporal-under-test';

let temporal: OpenTemporal;

beforeAll(async () => {
  temporal = await openTemporal();
});

afterAll(() => temporal.close());

const HELD: HeldReport = { outcome: 'held', holding: [{ landingHour: '2026-11-20T03' as LandingHour, state: 'broken' }], holdingInAll: 1, deadlineHours: 12 };
const RENDERED: RenderedReport = { outcome: 'rendered', revision: 2, changes: 3, htmlKey: 'reports/x.html', due: [{ id: 'a', label: 'webhook a' }, { id: 'b', label: 'mail b' }], recipients: 2 };

async function withWorker<T>(changes: Partial<Activities>, body: (reports: DailyReports, date: string, taskQueue: string) => Promise<T>): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  const worker = await Worker.create({ connection: temporal.native, taskQueue, workflowBundle, activities: scripted(changes).activities });
  return worker.runUntil(body(new DailyReports(temporal.client, taskQueue), someHour().slice(0, 10), taskQueue));
}

async function held(handle: WorkflowHandle): Promise<void> {
  while ((await handle.query<DailyReportStatus>(REPORT_STATUS)).state !== 'held') await new Promise((resolve) => setTimeout(resolve, 50));
}

test('it waits while an hour is not proven, looks again at once when it is asked again, and then sends', async () => {
  const looks: RenderReportInput[] = [];
  const delivered: string[] = [];
  await withWorker({
    renderReport: async (input) => {
      looks.push(input);
      return input.acceptMissing ? RENDERED : HELD;
    },
    deliverReport: async ({ recipient, revision }) => {
      delivered.push(`${recipient} r${revision}`);
      return { recipient, channel: 'webhook', outcome: 'restatement' };
    },
  }, async (reports, date) => {
    const handle = await reports.ask({ date, by: 'ann' });
    await held(handle);
    expect(delivered).toEqual([]);
    expect(await reports.status(handle)).toMatchObject({ state: 'held', holding: HELD.holding, deadline: expect.stringMatching(/Z$/) });
    // What cannot be read accepts nothing: who accepts must be known.
    await handle.signal(LOOK_AGAIN, { acceptMissing: true });
    expect((await reports.ask({ date, by: 'bob', acceptMissing: true })).workflowId).toBe(handle.workflowId);
    expect(await reports.answer(handle)).toEqual({ date, merchant: null, outcome: 'sent', revision: 2, changes: 3, sent: 2, htmlKey: 'reports/x.html' });
    expect(delivered.sort()).toEqual(['a r2', 'b r2']);
    expect(looks.at(-1)).toEqual({ date, merchant: null, by: 'bob', acceptMissing: true });
    expect(looks.filter(({ acceptMissing }) => acceptMissing).map(({ by }) => by)).toEqual(['bob']);
  });
});

test('at the deadline it fails, names the hours, tells people and sends nothing', async () => {
  const told: AlarmInput[] = [];
  const deliverReport = jest.fn();
  await withWorker({ renderReport: async () => HELD, alarm: async (input) => { told.push(input); }, deliverReport }, async (reports, date) => {
    const handle = await reports.ask({ date, merchant: 'shop-1', deadlineHours: 0 });
    expect(handle.workflowId).toBe(reportWorkflowId(date, 'shop-1'));
    await expect(reports.answer(handle)).rejects.toMatchObject({ kind: 'data', what: expect.stringContaining('2026-11-20T03 is broken') });
    expect(told).toEqual([{ date, merchant: 'shop-1', report: 'held_back', message: expect.stringContaining('2026-11-20T03 is broken') }]);
    expect(deliverReport).not.toHaveBeenCalled();
  });
});

test('one recipient that refuses keeps the report from nobody else, is told, and fails the run by name', async () => {
  const told: AlarmInput[] = [];
  const delivered: string[] = [];
  await withWorker({
    renderReport: async () => RENDERED,
    deliverReport: async ({ recipient }) => {
      if (recipient === 'a') throw ApplicationFailure.nonRetryable('the webhook refused it: it answered 410', 'configuration');
      delivered.push(recipient);
      return { recipient, channel: 'mail', outcome: 'report' };
    },
    alarm: async (input) => { told.push(input); },
  }, async (reports, date) => {
    await expect(reports.answer(await reports.ask({ date }))).rejects.toMatchObject({ what: 'revision 2 is not with webhook a: the webhook refused it: it answered 410' });
    expect(delivered).toEqual(['b']);
    expect(told).toMatchObject([{ report: 'not_delivered', message: expect.stringContaining('webhook a') }]);
  });
});

test('with nothing changed and everybody served it sends nothing; with nobody configured it says so', async () => {
  const deliverReport = jest.fn();
  const outcomes = async (look: RenderedReport) => withWorker({ renderReport: async () => look, deliverReport }, async (reports, date) => reports.answer(await reports.ask({ date })));
  expect(await outcomes({ ...RENDERED, outcome: 'unchanged', due: [] })).toMatchObject({ outcome: 'unchanged', sent: 0 });
  expect(await outcomes({ ...RENDERED, due: [], recipients: 0 })).toMatchObject({ outcome: 'no_recipient', sent: 0 });
  expect(deliverReport).not.toHaveBeenCalled();
});

test('cancelled while it waits, it ends and sends nothing', async () => {
  await withWorker({ renderReport: async () => HELD }, async (reports, date) => {
    const handle = await reports.ask({ date });
    await held(handle);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
  });
});

test.each([
  [undefined, 'not a date'], [{ date: '2026-13-01' }, 'not a date'], [{ date: '2026-11-20', merchant: 'a b' }, 'merchant'], [{ date: '2026-11-20', deadlineHours: 1000 }, 'deadlineHours'],
  [{ date: '2026-11-20', acceptMissing: true }, 'your name'],
])('a wrong input fails at once and shows a right one: %j', async (input, problem) => {
  const failed = withWorker({}, (_reports, _date, taskQueue) => temporal.client.workflow.execute('dailyReport', { taskQueue, workflowId: randomUUID(), args: input === undefined ? [] : [input] }));
  await expect(failed).rejects.toMatchObject({ cause: { type: 'usage', message: expect.stringMatching(new RegExp(`${problem}.*\\{"date"`, 's')) } });
});
