/**
 * erase: takes a person out of raw, lake, dead letters and Postgres, and ends with a receipt.
 *
 * Promises: from its first step on nothing of them is curated; it ends complete only after every store was looked into again and had
 * nothing of them, else it fails and says what is left. Killed anywhere, it goes on where it was; a second run finds what is left, or
 * nothing, and says so. Of the person it knows the keyed hash and a sealed id that only the activities can open.
 */
import {
  ApplicationFailure, continueAsNew, isCancellation, proxyActivities, setCurrentDetails, sleep, upsertSearchAttributes, workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { Activities } from '../activities/registry';
import type { EraseInput, ErasedPage, EraseResult, PostgresErased } from '../contract/erasure';
import type { LandingHour } from '../contract/landing-hour';
import type { PublishMode } from '../contract/run';
import { askForHour } from './ask-for-hour';
import { checkEraseInput } from './erase-input';
import { messageOf } from './failure-kind';

const { suppress, eraseRaw, erasureHours, eraseLetters, eraseCurated, erasePostgres, saveReceipt } = proxyActivities<Activities>({
  startToCloseTimeout: '3 hours',
  heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

const HOURS_AT_ONCE = 8;
/** The last one looks only; whatever is there after it is told. */
const PASSES_AT_MOST = 4;
/** A year's lake is thousands of pages; a history is kept far below what Temporal allows. */
const EVENTS_AT_MOST = 1_000;

const PHASES = ['suppress', 'raw', 'hours', 'letters', 'curated', 'postgres', 'verify', 'receipt'] as const;
type Phase = (typeof PHASES)[number];

const ABOUT: Readonly<Record<Phase, string>> = {
  suppress: 'on the list of the suppressed', raw: 'raw objects', hours: 'hours run again', letters: 'dead letters, samples, staging',
  curated: 'curated files', postgres: 'Postgres', verify: 'raw looked into again', receipt: 'receipt',
};

type Counts = Pick<ErasedPage, 'objects' | 'changed' | 'found' | 'versions' | 'mentions'>;
const NONE: Counts = { objects: 0, changed: 0, found: 0, versions: 0, mentions: 0 };

/** All that it knows; what an execution hands to the next one. */
export interface EraseState {
  readonly receiptId: string;
  readonly startedAt: string;
  readonly since: string;
  readonly graceMinutes: number;
  readonly phase: Phase;
  /** of the phase: the last key, or hour, that is done */
  readonly after: string | null;
  readonly pass: number;
  /** changed or found in this pass */
  readonly passFound: number;
  readonly passHours: readonly LandingHour[];
  readonly passLeft: readonly string[];
  readonly hours: number;
  readonly lastRetractAt: string;
  readonly raw: Counts;
  readonly letters: Counts;
  readonly curated: Counts;
  readonly postgres: PostgresErased;
  readonly left: readonly string[];
}

export async function erase(given: EraseInput, handedOver?: EraseState): Promise<EraseResult> {
  const input = checkEraseInput(given);
  let state = handedOver ?? begin(input);
  for (;;) {
    show(state);
    if (state.phase === 'receipt') return await conclude(input, state);
    state = await step(input, state);
    if (workflowInfo().historyLength > EVENTS_AT_MOST) await continueAsNew<typeof erase>(input, state);
  }
}

function begin({ token }: EraseInput): EraseState {
  upsertSearchAttributes([
    { key: defineSearchAttributeKey('Pipeline', 'KEYWORD'), value: 'payments' },
    { key: defineSearchAttributeKey('RunKind', 'KEYWORD'), value: 'erase' },
    { key: defineSearchAttributeKey('Outcome', 'KEYWORD'), value: 'open' },
  ]);
  const now = new Date().toISOString();
  return {
    // The end of the run's id: its beginning is the time, the same for a minute.
    receiptId: `${now.slice(0, 10)}-${token.slice(0, 8)}-${workflowInfo().runId.slice(-12)}`, startedAt: now, since: now, graceMinutes: 0,
    phase: 'suppress', after: null, pass: 1, passFound: 0, passHours: [], passLeft: [], hours: 0, lastRetractAt: now,
    raw: NONE, letters: NONE, curated: NONE, postgres: { samples: 0, rows: 0 }, left: [],
  };
}

async function step(input: EraseInput, state: EraseState): Promise<EraseState> {
  const { token, sealed, by } = input;
  const page = { token, sealed, after: state.after, since: state.startedAt, look: false };
  switch (state.phase) {
    case 'suppress':
      return { ...state, ...(await suppress({ token, receiptId: state.receiptId, by })), phase: 'raw' };
    case 'raw': {
      const done = await eraseRaw(page);
      return onward({ ...state, raw: add(state.raw, done) }, done.next, 'hours');
    }
    case 'hours': {
      const { hours, next } = await erasureHours({ token, after: state.after as LandingHour | null });
      await runAgain(state, hours, 'changed', by);
      return onward({ ...state, hours: state.hours + hours.length, lastRetractAt: new Date().toISOString() }, next, 'letters');
    }
    case 'letters': {
      const done = await eraseLetters({ ...page, look: state.pass === PASSES_AT_MOST });
      const seen = { ...state, letters: add(state.letters, done), passFound: state.passFound + done.found, passLeft: [...state.passLeft, ...done.left] };
      if (done.next !== null || seen.passFound === 0 || seen.pass === PASSES_AT_MOST) return onward(settled(seen, done.next), done.next, 'curated');
      return again(seen);
    }
    case 'curated': {
      // Whoever reads a replaced revision now has its files until the grace is over; nobody else is shown them.
      if (state.after === null && (state.hours > 0 || state.pass > 1)) await sleep(state.graceMinutes * 60_000, { summary: 'grace of the replaced revisions' });
      const done = await eraseCurated({ ...page, look: state.pass === PASSES_AT_MOST });
      const seen = {
        // Rows in files that are needed yet are found in the next pass once more.
        ...state, curated: add(state.curated, { ...done, found: done.found - (done.needed ?? 0) }), passFound: state.passFound + done.found, passLeft: [...state.passLeft, ...done.left],
        passHours: [...new Set([...state.passHours, ...done.hours])],
      };
      if (done.next !== null || seen.passFound === 0 || seen.pass === PASSES_AT_MOST) return onward(settled(seen, done.next), done.next, 'postgres');
      await runAgain(seen, seen.passHours, 'all', by);
      return again({ ...seen, hours: seen.hours + seen.passHours.length, lastRetractAt: new Date().toISOString() });
    }
    case 'postgres': {
      const postgres = await erasePostgres({ token, sealed });
      const left = postgres.rows > 0 ? [`curated_payments has ${postgres.rows} of their rows`] : [];
      return onward({ ...state, postgres, left: [...state.left, ...left] }, null, 'verify');
    }
    case 'verify': {
      const seen = await eraseRaw({ ...page, look: true });
      return onward({ ...state, left: [...state.left, ...seen.left] }, seen.next, 'receipt');
    }
    case 'receipt':
      return state;
  }
}

/** The next page, or the next phase. */
function onward(state: EraseState, next: string | null, following: Phase): EraseState {
  if (next !== null) return { ...state, after: next };
  return { ...state, phase: following, after: null, pass: 1, passFound: 0, passHours: [], passLeft: [] };
}

/** The same store once more: only a pass that finds nothing says that nothing is there. */
function again(state: EraseState): EraseState {
  return { ...state, after: null, pass: state.pass + 1, passFound: 0, passHours: [], passLeft: [] };
}

/** What the last pass could not take away is left. */
function settled(state: EraseState, next: string | null): EraseState {
  return next === null ? { ...state, left: [...state.left, ...state.passLeft] } : state;
}

/** An hour that does not end well is found by the next look at its files; the others go on. */
async function runAgain(state: EraseState, hours: readonly LandingHour[], publish: PublishMode, by: string): Promise<void> {
  for (let at = 0; at < hours.length; at += HOURS_AT_ONCE) {
    await Promise.all(hours.slice(at, at + HOURS_AT_ONCE).map(async (hour) => {
      try {
        await askForHour(hour, { requestId: `${state.receiptId} ${state.phase} ${state.pass} ${hour}`, kind: 'erase', by, publish, waitFor: 'done' });
      } catch (error) {
        if (isCancellation(error)) throw error;
        show(state, `${hour} could not be run: ${messageOf(error)}`);
      }
    }));
  }
}

function add(a: Counts, b: Counts): Counts {
  return {
    objects: a.objects + b.objects, changed: a.changed + b.changed, found: a.found + b.found, versions: a.versions + b.versions, mentions: a.mentions + b.mentions,
  };
}

async function conclude({ token, by }: EraseInput, state: EraseState): Promise<EraseResult> {
  const result = await saveReceipt({
    token, by, receiptId: state.receiptId, startedAt: state.startedAt, since: state.since, lastRetractAt: state.lastRetractAt,
    raw: state.raw, mentions: state.raw.mentions, deadLetters: state.letters, curated: state.curated, postgres: state.postgres, left: state.left.slice(0, 20),
  });
  upsertSearchAttributes([{ key: defineSearchAttributeKey('Outcome', 'KEYWORD'), value: result.state }]);
  show(state, `**${result.state}**: receipt \`${result.receiptId}\`, ${result.lines} lines in ${result.hours} hours` + result.left.map((sentence) => `\n- left: ${sentence}`).join(''));
  if (result.state === 'complete') return result;
  throw ApplicationFailure.nonRetryable(
    `not all of them is gone: ${result.left[0]} (${result.left.length} in all; receipt ${result.receiptId}). See to it and start the erasure again`, 'incomplete', result,
  );
}

function show(state: EraseState, note = ''): void {
  const reached = PHASES.indexOf(state.phase);
  const learned: Readonly<Partial<Record<Phase, string>>> = {
    raw: `${state.raw.found} lines in ${state.raw.changed} of ${state.raw.objects} objects`,
    hours: String(state.hours),
    letters: `${state.letters.found} found`,
    curated: `${state.curated.found} rows found`,
    postgres: `${state.postgres.samples} samples removed, ${state.postgres.rows} rows left`,
  };
  const lines = PHASES.slice(0, reached + 1).map((phase, i) => `- ${ABOUT[phase]}: ${i < reached ? (learned[phase] ?? 'done') : `going on${learned[phase] === undefined ? '' : `, ${learned[phase]}`}`}`);
  setCurrentDetails([`**Erasure ${state.receiptId}**`, '', ...lines, ...(note === '' ? [] : ['', note])].join('\n'));
}
