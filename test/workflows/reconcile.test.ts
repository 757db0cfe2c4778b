/** What a reconciliation does in which order, and what it never does; the comparing and repairing itself is tested on the real stores. */
import { randomUUID } from 'node:crypto';
import { type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/registry';
import { parseLandingHour } from '../../contract/landing-hour';
import type { DayFindings, EndReconciliationInput, ReconcileAnswer, ReconcileInput, ReconcileStatus } from '../../contract/reconciled-day';
import type { RepairRollupsInput } from '../../contract/reconciled-rollups';
import type { CompareInput, DayScope, HourDifference, ReconciledStore, StoreComparison } from '../../contract/reconciliation';
import type { PlannedRepair } from '../../contract/repair';
import type { RunAnswer } from '../../contract/run';
import { Days } from '../../stores/days';
import { scripted, type Script } from './scripted-activities';
import { openTemporal, type OpenTemporal, workflowBundle } from './temporal-under-test';

let temporal: OpenTemporal;

beforeAll(async () => {
  temporal = await openTemporal();
});

afterAll(() => temporal.close());

const TEN = parseLandingHour('2026-11-20T10');
const ELEVEN = parseLandingHour('2026-11-20T11');

interface Day {
  /** what differs in each round of comparing, by store and hour */
  readonly differs?: (round: number, store: ReconciledStore) => readonly Partial<HourDifference>[];
  readonly rows?: number;
  readonly states?: Partial<Record<string, 'proven' | 'broken' | 'open'>>;
  readonly changes?: Partial<Activities>;
}

interface Run {
  readonly script: Script;
  readonly handle: WorkflowHandle;
  readonly answer: Promise<ReconcileAnswer>;
  readonly findings: () => DayFindings;
  readonly asked: readonly string[];
  readonly compared: readonly CompareInput[];
  readonly reloaded: readonly PlannedRepair[];
}

/** Every day of the calendar is the same day here; ids must differ. */
let day = Date.UTC(2200 + Math.floor(Math.random() * 5000), 0, 1);
function someDate(): string {
  day += 86_400_000;
  return new Date(day).toISOString().slice(0, 10);
}

async function reconciling<T>(input: Partial<ReconcileInput>, { differs = () => [], rows = 1000, states = {}, changes = {} }: Day, body: (run: Run) => Promise<T>): Promise<T> {
  const taskQueue = `test-${randomUUID()}`;
  const asked: string[] = [];
  const compared: CompareInput[] = [];
  const reloaded: PlannedRepair[] = [];
  let findings: DayFindings | undefined;
  const compare = (store: ReconciledStore) => async (given: CompareInput): Promise<StoreComparison> => {
    compared.push(given);
    return {
      store, rows, bucketsCompared: 1, bucketsDescended: 0, seconds: 0.1, notCompared: [],
      hours: differs(given.round!, store).map((difference) => ({
        store, landingHour: TEN, revision: 1, causes: { mutated: 1 }, rows: 1, money: [{ currency: 'EUR', amountCents: '1' }], differencesKey: 'k',
        first: `${store}: a payment is not what was proven`, ...difference,
      })),
    };
  };
  const plain = scripted().activities;
  const script = scripted({
    checkRaw: async () => [],
    reconcileScope: async (): Promise<DayScope> => ({
      hours: [TEN, ELEVEN].map((landingHour) => ({ landingHour, revision: 1, state: states[landingHour] ?? 'proven', rows: rows / 2 })),
      stores: [{ store: 'lake', activity: 'compareLake' }, { store: 'hour_payments', activity: 'compareHourPayments' }],
    }),
    compareLake: compare('lake'),
    compareHourPayments: compare('hour_payments'),
    reloadKeys: async (repair) => {
      reloaded.push(repair);
      return plain.reloadKeys(repair);
    },
    requestHour: async ({ landingHour, request }): Promise<RunAnswer> => {
      asked.push(`${landingHour} ${request.publish} ${request.waitFor}`);
      return { landingHour, workflowId: 'w', workflowRunId: 'r', round: 1, attached: false, revision: 2, unchanged: false, state: 'proven', proof: null, message: 'proven' };
    },
    closeReconciliation: async (given) => {
      findings = given;
      return plain.closeReconciliation(given);
    },
    ...changes,
  } as Partial<Activities>);
  const shared = { connection: temporal.native, namespace: 'default', activities: script.activities };
  const worker = await Worker.create({ ...shared, taskQueue, workflowBundle });
  const requests = await Worker.create({ ...shared, taskQueue: `${taskQueue}-requests` });
  const days = new Days(temporal.client, taskQueue);
  return requests.runUntil(worker.runUntil(async () => {
    const { handle } = await days.start({ date: someDate(), by: 'ann', ...input });
    const answer = days.answer(handle);
    answer.catch(() => undefined);
    return body({ script, handle, answer, findings: () => findings!, asked, compared, reloaded });
  }));
}

async function untilWaiting(handle: WorkflowHandle): Promise<ReconcileStatus> {
  for (;;) {
    const status = await handle.query<ReconcileStatus>('reconcileStatus').catch(() => null);
    if (status?.state === 'waiting') return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const onlyFirst = (wanted: ReconciledStore, ...differences: Partial<HourDifference>[]): NonNullable<Day['differs']> =>
  (round, store) => (round === 1 && store === wanted ? differences : []);

test('a day in which nothing differs agrees, and nothing is done', async () => {
  await reconciling({ repair: 'auto' }, {}, async ({ answer, script, asked, findings }) => {
    expect(await answer).toMatchObject({ state: 'agrees', message: '2 hours, 1,000 rows: lake, hour_payments agree with what was proven' });
    expect(script.calls).toEqual(['openReconciliation', 'checkRaw', 'reconcileScope', 'compareLake', 'compareHourPayments', 'compareRollups', 'closeReconciliation']);
    expect(asked).toEqual([]);
    expect(findings()).toMatchObject({ by: 'ann', repair: 'auto', problems: [], repairs: [], decision: null });
  });
});

test('without --repair what differs is named, the execution fails and alarms, and nothing is touched', async () => {
  await reconciling({}, { differs: onlyFirst('hour_payments', {}) }, async ({ answer, handle, script, asked, reloaded }) => {
    expect(await answer).toMatchObject({ state: 'differs', message: 'hour_payments: a payment is not what was proven' });
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.objectContaining({ type: 'differs' }) });
    expect([asked, reloaded]).toEqual([[], []]);
    expect(script.calls).not.toContain('planRepairs');
    expect(script.calls.at(-1)).toBe('alarm');
  });
});

test('what differs in Postgres alone is reloaded, proven and compared again', async () => {
  await reconciling({ repair: 'auto' }, { differs: onlyFirst('hour_payments', {}) }, async ({ answer, script, asked, compared, reloaded }) => {
    expect(await answer).toMatchObject({
      state: 'repaired', repairs: [{ landingHour: TEN, action: 'reload', stores: ['hour_payments'], by: 'auto', outcome: 'healed', rows: 1 }],
    });
    expect(reloaded).toMatchObject([{ landingHour: TEN, revision: 1, attempt: 1 }]);
    expect(asked).toEqual([`${TEN} changed done`]);
    expect(compared.map(({ round, hours }) => [round, hours.map(({ landingHour }) => landingHour)])).toEqual([
      [1, [TEN, ELEVEN]], [1, [TEN, ELEVEN]], [2, [TEN]], [2, [TEN]],
    ]);
    expect(script.calls.indexOf('planRepairs')).toBeLessThan(script.calls.indexOf('reloadKeys'));
  });
});

test('what differs in the lake is made again from raw and published whole', async () => {
  await reconciling({ repair: 'auto' }, { differs: (round, store) => (round === 1 ? [{ store }] : []) }, async ({ answer, asked, reloaded }) => {
    expect(await answer).toMatchObject({ state: 'repaired', repairs: [{ landingHour: TEN, action: 'rerun', stores: ['lake', 'hour_payments'] }] });
    expect([asked, reloaded]).toEqual([[`${TEN} all done`], []]);
  });
});

test('what a reload does not heal is made again, once, and then it is somebody’s to look at', async () => {
  await reconciling({ repair: 'auto' }, { differs: (_round, store) => (store === 'hour_payments' ? [{}] : []) }, async ({ answer, asked, reloaded }) => {
    expect(await answer).toMatchObject({
      state: 'differs', repairs: [{ action: 'reload', outcome: 'failed', attempt: 1 }, { action: 'rerun', outcome: 'failed', attempt: 2 }],
    });
    expect(reloaded).toHaveLength(1);
    expect(asked).toEqual([`${TEN} changed done`, `${TEN} all done`]);
  });
});

test('a reload that a newer revision fenced is done for that revision', async () => {
  let tries = 0;
  await reconciling({ repair: 'auto' }, {
    differs: (round, store) => (store === 'hour_payments' && round < 3 ? [{}] : []),
    changes: {
      reloadKeys: async () => {
        tries += 1;
        if (tries === 1) throw ApplicationFailure.nonRetryable('revision 2 is loaded now', 'fenced');
        return { removed: 0, replaced: 1, winners: 1, gone: 0, found: false };
      },
    },
  }, async ({ answer }) => {
    expect(await answer).toMatchObject({ state: 'repaired', repairs: [{ action: 'reload', outcome: 'failed' }, { action: 'reload', outcome: 'healed' }] });
  });
});

test('of two hours that need one another’s rows, the one that failed first is healed when the other is', async () => {
  const healed = new Set<string>();
  await reconciling({ repair: 'auto' }, {
    differs: (round, store) => (round === 1 && store === 'hour_payments' ? [{}, { landingHour: ELEVEN }] : []),
    changes: {
      reloadKeys: async ({ landingHour }) => {
        if (landingHour === TEN && !healed.has(ELEVEN)) throw ApplicationFailure.nonRetryable('the lake has another row', 'data');
        healed.add(landingHour);
        return { removed: 0, replaced: 1, winners: 1, gone: 0, found: false };
      },
    },
  }, async ({ answer, asked }) => {
    expect(await answer).toMatchObject({ state: 'repaired', repairs: [{ landingHour: TEN, outcome: 'healed' }, { landingHour: ELEVEN, outcome: 'healed' }] });
    expect(asked).toHaveLength(2);
  });
});

describe('above the cap', () => {
  const capped = (approvalHours: number): Partial<Activities> => ({
    openReconciliation: async ({ repair }) => ({ repair, cap: { rowsShare: 0.001, amounts: null }, approvalHours }),
  });
  const twoRows = onlyFirst('hour_payments', { rows: 2 });

  test('nothing is touched until somebody approves, whose name is kept', async () => {
    await reconciling({ repair: 'auto' }, { differs: twoRows, changes: capped(1) }, async ({ answer, handle, script, findings }) => {
      expect(await untilWaiting(handle)).toMatchObject({
        message: expect.stringContaining('2 of 1000 rows are more than a share of 0.001'), repairs: [{ landingHour: TEN, action: 'reload', rows: 2 }], deadline: expect.any(String),
      });
      expect(script.calls).not.toContain('reloadKeys');
      await expect(handle.executeUpdate('approve', { args: [{}] })).rejects.toMatchObject({ cause: { message: expect.stringContaining('{"by": "your name"}') } });
      await expect(handle.executeUpdate('refuse', { args: [{ by: 'bob' }] })).rejects.toMatchObject({ cause: { message: expect.stringContaining('why is missing') } });
      expect(await handle.executeUpdate('approve', { args: [{ by: 'bob' }] })).toMatchObject({ repairs: [{ landingHour: TEN }] });
      expect(await answer).toMatchObject({ state: 'repaired', repairs: [{ by: 'bob' }] });
      expect(findings().decision).toEqual({ decision: 'approved', by: 'bob', why: null });
      expect(script.calls.filter((name) => name === 'noteDecision')).toHaveLength(2);
      expect(script.calls).toContain('alarm');
    });
  });

  test('refused, nothing is touched', async () => {
    await reconciling({ repair: 'auto' }, { differs: twoRows, changes: capped(1) }, async ({ answer, handle, script, asked, findings }) => {
      await untilWaiting(handle);
      await handle.executeUpdate('refuse', { args: [{ by: 'bob', why: 'it is the migration' }] });
      expect(await answer).toMatchObject({ state: 'refused' });
      expect(findings().decision).toEqual({ decision: 'refused', by: 'bob', why: 'it is the migration' });
      expect([asked, script.calls.includes('planRepairs')]).toEqual([[], false]);
    });
  });

  test('after the deadline nothing is touched, and a late approval is refused', async () => {
    await reconciling({ repair: 'auto' }, { differs: twoRows, changes: capped(2 / 3600) }, async ({ answer, handle, script, asked }) => {
      expect(await answer).toMatchObject({ state: 'ask_timed_out' });
      expect([asked, script.calls.includes('planRepairs')]).toEqual([[], false]);
      await expect(handle.executeUpdate('approve', { args: [{ by: 'bob' }] })).rejects.toThrow();
    });
  });

  test('what differs beyond what was approved is not repaired', async () => {
    await reconciling({ repair: 'auto' }, {
      differs: (round, store) => (store !== 'hour_payments' ? [] : [{ rows: round === 1 ? 2 : 3 }]), changes: capped(1),
    }, async ({ answer, handle, asked }) => {
      await untilWaiting(handle);
      await handle.executeUpdate('approve', { args: [{ by: 'bob' }] });
      expect(await answer).toMatchObject({ state: 'differs', repairs: [{ attempt: 1, outcome: 'failed' }] });
      expect(asked).toEqual([`${TEN} changed done`]);
    });
  });
});

test('cancelled while it waits, it says so to the ledger and touches nothing', async () => {
  const ends: EndReconciliationInput[] = [];
  await reconciling({ repair: 'ask' }, {
    differs: onlyFirst('hour_payments', {}), changes: { endReconciliation: async (given) => { ends.push(given); } },
  }, async ({ answer, handle, script, asked }) => {
    await untilWaiting(handle);
    await handle.cancel();
    await expect(answer).rejects.toMatchObject({ message: expect.stringContaining('did not come to its end') });
    expect(ends).toEqual([{ reconciliationId: (await handle.describe()).runId, state: 'cancelled', message: expect.stringContaining('was cancelled') }]);
    expect([asked, script.calls.includes('planRepairs'), script.calls.includes('closeReconciliation')]).toEqual([[], false, false]);
  });
});

test('one that cannot go on says why to the ledger', async () => {
  const ends: EndReconciliationInput[] = [];
  await reconciling({}, {
    changes: {
      checkRaw: async () => { throw ApplicationFailure.nonRetryable('the bucket is gone', 'configuration'); },
      endReconciliation: async (given) => { ends.push(given); },
    },
  }, async ({ answer }) => {
    await expect(answer).rejects.toThrow('the bucket is gone');
    expect(ends).toMatchObject([{ state: 'failed', message: 'the bucket is gone' }]);
  });
});

test('with --repair ask even one row waits', async () => {
  await reconciling({ repair: 'ask' }, { differs: onlyFirst('hour_payments', {}) }, async ({ answer, handle }) => {
    await untilWaiting(handle);
    await handle.executeUpdate('approve', { args: [{ by: 'bob' }] });
    expect(await answer).toMatchObject({ state: 'repaired', repairs: [{ by: 'bob' }] });
  });
});

const WRONG = { cells: 9, differing: 2, causes: { mutated: 2 }, differencesKey: 'k', first: 'roll-ups of the day: 2 cells are not what the payments add up to (totals)', seconds: 0 } as const;
const RIGHT = { ...WRONG, differing: 0, causes: {}, differencesKey: null, first: null };

/** Wrong until they are made again, or whatever is done. */
const wrongRollups = (healing: boolean, mended: RepairRollupsInput[]): Partial<Activities> => ({
  compareRollups: async ({ round }) => (healing && round === 2 ? RIGHT : WRONG),
  repairRollups: async (given) => { mended.push(given); },
});

describe('roll-ups that are not what the payments add up to', () => {
  test('are named and left alone without --repair', async () => {
    const mended: RepairRollupsInput[] = [];
    await reconciling({}, { changes: wrongRollups(true, mended) }, async ({ answer, findings }) => {
      expect(await answer).toMatchObject({ state: 'differs', message: WRONG.first });
      expect(findings().rollups).toEqual({ compared: WRONG, repair: null });
      expect(mended).toEqual([]);
    });
  });

  test('are made again after the rows that they are sums of, and compared again', async () => {
    const mended: RepairRollupsInput[] = [];
    await reconciling({ repair: 'auto' }, { differs: onlyFirst('hour_payments', {}), changes: wrongRollups(true, mended) }, async ({ answer, findings, script }) => {
      expect(await answer).toMatchObject({ state: 'repaired', message: expect.stringContaining('the roll-ups, 2 cells of which differed, were made again') });
      expect(findings().rollups!.repair).toMatchObject({ cells: 2, by: 'auto', outcome: 'healed' });
      expect(mended).toMatchObject([{ cells: 2, causes: { mutated: 2 }, differencesKey: 'k', by: 'auto' }]);
      expect(script.calls.indexOf('repairRollups')).toBeGreaterThan(script.calls.indexOf('reloadKeys'));
    });
  });

  test('that are still wrong then are somebody’s to look at', async () => {
    await reconciling({ repair: 'auto' }, { changes: wrongRollups(false, []) }, async ({ answer, findings }) => {
      expect(await answer).toMatchObject({ state: 'differs', message: `the roll-ups could not be put right: ${WRONG.first}` });
      expect(findings().rollups!.repair).toMatchObject({ outcome: 'failed' });
    });
  });

  test('with --repair ask wait for approval, also where no row differs; refused, they stay', async () => {
    const mended: RepairRollupsInput[] = [];
    await reconciling({ repair: 'ask' }, { changes: wrongRollups(true, mended) }, async ({ answer, handle }) => {
      expect(await untilWaiting(handle)).toMatchObject({ message: expect.stringContaining('2 cells of the roll-ups are to be repaired') });
      await handle.executeUpdate('approve', { args: [{ by: 'bob' }] });
      expect(await answer).toMatchObject({ state: 'repaired' });
      expect(mended).toMatchObject([{ by: 'bob' }]);
    });
    await reconciling({ repair: 'ask' }, { differs: onlyFirst('hour_payments', {}), changes: wrongRollups(true, mended) }, async ({ answer, handle }) => {
      expect(await untilWaiting(handle)).toMatchObject({ message: expect.stringContaining('1 rows in 1 hours and 2 cells of the roll-ups') });
      await handle.executeUpdate('refuse', { args: [{ by: 'bob', why: 'no' }] });
      expect(await answer).toMatchObject({ state: 'refused' });
      expect(mended).toHaveLength(1);
    });
  });

  test('that cannot be compared are said so', async () => {
    await reconciling({ repair: 'auto' }, {
      changes: { compareRollups: async () => { throw ApplicationFailure.nonRetryable('access denied', 'configuration'); } },
    }, async ({ answer }) => {
      expect(await answer).toMatchObject({ state: 'differs', message: 'the roll-ups could not be compared: access denied' });
    });
  });
});

test('what landed since is asked for again before anything is compared; without --repair it is only said', async () => {
  const raw: Activities['checkRaw'] = async () => [{ landingHour: ELEVEN, kind: 'new', objects: 1, message: 'late.json landed after revision 1' }];
  await reconciling({ repair: 'auto' }, { changes: { checkRaw: raw } }, async ({ answer, asked, findings }) => {
    expect(await answer).toMatchObject({ state: 'agrees' });
    expect(asked).toEqual([`${ELEVEN} changed done`]);
    expect(findings().asked).toEqual([{ landingHour: ELEVEN, state: 'proven', message: 'proven' }]);
  });
  await reconciling({}, { changes: { checkRaw: raw } }, async ({ answer, asked }) => {
    expect(await answer).toMatchObject({ state: 'differs', message: `${ELEVEN}: new: late.json landed after revision 1` });
    expect(asked).toEqual([]);
  });
});

test('objects that are gone are an operator’s to decide about: the day differs, the hour is not asked for', async () => {
  await reconciling({ repair: 'auto' }, {
    states: { [TEN]: 'broken' },
    changes: { checkRaw: async () => [{ landingHour: TEN, kind: 'raw_gone', objects: 1, message: 'raw_gone: a.json is no longer in the lake (1 in all)' }] },
  }, async ({ answer, asked }) => {
    expect(await answer).toMatchObject({ state: 'differs', message: `${TEN}: raw_gone: a.json is no longer in the lake (1 in all)` });
    expect(asked).toEqual([]);
  });
});

test('a store that cannot be compared is said, and the others are compared', async () => {
  await reconciling({ repair: 'auto' }, {
    changes: { compareLake: async () => { throw ApplicationFailure.nonRetryable('access denied', 'configuration'); } } as Partial<Activities>,
  }, async ({ answer, script }) => {
    expect(await answer).toMatchObject({ state: 'differs', message: 'lake could not be compared: access denied' });
    expect(script.calls).toContain('compareHourPayments');
  });
});

test.each([[{ date: '20.11.2026' }], [{}], [{ date: '2026-11-20', repair: 'yes' }], [{ date: '2026-11-20', deep: 'no' }]])('a wrong input %j from the UI fails at once and shows a right one', async (input) => {
  const taskQueue = `test-${randomUUID()}`;
  const script = scripted();
  const worker = await Worker.create({ connection: temporal.native, taskQueue, workflowBundle, activities: script.activities });
  await worker.runUntil(async () => {
    const started = temporal.client.workflow.execute('reconcile', { taskQueue, workflowId: randomUUID(), args: [input] });
    await expect(started).rejects.toMatchObject({ cause: expect.objectContaining({ type: 'usage', message: expect.stringContaining('{"date": "2026-11-20"}') }) });
  });
  expect(script.calls).toEqual([]);
});
