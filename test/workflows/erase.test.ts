import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/registry';
import { EMPTY_PAGE, ErasureKey, type EraseInput, type EraseResult } from '../../contract/erasure';
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import type { RunRequest } from '../../contract/run';
import { scripted, type Script } from './scripted-activities';
import { openTemporal, type OpenTemporal, workflowBundle } from './temporal-under-test';

const KEY = new ErasureKey(Buffer.alloc(32, 3));
let temporal: OpenTemporal;

beforeAll(async () => {
  temporal = await openTemporal();
});

afterAll(() => temporal.close());

function someone(): EraseInput {
  const user = `user-${randomUUID()}`;
  return { token: KEY.token(user), sealed: KEY.seal(user), by: 'test' };
}

/** Without a grace, unless the script says otherwise. */
async function erasing(changes: Partial<Activities>, input: unknown = someone()): Promise<{ result: EraseResult; script: Script; asked: readonly RunRequest[]; workflowId: string }> {
  const taskQueue = `test-${randomUUID()}`;
  const asked: RunRequest[] = [];
  const script = scripted({
    suppress: async () => ({ since: new Date().toISOString(), graceMinutes: 0 }),
    requestHour: async ({ landingHour, request }) => {
      asked.push(request);
      return { landingHour, workflowId: '', workflowRunId: '', round: 1, attached: false, revision: 2, unchanged: false, state: 'proven', proof: null, message: '' };
    },
    ...changes,
  });
  const worker = await Worker.create({ connection: temporal.native, taskQueue, workflowBundle, activities: script.activities });
  const requests = await Worker.create({ connection: temporal.native, taskQueue: `${taskQueue}-requests`, activities: script.activities });
  const workflowId = `erase/${randomUUID()}`;
  const result = await requests.runUntil(worker.runUntil(temporal.client.workflow.execute('erase', { taskQueue, workflowId, args: [input] }))) as EraseResult;
  return { result, script, asked, workflowId };
}

test.each([
  ['an id in the clear', 'user-8rqz'], ['an id in the clear in an object', { user: 'user-8rqz' }], ['an id for a token', { token: 'user-8rqz', sealed: 'user-8rqz', by: 'ann' }], ['nothing', null],
])('%s typed into the UI is refused at once, is told how, and is not repeated', async (_name, input) => {
  const error = await erasing({}, input).catch((failed: unknown) => failed) as { cause: { message: string; type: string } };
  expect(error.cause).toMatchObject({ type: 'usage', message: expect.stringContaining('npx sluice erase --user ID') });
  expect(error.cause.message).not.toContain('8rqz');
});

test('suppressed first; then raw, the hours, the copies, and raw once more before there is a receipt', async () => {
  const hours = ['2026-11-20T10', '2026-11-20T11'] as LandingHour[];
  const { result, script, asked } = await erasing({ erasureHours: async () => ({ hours, next: null }) });
  expect(script.calls).toEqual(['suppress', 'eraseRaw', 'erasureHours', 'requestHour', 'requestHour', 'eraseLetters', 'eraseCurated', 'erasePostgres', 'eraseRaw', 'saveReceipt']);
  expect(asked.map(({ kind, publish, waitFor }) => ({ kind, publish, waitFor }))).toEqual(hours.map(() => ({ kind: 'erase', publish: 'changed', waitFor: 'done' })));
  expect(result).toMatchObject({ state: 'complete' });
});

test('an hour whose files are still theirs is run again with everything published, and its files are looked into again', async () => {
  let passes = 0;
  const hour = '2026-11-20T10' as LandingHour;
  const { result, asked } = await erasing({
    eraseCurated: async () => {
      passes += 1;
      return passes === 1 ? { ...EMPTY_PAGE, found: 3, hours: [hour], left: ['a file still has theirs'] } : EMPTY_PAGE;
    },
  });
  expect(asked.map(({ publish }) => publish)).toEqual(['all']);
  expect({ passes, result }).toMatchObject({ passes: 2, result: { state: 'complete', left: [] } });
});

test('rows in files that are needed yet are counted when they go, and not twice', async () => {
  let [passes, counted] = [0, 0];
  await erasing({
    eraseCurated: async () => {
      passes += 1;
      if (passes === 3) return EMPTY_PAGE;
      return passes === 1 ? { ...EMPTY_PAGE, found: 5, needed: 3, hours: ['2026-11-20T10' as LandingHour] } : { ...EMPTY_PAGE, found: 3, changed: 1 };
    },
    saveReceipt: async ({ receiptId, curated }) => {
      counted = curated.found;
      return { receiptId, state: 'complete', nothingFound: false, lines: 0, hours: 1, left: [] };
    },
  });
  expect({ passes, counted }).toEqual({ passes: 3, counted: 5 });
});

test('what is left fails the erasure by name, with its receipt', async () => {
  const error = await erasing({ erasePostgres: async () => ({ samples: 0, rows: 2 }) }).catch((failed: unknown) => failed) as { cause: { message: string; type: string } };
  expect(error.cause).toMatchObject({ type: 'incomplete', message: expect.stringContaining('curated_payments has 2 of their rows') });
});

test('more pages and hours than one history should hold are handed from execution to execution, and counted whole', async () => {
  const pages = 150;
  const first = '2026-01-01T00' as LandingHour;
  let hours = 0;
  const { result, asked, workflowId } = await erasing({
    eraseRaw: async ({ after, look }) => {
      const n = Number(after ?? 0) + 1;
      return { ...EMPTY_PAGE, next: look || n === pages ? null : String(n), objects: 1, found: 1 };
    },
    erasureHours: async ({ after }) => {
      const from = after === null ? first : hoursAfter(after, 1);
      const page = Array.from({ length: 20 }, (_, i) => hoursAfter(from, i));
      hours += page.length;
      return { hours: page, next: hours < 60 ? page.at(-1)! : null };
    },
    saveReceipt: async ({ receiptId, raw }) => ({ receiptId, state: 'complete', nothingFound: false, lines: raw.found, hours, left: [] }),
  });
  expect(result).toMatchObject({ state: 'complete', lines: pages, hours: 60 });
  expect(new Set(asked.map(({ requestId }) => requestId)).size).toBe(60);
  const executions: number[] = [];
  for await (const execution of temporal.client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) executions.push(execution.historyLength);
  expect(executions.length).toBeGreaterThan(1);
  expect(Math.max(...executions)).toBeLessThan(3_000);
}, 240_000);
