/**
 * rebuildPostgres: Postgres and the ledger's proofs again from the lake alone, after a loss or a restore to an older point.
 *
 * Promises: when it ends, every hour that the lake shows is in Postgres as the lake has it and proven, or named with the reason. In
 * whichever order hours come, winners end right. As long as Postgres lacks hours the ledger says so, and reports come from the lake. Killed anywhere, it goes on; a second run finds every hour as it should be.
 */
import {
  ApplicationFailure, continueAsNew, defineQuery, isCancellation, patched, proxyActivities, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Activities } from '../activities/registry';
import type { LandingHour } from '../contract/landing-hour';
import { NOTHING_REBUILT, type HourToRebuild, type RebuildCarried, type RebuildInput, type RebuildSummary, type RebuiltHour } from '../contract/rebuild';
import { askForHour } from './ask-for-hour';
import { messageOf } from './failure-kind';
import { window } from './window';

const HOURS_OF_A_PAGE = 300;
const HOURS_AT_ONCE = 3;
const LONGEST_MESSAGE = 300;
const NAMED_IN_DETAILS = 20;

const PIPELINE = defineSearchAttributeKey('Pipeline', 'KEYWORD');
const RUN_KIND = defineSearchAttributeKey('RunKind', 'KEYWORD');
const OUTCOME = defineSearchAttributeKey('Outcome', 'KEYWORD');

export const rebuildStatus = defineQuery<RebuildSummary>('rebuildStatus');

/** Rebuildings that began before the ledger was told of them end without it. */
const NOTED = 'the-ledger-knows-of-rebuildings';

const { planRebuild, rebuildHour, endRebuild } = proxyActivities<Activities>({
  startToCloseTimeout: '3 hours',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 25 },
});

export async function rebuildPostgres(input: RebuildInput = {}): Promise<RebuildSummary> {
  checkInput(input);
  const by = input.by ?? 'Temporal start';
  let carried: RebuildCarried = input.carried ?? { after: null, pagesDone: false, summary: NOTHING_REBUILT, again: [], needRun: [] };
  setHandler(rebuildStatus, () => carried.summary, { description: 'Hours and rows so far, and the hours that are not proven' });
  const show = (): void => { setCurrentDetails(detailsOf(carried)); };
  upsertSearchAttributes([{ key: PIPELINE, value: 'payments' }, { key: RUN_KIND, value: 'repair' }, { key: OUTCOME, value: 'open' }]);
  show();

  const learned = (next: RebuildCarried): void => {
    carried = next;
    show();
  };
  const goOn = async (): Promise<never> => continueAsNew<typeof rebuildPostgres>({ ...input, carried });

  if (!carried.pagesDone) {
    const begins = input.carried === undefined && patched(NOTED);
    const page = await planRebuild({
      after: carried.after, limit: HOURS_OF_A_PAGE, ...(begins ? { begin: { workflowRunId: workflowInfo().firstExecutionRunId, by } } : {}),
    });
    await window(page.hours, HOURS_AT_ONCE, async (hour) => {
      const rebuilt = await rebuildOne(hour);
      learned(withHour(carried, rebuilt));
    });
    learned({
      ...carried, pagesDone: !page.more, after: page.hours.at(-1)?.landingHour ?? carried.after,
      summary: { ...carried.summary, topicAsked: carried.summary.topicAsked && page.topicAsked },
    });
    return goOn();
  }
  if (carried.again.length > 0) {
    // An hour that will be run decides all its payments then.
    const now = carried.again.slice(0, HOURS_OF_A_PAGE).filter((hour) => !carried.needRun.includes(hour));
    carried = { ...carried, again: carried.again.slice(HOURS_OF_A_PAGE) };
    await window(now, HOURS_AT_ONCE, async (landingHour) => {
      // Its number was restored by the first look.
      const hour = await rebuildOne({ landingHour, published: 0 });
      learned(withState(carried, hour));
    });
    return goOn();
  }
  if (carried.needRun.length > 0) {
    const now = carried.needRun.slice(0, HOURS_OF_A_PAGE);
    carried = { ...carried, needRun: carried.needRun.slice(HOURS_OF_A_PAGE) };
    await window(now, HOURS_AT_ONCE, async (landingHour) => {
      const run = await runOne(landingHour, by);
      learned(withRun(carried, run));
    });
    if (carried.needRun.length > 0) return goOn();
  }
  // An hour that is broken is in Postgres; one that is open could not be rebuilt.
  if (carried.summary.notProven.every(({ state }) => state !== 'open') && patched(NOTED)) await endRebuild();
  upsertSearchAttributes([{ key: OUTCOME, value: carried.summary.notProven.length === 0 ? 'proven' : 'broken' }]);
  return carried.summary;
}

/** An hour that cannot be rebuilt is named, and the others go on. */
async function rebuildOne(hour: HourToRebuild): Promise<RebuiltHour> {
  try {
    return await rebuildHour.executeWithOptions({ summary: `rebuild ${hour.landingHour}` }, [hour]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { landingHour: hour.landingHour, outcome: 'failed', revision: 0, rows: 0, state: 'open', message: messageOf(error), leftOut: [] };
  }
}

type Ended = Pick<RebuiltHour, 'landingHour' | 'state' | 'message' | 'rows'>;

async function runOne(landingHour: LandingHour, by: string): Promise<Ended> {
  try {
    // The execution's first run id: an execution that went on from another asks with the same words as that one did.
    const answer = await askForHour(landingHour, {
      requestId: `rebuild ${workflowInfo().firstExecutionRunId} ${landingHour}`, kind: 'repair', by, publish: 'all', waitFor: 'done',
    });
    return { landingHour, state: answer.state, message: answer.message, rows: answer.proof?.terms.curated ?? 0 };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { landingHour, state: 'open', message: messageOf(error), rows: 0 };
  }
}

function withHour(carried: RebuildCarried, hour: RebuiltHour): RebuildCarried {
  const again = [...new Set([...carried.again, ...hour.leftOut])];
  if (hour.outcome === 'needs_run') return { ...carried, again, needRun: [...carried.needRun, hour.landingHour] };
  const { summary } = carried;
  return {
    ...carried,
    again,
    summary: ended({
      ...summary,
      unchanged: summary.unchanged + (hour.outcome === 'unchanged' ? 1 : 0),
      ledgerOnly: summary.ledgerOnly + (hour.outcome === 'ledger' ? 1 : 0),
      loaded: summary.loaded + (hour.outcome === 'loaded' ? 1 : 0),
    }, hour),
  };
}

/** It was counted when it was first looked at; what it is now stands. */
function withState(carried: RebuildCarried, hour: RebuiltHour): RebuildCarried {
  const { summary } = carried;
  const before = summary.notProven.find(({ landingHour }) => landingHour === hour.landingHour);
  const through = isThrough(hour.state);
  if (through === (before === undefined)) return carried;
  return {
    ...carried,
    summary: {
      ...summary,
      // A row that another hour waits for is in an hour that has rows: it was proven, and not empty.
      proven: summary.proven + (through ? 1 : -1),
      notProven: through ? summary.notProven.filter((one) => one !== before) : [...summary.notProven, named(hour)],
    },
  };
}

function withRun(carried: RebuildCarried, hour: Ended): RebuildCarried {
  return { ...carried, summary: ended({ ...carried.summary, run: [...carried.summary.run, hour.landingHour] }, hour) };
}

function ended(summary: RebuildSummary, hour: Ended): RebuildSummary {
  return {
    ...summary,
    hours: summary.hours + 1,
    rows: summary.rows + hour.rows,
    proven: summary.proven + (hour.state === 'proven' ? 1 : 0),
    empty: summary.empty + (hour.state === 'empty' ? 1 : 0),
    notProven: isThrough(hour.state) ? summary.notProven : [...summary.notProven, named(hour)],
  };
}

function isThrough(state: RebuiltHour['state']): boolean {
  return state === 'proven' || state === 'empty';
}

function named({ landingHour, state, message }: Ended): RebuildSummary['notProven'][number] {
  return { landingHour, state, message: message.slice(0, LONGEST_MESSAGE) };
}

function detailsOf({ summary, needRun }: RebuildCarried): string {
  const { notProven } = summary;
  return [
    `**${summary.hours} hours**, ${summary.rows} rows: ${summary.proven} proven, ${summary.empty} empty, ${notProven.length} not proven`,
    `- ${summary.unchanged} as they should be, ${summary.loaded} loaded, ${summary.ledgerOnly} in the ledger only, ${summary.run.length} run, ${needRun.length} to be run`,
    ...notProven.slice(0, NAMED_IN_DETAILS).map(({ landingHour, state, message }) => `- ${landingHour} is ${state}: ${message}`),
    ...(notProven.length > NAMED_IN_DETAILS ? [`- and ${notProven.length - NAMED_IN_DETAILS} more`] : []),
  ].join('\n');
}

/** It may be typed by people into the Temporal UI. */
function checkInput(input: unknown): void {
  const given = input as Partial<RebuildInput> | null;
  if (typeof given === 'object' && given !== null && (given.by === undefined || typeof given.by === 'string')) return;
  throw ApplicationFailure.nonRetryable(`not an input of rebuildPostgres (${JSON.stringify(input)}). Start it with {"by": "your name"} or {}`, 'usage');
}
