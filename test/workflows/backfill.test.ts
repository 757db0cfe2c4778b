/** A backfill's window, its controls and its end, on the real server; the hours answer from a script, so that they can be held and failed. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { withHeartbeat } from '../../activities/heartbeat';
import type { Activities } from '../../activities/registry';
import type { BackfillNote } from '../../contract/backfill-note';
import type { BackfillInput, BackfillStatus } from '../../contract/backfill';
import { hoursAfter, hourWorkflowId, landingHourOf, type LandingHour } from '../../contract/landing-hour';
import type { HourState } from '../../contract/proof';
import type { RunAnswer } from '../../contract/run';
import { backfillQueueOf, requestQueueOf } from '../../contract/task-queues';
import { Backfills } from '../../stores/backfills';
import { until } from '../support/until';
import { Gate, scripted } from './scripted-activities';
import { openTemporal, type OpenTemporal, workflowBundle } from './temporal-under-test';

let temporal: OpenTemporal;

beforeAll(async () => {
  temporal = await openTemporal();
});

afterAll(() => temporal.close());

/** Hours that are asked for, each held until the test lets it end. */
class HeldHours {
  readonly asked: LandingHour[] = [];
  readonly withdrawn: LandingHour[] = [];
  readonly requestIds: string[] = [];
  most = 0;
  private readonly ends = new Map<LandingHour, (answer: RunAnswer) => void>();
  private freely: ((hour: LandingHour) => HourState) | null = null;

  readonly activities: Partial<Activities> = {
    requestHour: ({ landingHour, request }) => {
      this.asked.push(landingHour);
      this.requestIds.push(request.requestId);
      if (this.freely !== null) return Promise.resolve(answerOf(landingHour, this.freely(landingHour)));
      // As the real one does: on a slow machine an asking without a heartbeat is asked again, and nobody ends the second.
      return withHeartbeat(() => new Promise<RunAnswer>((resolve) => {
        this.ends.set(landingHour, resolve);
        this.most = Math.max(this.most, this.ends.size);
      }));
    },
    withdrawHour: async ({ landingHour }) => {
      this.withdrawn.push(landingHour);
      this.end(landingHour, 'open', { withdrawn: true });
      return { outcome: 'cancelled', answer: null };
    },
  };

  get held(): readonly LandingHour[] {
    return [...this.ends.keys()];
  }

  end(hour: LandingHour, state: HourState, more: Partial<RunAnswer> = {}): void {
    this.ends.get(hour)!({ ...answerOf(hour, state), ...more });
    this.ends.delete(hour);
  }

  letGo(stateOf: (hour: LandingHour) => HourState = () => 'proven'): void {
    this.freely = stateOf;
    for (const hour of this.held) this.end(hour, stateOf(hour));
  }
}

function answerOf(landingHour: LandingHour, state: HourState): RunAnswer {
  return {
    landingHour, workflowId: hourWorkflowId(landingHour), workflowRunId: 'r', round: 1, attached: false, revision: 1, unchanged: false, state, proof: null,
    message: `${landingHour} is ${state}`,
  };
}

interface Bench {
  readonly backfills: Backfills;
  readonly hours: HeldHours;
  readonly from: LandingHour;
  /** the n-th hour of the range */
  readonly hour: (n: number) => LandingHour;
  readonly start: (hours: number, more?: Partial<BackfillInput>) => Promise<string>;
}

async function withWorkers<T>(body: (bench: Bench) => Promise<T>, changes: Partial<Activities> = {}): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  const hours = new HeldHours();
  const { activities } = scripted({ ...hours.activities, ...changes });
  const shared = { connection: temporal.native, namespace: 'default', activities };
  const workers = [
    await Worker.create({ ...shared, taskQueue, workflowBundle }),
    await Worker.create({ ...shared, taskQueue: requestQueueOf(taskQueue) }),
    await Worker.create({ ...shared, taskQueue: backfillQueueOf(taskQueue) }),
  ];
  const from = landingHourOf(new Date(Date.UTC(1990 + Math.floor(Math.random() * 30), 0, 1 + Math.floor(Math.random() * 360), Math.floor(Math.random() * 24))));
  const backfills = new Backfills(temporal.client, taskQueue);
  const hour = (n: number): LandingHour => hoursAfter(from, n);
  const start = (count: number, more: Partial<BackfillInput> = {}): Promise<string> => backfills.start({ from, to: hoursAfter(from, count - 1), only: 'all', ...more });
  // Held hours keep a worker from stopping: a test that failed would say only that it took too long.
  const work = body({ backfills, hours, from, hour, start }).finally(() => hours.letGo());
  return workers.reduce<Promise<T>>((inner, worker) => worker.runUntil(inner), work);
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 700));

test('a window of hours slides over the range, oldest first, and every hour ends counted and named', async () => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const id = await start(6, { parallel: 2 });
    await until('two under way', () => hours.held.length === 2);
    expect([...hours.held].sort()).toEqual([hour(0), hour(1)]);
    hours.end(hour(1), 'broken');
    await until('the next one', () => hours.held.length === 2);
    expect([...hours.held].sort()).toEqual([hour(0), hour(2)]);
    hours.letGo((one) => (one === hour(4) ? 'missing' : one === hour(5) ? 'empty' : one === hour(3) ? 'open' : 'proven'));
    const summary = await backfills.result(id);
    expect(summary).toMatchObject({
      state: 'done', ended: 6, counts: { proven: 2, broken: 1, missing: 1, empty: 1, failed: 1 },
      unproven: { broken: [hour(1)], failed: [hour(3)], missing: [hour(4)] }, notBegun: 0,
    });
    expect(summary.messages).toContainEqual({ landingHour: hour(1), message: `${hour(1)} is broken` });
    expect(hours.most).toBe(2);
  });
});

test('newest first goes backwards', async () => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const id = await start(3, { parallel: 1, order: 'newest' });
    hours.letGo();
    await backfills.result(id);
    expect(hours.asked).toEqual([hour(2), hour(1), hour(0)]);
  });
});

test('paused, no hour is begun; resumed and throttled, at most so many are under way', async () => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const id = await start(8, { parallel: 3 });
    await until('three under way', () => hours.held.length === 3);
    expect(await backfills.update(id, 'pause', 'dinner')).toMatchObject({ state: 'paused', why: 'dinner', inFlight: [hour(0), hour(1), hour(2)] });
    for (const n of [0, 1, 2]) hours.end(hour(n), 'proven');
    await settle();
    expect(hours.asked).toHaveLength(3);
    expect(await backfills.update(id, 'parallel', 1)).toMatchObject({ state: 'paused', options: { parallel: 1 } });
    expect(await backfills.update(id, 'resume')).toMatchObject({ state: 'running' });
    await until('one under way', () => hours.held.length === 1);
    await settle();
    expect(hours.asked).toHaveLength(4);
    hours.letGo();
    expect(await backfills.result(id)).toMatchObject({ state: 'done', counts: { proven: 8 } });
  });
});

test('an hour is skipped before it begins, and tried again after it failed, as another asking', async () => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const id = await start(4, { parallel: 1 });
    await until('the first', () => hours.held.length === 1);
    expect(await backfills.update(id, 'skip', hour(2))).toMatchObject({ skipped: 1, pending: 2 });
    await expect(backfills.update(id, 'skip', hour(0))).rejects.toMatchObject({ kind: 'usage', what: expect.stringContaining('under way') });
    await expect(backfills.update(id, 'retry', hour(1))).rejects.toMatchObject({ kind: 'usage', what: expect.stringContaining('nothing to try again') });
    await expect(backfills.update(id, 'skip', '2026-13-01T00')).rejects.toMatchObject({ kind: 'usage', what: expect.stringContaining('"2026-11-20T10"') });
    await expect(backfills.update(id, 'parallel', 0)).rejects.toMatchObject({ kind: 'usage', what: expect.stringContaining('from 1 to 64') });
    hours.end(hour(0), 'broken');
    await until('the second', () => hours.held.includes(hour(1)));
    expect(await backfills.update(id, 'retry', hour(0))).toMatchObject({ counts: { broken: 0 } });
    hours.letGo();
    expect(await backfills.result(id)).toMatchObject({ counts: { proven: 3 }, unproven: {}, skipped: [hour(2)] });
    expect(hours.asked).toEqual([hour(0), hour(1), hour(0), hour(3)]);
    expect(new Set(hours.requestIds).size).toBe(4);
  });
});

test.each(['the update', 'Temporal'] as const)('cancelled by %s, it begins nothing more, withdraws what it asked for and says which hours are not proven', async (by) => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const id = await start(6, { parallel: 2 });
    await until('two under way', () => hours.held.length === 2);
    if (by === 'Temporal') await temporal.client.workflow.getHandle(id).cancel();
    else expect(await backfills.update(id, 'cancel', 'wrong range')).toMatchObject({ why: 'wrong range' });
    const summary = await backfills.result(id);
    expect(summary).toMatchObject({ state: 'cancelled', counts: { withdrawn: 2 }, unproven: { withdrawn: [hour(0), hour(1)] }, notBegun: 4 });
    expect([...hours.withdrawn].sort()).toEqual([hour(0), hour(1)]);
    await settle();
    expect(hours.asked).toHaveLength(2);
    await expect(backfills.update(id, 'resume')).rejects.toMatchObject({ kind: 'usage' });
  });
});

test('the canaries go first and alone; one that is not proven stops the rest', async () => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const id = await start(6, { parallel: 4, canary: 2 });
    await until('two canaries', () => hours.held.length === 2);
    await settle();
    expect(hours.asked).toHaveLength(2);
    hours.end(hour(0), 'proven');
    hours.end(hour(1), 'missing');
    expect(await backfills.result(id)).toMatchObject({ state: 'stopped', why: `of the first 2 hours, ${hour(1)} is missing`, notBegun: 4, unproven: { missing: [hour(1)] } });
    expect(hours.asked).toHaveLength(2);
  });
});

test('so many broken hours end it; those under way end first', async () => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const id = await start(9, { parallel: 2, stopAfterBroken: 2 });
    await until('two', () => hours.held.length === 2);
    hours.end(hour(0), 'broken');
    await until('the third', () => hours.held.includes(hour(2)));
    hours.end(hour(1), 'broken');
    await settle();
    hours.end(hour(2), 'proven');
    expect(await backfills.result(id)).toMatchObject({ state: 'stopped', counts: { broken: 2, proven: 1 }, notBegun: 6 });
  });
});

test('started again, it attaches: the options in force stay', async () => {
  await withWorkers(async ({ backfills, hours, start }) => {
    const id = await start(3, { parallel: 1, startToken: 'first' });
    await until('one', () => hours.held.length === 1);
    expect(await start(3, { parallel: 9, startToken: 'second' })).toBe(id);
    expect(await backfills.status(id)).toMatchObject({ startToken: 'first', options: { parallel: 1 } } satisfies Partial<Record<keyof BackfillStatus, unknown>>);
    hours.letGo();
    expect(await backfills.result(id)).toMatchObject({ ended: 3 });
  });
});

test('after a page it goes on in a new run: what was unproven, skipped and paused is still known, and no hour is asked twice', async () => {
  await withWorkers(async ({ backfills, hours, hour, start }) => {
    const count = 520;
    const id = await start(count, { parallel: 20 });
    await until('the first', () => hours.held.length === 20);
    expect(await backfills.update(id, 'skip', hour(30))).toMatchObject({ pending: 479, notPlanned: 20 });
    await backfills.update(id, 'skip', hour(515));
    hours.letGo((one) => (one === hour(5) ? 'broken' : 'proven'));
    const first = (await temporal.client.workflow.getHandle(id).describe()).runId;
    const summary = await backfills.result(id);
    expect(summary).toMatchObject({ state: 'done', ended: 518, counts: { proven: 517, broken: 1 }, unproven: { broken: [hour(5)] }, skipped: [hour(30), hour(515)] });
    expect(hours.asked).toHaveLength(518);
    expect(new Set(hours.asked).size).toBe(518);
    expect((await temporal.client.workflow.getHandle(id).describe()).runId).not.toBe(first);
  });
}, 180_000);

test('a wrong range from the UI fails at once and shows a right one', async () => {
  await withWorkers(async ({ backfills }) => {
    for (const input of [{ from: '2026-11-20 10', to: '2026-11-20T11' }, { from: '2026-11-20T10', to: '2026-11-20T09' }, { from: '2026-11-20T10', to: '2999-11-20T11' }]) {
      const id = await backfills.start(input as BackfillInput);
      await expect(temporal.client.workflow.getHandle(id).result()).rejects.toMatchObject({
        cause: expect.objectContaining({ type: 'usage', message: expect.stringContaining('{"from": "2026-11-01T00"') }),
      });
    }
  });
});

test('an hour that cannot be asked for is a failed hour, not a failed backfill', async () => {
  let asked = 0;
  await withWorkers(async ({ backfills, start, hour }) => {
    const id = await start(2, { parallel: 1 });
    expect(await backfills.result(id)).toMatchObject({
      counts: { failed: 1, proven: 1 }, unproven: { failed: [hour(0)] }, messages: [{ landingHour: hour(0), message: 'refused' }],
    });
  }, {
    requestHour: async ({ landingHour }) => {
      asked += 1;
      if (asked > 1) return answerOf(landingHour, 'proven');
      throw ApplicationFailure.nonRetryable('refused', 'usage');
    },
  });
});

test('the ledger is told that it began and how it ended; what is asked of it while that is written is not lost', async () => {
  const notes: BackfillNote[] = [];
  const held = new Gate();
  await withWorkers(async ({ backfills, start, hour, hours }) => {
    const id = await start(2, { parallel: 1, by: 'ann' });
    hours.letGo((one) => (one === hour(0) && hours.asked.length === 1 ? 'broken' : 'proven'));
    await held.arrived;
    expect(notes.map(({ status: { state, by }, ending }) => ({ state, by, unproven: ending?.unproven ?? null }))).toEqual([
      { state: 'running', by: 'ann', unproven: null }, { state: 'done', by: 'ann', unproven: { broken: [hour(0)] } },
    ]);
    expect(await backfills.update(id, 'retry', hour(0))).toMatchObject({ state: 'running', pending: 1 });
    held.release();
    expect(await backfills.result(id)).toMatchObject({ counts: { proven: 2 }, unproven: {} });
    expect(notes.slice(2).map(({ status: { state }, ending }) => ({ state, unproven: ending?.unproven ?? null }))).toEqual([{ state: 'running', unproven: null }, { state: 'done', unproven: {} }]);
    expect(new Set(notes.map(({ backfillRun }) => backfillRun)).size).toBe(1);
    expect(notes.map(({ notedAt }) => notedAt)).toEqual(notes.map(({ notedAt }) => notedAt).sort());
  }, {
    noteBackfill: async (note) => {
      notes.push(note);
      if (notes.length === 2) await held.pass();
    },
  });
});

test('a shadow asks for no hour, and adds up what it would change', async () => {
  let compared = 0;
  await withWorkers(async ({ backfills, start, hour, hours }) => {
    const id = await start(3, { shadow: true, parallel: 1, stopAfterBroken: 1 });
    expect(id).toMatch(/^backfill-shadow\//);
    expect(await backfills.result(id)).toMatchObject({
      state: 'done', counts: { same: 1, differs: 2 }, unproven: { differs: [hour(1), hour(2)] }, money: [{ currency: 'EUR', amountCents: '-10' }],
      messages: [{ landingHour: hour(1), message: '1 new, 0 changed, 2 gone of 4 rows (3 now); EUR -5 cents' }, { landingHour: hour(2) }],
    });
    expect(hours.asked).toEqual([]);
  }, {
    shadowHour: async ({ landingHour }) => {
      compared += 1;
      const same = { landingHour, outcome: 'same', revision: 1, lines: 1, now: 3, committed: 4, new: 0, changed: 0, gone: 0, money: [] } as const;
      return compared === 1 ? same : { ...same, outcome: 'differs', new: 1, gone: 2, money: [{ currency: 'EUR', amountCents: '-5' }] };
    },
  });
});
