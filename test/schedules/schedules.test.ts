import { randomBytes } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { temporalSettings } from '../../stores/temporal';
import { appliedText, listedSchedule } from '../../scripts/commands/schedules';
import { applySchedules, describeSchedule, SCHEDULES, type Schedule } from '../../scripts/schedules';
import { scheduleMissesOf } from '../../workers/schedule-misses';

let client: Client;
const made: string[] = [];
const QUEUE = { SLUICE_TASK_QUEUE: 'schedules-test' };

beforeAll(async () => {
  const { connectionOptions, namespace } = temporalSettings(process.env);
  client = new Client({ connection: await Connection.connect(connectionOptions), namespace });
});
afterAll(async () => {
  await Promise.all(made.map((id) => client.schedule.getHandle(id).delete().catch(() => undefined)));
  await client.connection.close();
});

function fresh(over: Partial<Schedule> = {}): Schedule {
  const schedule: Schedule = { ...SCHEDULES[0]!, id: `test-${randomBytes(4).toString('hex')}`, workflowType: `none-${randomBytes(4).toString('hex')}`, ...over };
  made.push(schedule.id);
  return schedule;
}

test('the hourly schedule starts at ten past, buffers every hour and makes up for a week', async () => {
  const schedule = fresh();
  expect(await applySchedules(client, [schedule], QUEUE)).toEqual([{ id: schedule.id, outcome: 'created', differences: [], error: null }]);
  const { spec, policies, action, info } = (await describeSchedule(client, schedule.id))!;
  expect(spec.intervals).toEqual([{ every: 3_600_000, offset: 600_000 }]);
  expect(policies).toEqual({ overlap: 'BUFFER_ALL', catchupWindow: 7 * 86_400_000, pauseOnFailure: false });
  expect(action).toMatchObject({ taskQueue: QUEUE.SLUICE_TASK_QUEUE, workflowId: `schedule/${schedule.id}` });
  expect(info.nextActionTimes[0]!.getUTCMinutes()).toBe(10);
  expect(SCHEDULES.map(({ id, workflowType }) => [id, workflowType])).toContainEqual(['hourly-payments', 'scheduledHour']);
});

test('applied again, nothing is changed', async () => {
  const schedule = fresh();
  await applySchedules(client, [schedule], QUEUE);
  const before = (await describeSchedule(client, schedule.id))!.info.lastUpdatedAt;
  expect(await applySchedules(client, [schedule], QUEUE)).toEqual([{ id: schedule.id, outcome: 'same', differences: [], error: null }]);
  expect((await describeSchedule(client, schedule.id))!.info.lastUpdatedAt).toEqual(before);
});

test('a schedule that was changed is put right, the difference is shown field by field, and a pause stays', async () => {
  const schedule = fresh();
  await applySchedules(client, [schedule], QUEUE);
  const handle = client.schedule.getHandle(schedule.id);
  await handle.pause('paused by hand');
  await handle.update((previous) => ({
    ...previous,
    spec: { intervals: [{ every: '2h', offset: '10m' }], jitter: '30s' },
    policies: { overlap: 'SKIP', catchupWindow: '1 minute', pauseOnFailure: false },
  }) as never);
  const [applied] = await applySchedules(client, [schedule], QUEUE);
  expect(applied!.outcome).toBe('updated');
  expect(applied!.differences).toEqual([
    { field: 'when', was: 'every 2 h at +10 min, jitter 30 s', is: 'every 1 h at +10 min' },
    { field: 'overlap', was: 'SKIP', is: 'BUFFER_ALL' },
    { field: 'catch-up window', was: '1 min', is: '7 d' },
  ]);
  expect(appliedText(applied!)).toContain('overlap: SKIP → BUFFER_ALL');
  expect((await describeSchedule(client, schedule.id))!.state).toMatchObject({ paused: true, note: 'paused by hand' });
  expect((await applySchedules(client, [schedule], QUEUE))[0]!.outcome).toBe('same');
});

test('an entry that cannot be applied is named, and the others are applied all the same', async () => {
  const broken = fresh({ catchupWindowMs: -5 });
  const good = fresh();
  const applied = await applySchedules(client, [{ ...broken, everyMs: -1 }, good], QUEUE);
  expect(applied.map(({ outcome }) => outcome)).toEqual(['failed', 'created']);
  expect(applied[0]!.error).toMatch(/\w/);
});

test('two who apply at once end with one schedule', async () => {
  const schedule = fresh();
  const outcomes = (await Promise.all([1, 2, 3].map(() => applySchedules(client, [schedule], QUEUE)))).map(([one]) => one!.outcome).sort();
  expect(outcomes).toEqual(['created', 'same', 'same']);
});

test('the list says what is applied, paused and next', async () => {
  const schedule = fresh();
  expect(await listedSchedule(client, schedule.id)).toMatchObject({ state: 'not applied' });
  await applySchedules(client, [schedule], QUEUE);
  expect(await listedSchedule(client, schedule.id)).toMatchObject({ state: 'active', when: 'every 1 h at +10 min', next: expect.stringMatching(/:10:00/), missed: 0 });
  await client.schedule.getHandle(schedule.id).pause('why');
  expect(await listedSchedule(client, schedule.id)).toMatchObject({ state: 'paused', note: 'why', next: null });
});

test('the metrics hear of every schedule’s misses, and do without while Temporal is away', async () => {
  const schedule = fresh();
  await applySchedules(client, [schedule], QUEUE);
  await client.schedule.getHandle(schedule.id).trigger();
  let misses = await scheduleMissesOf(client, schedule.workflowType)();
  // Listing follows creation a moment later.
  for (let tries = 0; tries < 50 && misses.length === 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    misses = await scheduleMissesOf(client, schedule.workflowType)();
  }
  expect(misses).toEqual([{ schedule: schedule.id, missed: 0, latenessSeconds: expect.any(Number) }]);
  const away = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });
  expect(await scheduleMissesOf(away)()).toEqual([]);
});
