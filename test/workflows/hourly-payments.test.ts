import { randomUUID } from 'node:crypto';
import { Client, type Connection, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/registry';
import { hourWorkflowId } from '../../contract/landing-hour';
import type { RunRequest } from '../../contract/run';
import { Hours } from '../../stores/temporal';
import { Gate, scripted, type Script } from './scripted-activities';
import { openTemporal, type OpenTemporal, someHour, workflowBundle } from './temporal-under-test';

let temporal: OpenTemporal;

beforeAll(async () => {
  temporal = await openTemporal();
});

afterAll(() => temporal.close());

function asking(more: Partial<RunRequest> = {}): RunRequest {
  return { requestId: randomUUID(), kind: 'manual', by: 'test', waitFor: 'done', ...more };
}

async function withWorker<T>(changes: Partial<Activities>, body: (parts: { hours: Hours; script: Script; taskQueue: string }) => Promise<T>): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  const script = scripted(changes);
  const shared = { connection: temporal.native, namespace: 'default' };
  const worker = await Worker.create({ ...shared, taskQueue, workflowBundle, activities: script.activities });
  const requests = await Worker.create({ ...shared, taskQueue: `${taskQueue}-requests`, activities: script.activities });
  const backfills = await Worker.create({ ...shared, taskQueue: `${taskQueue}-backfill`, activities: script.activities });
  return backfills.runUntil(requests.runUntil(worker.runUntil(body({ hours: new Hours(temporal.client, taskQueue), script, taskQueue }))));
}

const STAGES = ['land', 'crawl', 'curate', 'audit', 'commit', 'publish', 'load', 'prove'];

test('an hour goes through its stages in order and ends proven', async () => {
  const hour = someHour();
  const answer = await withWorker({}, async ({ hours, script }) => {
    const done = await hours.request(hour, asking());
    expect(script.calls).toEqual(STAGES);
    await temporal.client.workflow.getHandle(hourWorkflowId(hour)).result();
    return done;
  });
  // Of a year of hours each one counts: what Temporal keeps, and what a round trip takes.
  expect((await temporal.client.workflow.getHandle(hourWorkflowId(hour)).describe()).historyLength).toBeLessThanOrEqual(60);
  expect(answer).toMatchObject({ state: 'proven', revision: 1, round: 1, attached: false, unchanged: false });
});

test('who asks while the lake is already listed is answered by a second round', async () => {
  const gate = new Gate();
  let curated = 0;
  const plain = scripted().activities;
  await withWorker({
    curate: async (input) => {
      curated += 1;
      if (curated === 1) await gate.pass();
      return plain.curate(input);
    },
  }, async ({ hours, script }) => {
    const hour = someHour();
    const first = hours.request(hour, asking());
    await gate.arrived;
    const late = hours.request(hour, asking());
    const later = hours.request(hour, asking());
    await new Promise((resolve) => setTimeout(resolve, 500));
    gate.release();
    expect(await first).toMatchObject({ round: 1, revision: 1 });
    const both = [await late, await later];
    expect(both.map((answer) => answer.round)).toEqual([2, 2]);
    expect(both.map((answer) => answer.attached).sort()).toEqual([false, true]);
    expect(script.calls.filter((name) => name === 'land')).toHaveLength(2);
  });
});

test('the same asking twice is one run', async () => {
  await withWorker({}, async ({ hours, script }) => {
    const hour = someHour();
    const request = asking();
    const answers = await Promise.all([hours.request(hour, request), hours.request(hour, request)]);
    expect(answers[0].round).toBe(answers[1].round);
    expect(script.calls.filter((name) => name === 'land')).toHaveLength(1);
  });
});

test.each([[{ landingHour: '2026-11-20 10' }], [{}], [{ landingHour: '2026-13-01T10' }]])('a wrong input %j from the UI fails at once and shows a right one', async (input) => {
  await withWorker({}, async ({ taskQueue, script }) => {
    const started = temporal.client.workflow.execute('hourlyPayments', { taskQueue, workflowId: randomUUID(), args: [input] });
    await expect(started).rejects.toMatchObject({
      cause: expect.objectContaining({ type: 'usage', message: expect.stringContaining('{"landingHour": "2026-11-20T10"}') }),
    });
    expect(script.calls).toEqual([]);
  });
});

test('a start from the UI under an id of its own is handed to the hour’s own workflow', async () => {
  const hour = someHour();
  let hours: Hours | undefined;
  await withWorker({
    requestHour: ({ landingHour, request }) => hours!.request(landingHour, request),
  }, async (parts) => {
    hours = parts.hours;
    const answer = await temporal.client.workflow.execute('hourlyPayments', {
      taskQueue: parts.taskQueue, workflowId: randomUUID(), args: [{ landingHour: hour }],
    });
    expect(answer).toMatchObject({ workflowId: hourWorkflowId(hour), state: 'proven' });
  });
});

test('an object overwritten between land and curate makes the hour land again', async () => {
  const plain = scripted().activities;
  let tries = 0;
  await withWorker({
    curate: async (input) => {
      tries += 1;
      if (tries === 1) throw ApplicationFailure.nonRetryable('the object is no longer the one of the manifest', 'manifest_stale');
      return plain.curate(input);
    },
  }, async ({ hours, script }) => {
    expect(await hours.request(someHour(), asking())).toMatchObject({ state: 'proven', revision: 2 });
    expect(script.calls.filter((name) => name === 'undoCommit')).toEqual([]);
  });
});

test('a run that cannot publish is rolled back and fails with the cause', async () => {
  await withWorker({
    publish: async () => {
      throw ApplicationFailure.nonRetryable('SLUICE_KAFKA_TOPIC does not exist', 'configuration');
    },
  }, async ({ hours, script }) => {
    const hour = someHour();
    expect(await hours.request(hour, asking())).toMatchObject({ state: 'open', message: 'SLUICE_KAFKA_TOPIC does not exist' });
    await expect(temporal.client.workflow.getHandle(hourWorkflowId(hour)).result()).rejects.toThrow(WorkflowFailedError);
    expect(script.calls).toEqual(['land', 'crawl', 'curate', 'audit', 'commit', 'publish', 'undoCommit', 'closeRun', 'alarm']);
  });
});

test('an alarm that reaches nobody does not hold up the hour', async () => {
  await withWorker({
    land: async () => ({ outcome: 'missing', deadline: '2026-11-20T11:30:00.000Z' }),
    alarm: async () => {
      throw ApplicationFailure.nonRetryable('the webhook answered 500', 'configuration');
    },
  }, async ({ hours, script }) => {
    expect(await hours.request(someHour(), asking())).toMatchObject({ state: 'missing' });
    expect(script.calls).toEqual(['land', 'closeRun', 'alarm']);
  });
});

test('a broken proof fails the run with its first difference', async () => {
  const plain = scripted().activities;
  await withWorker({
    prove: async (input) => ({ ...(await plain.prove(input)), state: 'broken', firstDifference: 'rows: lake 3, postgres 2' }),
  }, async ({ hours }) => {
    const hour = someHour();
    expect(await hours.request(hour, asking())).toMatchObject({ state: 'broken', message: 'rows: lake 3, postgres 2' });
    await expect(temporal.client.workflow.getHandle(hourWorkflowId(hour)).result()).rejects.toMatchObject({
      cause: expect.objectContaining({ type: 'broken', message: 'rows: lake 3, postgres 2' }),
    });
  });
});

test('an hour without an object waits until its deadline and is then missing', async () => {
  const deadline = new Date(Date.now() + 1500).toISOString();
  await withWorker({
    land: async () => (Date.now() < Date.parse(deadline) ? { outcome: 'waiting', deadline } : { outcome: 'missing', deadline }),
  }, async ({ hours }) => {
    expect(await hours.request(someHour(), asking())).toMatchObject({ state: 'missing', revision: null });
  });
});

test('who asks while an hour waits for its first object joins its round, and the lake is listed again at once', async () => {
  const deadline = new Date(Date.now() + 3_600_000).toISOString();
  const plain = scripted().activities;
  let listed = 0;
  await withWorker({
    land: async (input) => {
      listed += 1;
      return listed === 1 ? { outcome: 'waiting', deadline } : plain.land(input);
    },
  }, async ({ hours }) => {
    const hour = someHour();
    const first = hours.request(hour, asking());
    while (listed === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await hours.request(hour, asking())).toMatchObject({ round: 1, attached: true, state: 'proven' });
    expect(await first).toMatchObject({ round: 1, state: 'proven' });
  });
});

test('a cancelled run is undone before it ends', async () => {
  const gate = new Gate();
  await withWorker({
    publish: async () => {
      await gate.pass();
      throw ApplicationFailure.nonRetryable('not reached in time', 'transient');
    },
  }, async ({ hours, script }) => {
    const hour = someHour();
    const asked = hours.request(hour, asking()).catch((error: unknown) => error);
    await gate.arrived;
    const handle = temporal.client.workflow.getHandle(hourWorkflowId(hour));
    await handle.cancel();
    await new Promise((resolve) => setTimeout(resolve, 300));
    gate.release();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    await asked;
    expect(script.calls).toContain('undoCommit');
    expect(script.calls).not.toContain('load');
  });
});

describe('Temporal says that there is no such namespace, as it does where its database does not answer in time', () => {
  const nowhere = (): Client => new Client({ connection: temporal.client.connection as Connection, namespace: 'nowhere' });

  it('asks again, and the hour is asked for once', async () => {
    await withWorker({}, async ({ script, taskQueue }) => {
      let refused = 0;
      const workflow = new Proxy(temporal.client.workflow, {
        get(client, name, receiver) {
          if (name !== 'executeUpdateWithStart' || refused === 2) return Reflect.get(client, name, receiver) as unknown;
          refused += 1;
          const other = nowhere().workflow;
          return other.executeUpdateWithStart.bind(other);
        },
      });
      const hours = new Hours({ workflow } as Client, taskQueue);
      expect(await hours.request(someHour(), asking())).toMatchObject({ state: 'proven', revision: 1 });
      expect(refused).toBe(2);
      expect(script.calls).toEqual(STAGES);
    });
  });

  it('says so when it stays true', async () => {
    let now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => (now += 6_000));
    try {
      await expect(new Hours(nowhere(), 'nobody').request(someHour(), asking())).rejects.toThrow(/Namespace not found: 'nowhere'/);
    } finally {
      clock.mockRestore();
    }
  });
});
