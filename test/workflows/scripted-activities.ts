/** Activities that answer from a script, for tests of what happens in which order. What the real ones do is tested on the real parts. */
import type { Activities } from '../../activities/registry';
import { hoursBetween } from '../../contract/backfill';
import { hoursAfter } from '../../contract/landing-hour';
import { EMPTY_PAGE } from '../../contract/erasure';
import { judge } from '../../contract/proof';
import type { ReconciledStore, StoreComparison } from '../../contract/reconciliation';
import type { LandResult } from '../../contract/stages';
import { NO_TERMS } from '../../contract/stages';
import { NO_SUMS } from '../../contract/sums';

export interface Script {
  readonly activities: Activities;
  /** names in the order in which they were called */
  readonly calls: string[];
}

export function nothingDiffers(store: ReconciledStore): StoreComparison {
  return { store, rows: 0, bucketsCompared: 0, bucketsDescended: 0, seconds: 0, hours: [], notCompared: [] };
}

export function scripted(changes: Partial<Activities> = {}): Script {
  const calls: string[] = [];
  let revision = 0;
  const plain: Activities = {
    land: async ({ publish }): Promise<LandResult> => {
      revision += 1;
      return {
        outcome: 'landed', revision, baseRevision: null, processedAt: '2026-11-20T11:00:00.000Z', publish, manifestKey: `m${revision}`, objects: 1, bytes: 1,
      };
    },
    crawl: async () => ({ mode: 'catalogue', created: [], updated: [], drift: [] }),
    curate: async () => ({
      attempt: 'a1', stagingPrefix: 's/', summaryKey: 'k', lines: 1, blank: 1, dead: 0, erased: 0, duplicates: 0, curated: 0, cards: 0, reasons: {},
      quarantined: 0, files: 0, bytes: 0,
    }),
    audit: async () => ({ files: 0, rows: 0 }),
    commit: async () => ({ replacedRevision: 0, files: 0, found: false }),
    undoCommit: async () => ({ outcome: 'swapped_back' }),
    publish: async () => ({
      topic: 't', published: 0, upserted: 0, retracted: 0, new: 0, base: 0, unchanged: NO_SUMS, ranges: [], upsertsRead: NO_SUMS, retractsRead: 0, found: false,
    }),
    load: async () => ({ won: 0, updated: 0, stale: 0, alreadyThere: 0, retracted: 0, broughtBack: 0, found: false }),
    prove: async (input) => judge({
      landingHour: input.landingHour, revision: input.revision, terms: { ...NO_TERMS, lines: 1, blank: 1 },
      stores: { lake: NO_SUMS, topic: NO_SUMS, postgres: NO_SUMS }, unchanged: NO_SUMS, retractsRead: 0, quarantined: [], rawGone: [],
    }),
    closeRun: async () => undefined,
    alarm: async () => undefined,
    sweep: async () => ({ revisions: 0, objects: 0, more: false }),
    checkRaw: async () => [],
    planRebuild: async () => ({ hours: [], more: false, topicAsked: true }),
    rebuildHour: async ({ landingHour }) => ({ landingHour, outcome: 'unchanged', revision: 1, rows: 1, state: 'proven', message: 'proven', leftOut: [] }),
    endRebuild: async () => undefined,
    reconcileScope: async () => ({ hours: [], stores: [] }),
    compareLake: async () => nothingDiffers('lake'),
    compareTopic: async () => nothingDiffers('topic'),
    compareHourPayments: async () => nothingDiffers('hour_payments'),
    compareWinners: async () => nothingDiffers('curated_payments'),
    compareRollups: async () => ({ cells: 0, differing: 0, causes: {}, differencesKey: null, first: null, seconds: 0 }),
    repairRollups: async () => undefined,
    retain: async () => ({ hours: 0, objects: 0, bytes: 0, kept: [], changed: null, after: null }),
    compactDay: async ({ date }) => ({ date, hours: 0, left: 0, skipped: 0, filesBefore: 0, filesAfter: 0, rows: 0 }),
    openReconciliation: async ({ repair }) => ({ repair, cap: { rowsShare: 1, amounts: null }, approvalHours: 1 }),
    noteDecision: async () => undefined,
    endReconciliation: async () => undefined,
    planRepairs: async () => undefined,
    reloadKeys: async () => ({ removed: 0, replaced: 1, winners: 0, gone: 0, found: false }),
    closeReconciliation: async ({ reconciliationId, date, state, message, repairs }) => ({
      reconciliationId, date, state, message, rows: 0, differing: [], repairs, reportKey: 'report.json', htmlKey: 'report.html',
    }),
    suppress: async () => ({ since: '2026-11-20T11:00:00.000Z', graceMinutes: 60 }),
    eraseRaw: async () => EMPTY_PAGE,
    erasureHours: async () => ({ hours: [], next: null }),
    eraseLetters: async () => EMPTY_PAGE,
    eraseCurated: async () => EMPTY_PAGE,
    erasePostgres: async () => ({ samples: 0, rows: 0 }),
    saveReceipt: async ({ receiptId, left }) => ({ receiptId, state: left.length === 0 ? 'complete' : 'incomplete', nothingFound: true, lines: 0, hours: 0, left }),
    planReports: async () => [],
    renderReport: async () => ({ outcome: 'rendered', revision: 1, changes: 0, htmlKey: 'report.html', due: [], recipients: 0 }),
    deliverReport: async ({ recipient }) => ({ recipient, channel: 'webhook', outcome: 'report' }),
    requestHour: async () => {
      throw new Error('no script for requestHour');
    },
    withdrawHour: async () => ({ outcome: 'not_running', answer: null }),
    planBackfill: async ({ from, to }) => ({ hours: Array.from({ length: hoursBetween(from, to) }, (_, i) => hoursAfter(from, i)) }),
    noteBackfill: async () => undefined,
    shadowHour: async ({ landingHour }) => ({
      landingHour, outcome: 'same', revision: 1, lines: 1, now: 1, committed: 1, new: 0, changed: 0, gone: 0, money: [],
    }),
    ...changes,
  };
  const recorded = Object.fromEntries(Object.entries(plain).map(([name, activity]) => [name, (input: never) => {
    calls.push(name);
    return (activity as (input: never) => Promise<unknown>)(input);
  }])) as unknown as Activities;
  return { activities: recorded, calls };
}

/** Opens when told to; what an activity can wait for. */
export class Gate {
  private open!: () => void;
  private reached!: () => void;
  readonly arrived = new Promise<void>((resolve) => {
    this.reached = resolve;
  });
  private readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  async pass(): Promise<void> {
    this.reached();
    await this.opened;
  }

  release(): void {
    this.open();
  }
}
