/** Askings that are taken back: who is answered what, and that no hour is left half done. Scripted stages on the real server. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/registry';
import { hourWorkflowId } from '../../contract/landing-hour';
import type { RunRequest } from '../../contract/run';
import { backfillQueueOf } from '../../contract/task-queues';
import { Hours } from '../../stores/temporal';
import { Gate, scripted, type Script } from './scripted-activities';
import { openTemporal, type OpenTemporal, someHour, workflowBundle } from './temporal-under-test';

let temporal: OpenTemporal;

beforeAll(async () => {
  temporal = await openTemporal();
});

afterAll(() => temporal.close());

interface Bench {
  readonly hours: Hours;
  /** what ran on the queue of everybody, and on that of the backfills */
  readonly main: Script;
  readonly backfills: Script;
}

/** `changes` are told which queue they run on. */
async function withWorkers<T>(changes: (plain: Activities) => Partial<Activities>, body: (bench: Bench) => Promise<T>): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  const changed = changes(scripted().activities);
  const [main, backfills] = [scripted(changed), scripted(changed)];
  const shared = { connection: temporal.native, namespace: 'default' };
  const worker = await Worker.create({ ...shared, taskQueue, workflowBundle, activities: main.activities });
  const other = await Worker.create({ ...shared, taskQueue: backfillQueueOf(taskQueue), activities: backfills.activities });
  return other.runUntil(worker.runUntil(body({ hours: new Hours(temporal.client, taskQueue), main, backfills })));
}

function asking(more: Partial<RunRequest> = {}): RunRequest {
  return { requestId: randomUUID(), kind: 'backfill', by: 'backfill/test', waitFor: 'done', ...more };
}

const landed = (revision: number, baseRevision: number | null) => async ({ publish }: { publish: 'changed' | 'all' }) => ({
  outcome: 'landed' as const, revision, baseRevision, processedAt: '2026-11-20T11:00:00.000Z', publish, manifestKey: 'm', objects: 1, bytes: 1,
});

test('a run that nobody else asked for is cancelled, rolled back, and the revision before it proven again', async () => {
  const gate = new Gate();
  const proved: number[] = [];
  await withWorkers((plain) => ({
    land: landed(2, 1),
    publish: async () => { await gate.pass(); throw ApplicationFailure.nonRetryable('too late', 'transient'); },
    prove: async (input) => { proved.push(input.revision); return plain.prove(input); },
  }), async ({ hours, main, backfills }) => {
    const hour = someHour();
    const request = asking();
    const asked = hours.request(hour, request);
    await gate.arrived;
    const withdrawn = await hours.withdraw(hour, request.requestId);
    gate.release();
    expect(withdrawn).toMatchObject({ outcome: 'cancelled', answer: { state: 'open', withdrawn: true } });
    expect(await asked).toMatchObject({ state: 'open', withdrawn: true });
    expect([...main.calls, ...backfills.calls]).toEqual(expect.arrayContaining(['undoCommit', 'closeRun']));
    expect(backfills.calls).not.toContain('load');
    expect(proved).toEqual([1]);
    // Called off, nothing is wrong: not red in the list.
    await expect(temporal.client.workflow.getHandle(hourWorkflowId(hour)).result()).resolves.toMatchObject({ withdrawn: true });
  });
});

test('cancelled before its commit, the revision is over for the ledger too', async () => {
  const gate = new Gate();
  await withWorkers(() => ({
    curate: async () => { await gate.pass(); throw ApplicationFailure.nonRetryable('too late', 'transient'); },
  }), async ({ hours, main }) => {
    const hour = someHour();
    const request = asking();
    const asked = hours.request(hour, request);
    await gate.arrived;
    expect(await hours.withdraw(hour, request.requestId)).toMatchObject({ outcome: 'cancelled' });
    gate.release();
    await asked;
    expect(main.calls).toContain('undoCommit');
  });
});

test.each(['publish', 'load', 'prove'] as const)('cancelled in %s when Kafka has it, the run is loaded and proven before that is told', async (stage) => {
  const gate = new Gate();
  let passed = false;
  await withWorkers((plain) => ({
    undoCommit: async () => ({ outcome: 'kept' }),
    [stage]: async (input: never) => {
      if (!passed) {
        passed = true;
        await gate.pass();
        throw ApplicationFailure.nonRetryable('too late', 'transient');
      }
      return (plain[stage] as (input: never) => Promise<unknown>)(input);
    },
  }), async ({ hours, backfills }) => {
    const hour = someHour();
    const request = asking();
    const asked = hours.request(hour, request);
    await gate.arrived;
    expect(await hours.withdraw(hour, request.requestId)).toMatchObject({ outcome: 'cancelled', answer: { state: 'proven', revision: 1 } });
    gate.release();
    expect(await asked).toMatchObject({ state: 'proven' });
    expect(backfills.calls).toContain('load');
    expect(backfills.calls.at(-1)).toBe('prove');
  });
});

test('a run that somebody else asked for goes on; only who withdrew is answered at once', async () => {
  const gate = new Gate();
  const deadline = new Date(Date.now() + 3_600_000).toISOString();
  let listed = 0;
  await withWorkers((plain) => ({
    land: async (input) => {
      listed += 1;
      return listed === 1 ? { outcome: 'waiting', deadline } : plain.land(input);
    },
    curate: async (input) => { await gate.pass(); return plain.curate(input); },
  }), async ({ hours, main }) => {
    const hour = someHour();
    const request = asking();
    const asked = hours.request(hour, request);
    while (listed === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const other = hours.request(hour, asking({ kind: 'schedule' }));
    await gate.arrived;
    expect(await hours.withdraw(hour, request.requestId)).toMatchObject({ outcome: 'left' });
    expect(await asked).toMatchObject({ withdrawn: true });
    gate.release();
    expect(await other).toMatchObject({ state: 'proven', round: 1 });
    expect(main.calls).not.toContain('undoCommit');
  });
});

test('an asking for a round that has not begun is taken out, and no round is run for it', async () => {
  const gate = new Gate();
  await withWorkers((plain) => ({
    curate: async (input) => { await gate.pass(); return plain.curate(input); },
  }), async ({ hours, main, backfills }) => {
    const hour = someHour();
    const first = hours.request(hour, asking({ kind: 'manual' }));
    await gate.arrived;
    const request = asking();
    const late = hours.request(hour, request);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await hours.withdraw(hour, request.requestId)).toMatchObject({ outcome: 'taken_out' });
    expect(await late).toMatchObject({ withdrawn: true });
    gate.release();
    expect(await first).toMatchObject({ state: 'proven', round: 1 });
    expect([...main.calls, ...backfills.calls].filter((name) => name === 'land')).toHaveLength(1);
  });
});

test('withdrawn before it was asked, it is refused when it comes; of an hour without a run there is nothing to withdraw', async () => {
  const gate = new Gate();
  await withWorkers((plain) => ({
    curate: async (input) => { await gate.pass(); return plain.curate(input); },
  }), async ({ hours, main }) => {
    const hour = someHour();
    const request = asking();
    expect(await hours.withdraw(hour, request.requestId)).toEqual({ outcome: 'not_running', answer: null });
    const first = hours.request(hour, asking({ kind: 'manual' }));
    await gate.arrived;
    expect(await hours.withdraw(hour, request.requestId)).toMatchObject({ outcome: 'unknown' });
    // Withdrawn under the first update's id; the asking itself comes only now.
    expect(await hours.request(hour, request)).toMatchObject({ withdrawn: true });
    gate.release();
    expect(await first).toMatchObject({ state: 'proven' });
    expect(main.calls.filter((name) => name === 'land')).toHaveLength(1);
  });
});

test('stages that only a backfill waits for have a queue of their own; a schedule that comes moves the rest to everybody’s', async () => {
  const gate = new Gate();
  await withWorkers((plain) => ({
    curate: async (input) => { await gate.pass(); return plain.curate(input); },
  }), async ({ hours, main, backfills }) => {
    const hour = someHour();
    const backfilled = hours.request(hour, asking());
    await gate.arrived;
    const scheduled = hours.request(hour, asking({ kind: 'schedule', by: 'hourly-payments' }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.release();
    await Promise.all([backfilled, scheduled]);
    expect(backfills.calls).toEqual(['land', 'crawl', 'curate']);
    expect(main.calls.slice(0, 5)).toEqual(['audit', 'commit', 'publish', 'load', 'prove']);
  });
});
