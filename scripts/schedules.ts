/** The schedules, as a table, and how Temporal is made to have exactly these. Overlap and catch-up window are always explicit. */
import { ScheduleAlreadyRunning, ScheduleNotFoundError, type Client, type ScheduleDescription, type ScheduleOptions } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import type { Configuration } from '../contract/configuration';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Schedule {
  readonly id: string;
  readonly about: string;
  readonly workflowType: string;
  readonly everyMs: number;
  readonly offsetMs: number;
  readonly overlap: 'BUFFER_ALL' | 'ALLOW_ALL' | 'SKIP';
  /** after an outage, the starts of this long are made up for; older ones are misses */
  readonly catchupWindowMs: number;
}

export const SCHEDULES: readonly Schedule[] = [
  {
    id: 'hourly-payments',
    about: 'asks for the landing hour that ended before the scheduled time',
    workflowType: 'scheduledHour',
    everyMs: HOUR,
    // Objects of an hour land until a few minutes after its end.
    offsetMs: 10 * MINUTE,
    // Temporal's default, skip, would lose the hours that come due while one asking is under way.
    overlap: 'BUFFER_ALL',
    catchupWindowMs: 7 * DAY,
  },
  {
    id: 'sweep-replaced',
    about: 'removes the files of replaced revisions after their grace',
    workflowType: 'sweepReplaced',
    everyMs: HOUR,
    offsetMs: 40 * MINUTE,
    // The next one does what a missed one would have done.
    overlap: 'SKIP',
    catchupWindowMs: HOUR,
  },
  {
    id: 'retention',
    about: 'removes what is past its time, of proven hours only',
    workflowType: 'retention',
    everyMs: DAY,
    offsetMs: 4 * HOUR,
    // The next one does what a missed one would have done.
    overlap: 'SKIP',
    catchupWindowMs: 12 * HOUR,
  },
  {
    id: 'compact-closed',
    about: 'puts together the small files of the day three days before the scheduled time',
    workflowType: 'scheduledCompaction',
    everyMs: DAY,
    // After the night's reconciliation.
    offsetMs: 5 * HOUR,
    // Each is for another day.
    overlap: 'BUFFER_ALL',
    catchupWindowMs: 7 * DAY,
  },
  {
    id: 'daily-reports',
    about: 'makes and sends the report of the day before the scheduled time, and restates those of the days looked back at',
    workflowType: 'scheduledReports',
    everyMs: DAY,
    // After the night's reconciliation and its repairs.
    offsetMs: 6 * HOUR,
    // The starter is over at once; each report goes on under an id of its own.
    overlap: 'BUFFER_ALL',
    catchupWindowMs: 7 * DAY,
  },
  {
    id: 'nightly-reconcile',
    about: 'holds every store against the proofs of the day before the scheduled time',
    workflowType: 'scheduledReconcile',
    everyMs: DAY,
    offsetMs: 2 * HOUR + 30 * MINUTE,
    // The starter is over at once; each day is reconciled under an id of its own.
    overlap: 'BUFFER_ALL',
    catchupWindowMs: 7 * DAY,
  },
];

export interface FieldDifference {
  readonly field: string;
  readonly was: string;
  readonly is: string;
}

export interface AppliedSchedule {
  readonly id: string;
  readonly outcome: 'created' | 'updated' | 'same' | 'failed';
  readonly differences: readonly FieldDifference[];
  readonly error: string | null;
}

/** Goes on past a schedule that fails, so that one broken entry does not leave the others as they were. */
export async function applySchedules(
  client: Client, table: readonly Schedule[], { SLUICE_TASK_QUEUE: taskQueue }: Pick<Configuration, 'SLUICE_TASK_QUEUE'>,
): Promise<readonly AppliedSchedule[]> {
  const applied: AppliedSchedule[] = [];
  for (const schedule of table) {
    try {
      applied.push(await applySchedule(client, optionsOf(schedule, taskQueue)));
    } catch (error) {
      const cause = (error as Error).cause;
      applied.push({
        id: schedule.id, outcome: 'failed', differences: [],
        error: cause instanceof Error ? `${(error as Error).message}: ${cause.message}` : (error as Error).message,
      });
    }
  }
  return applied;
}

/** Null: Temporal does not have it. */
export async function describeSchedule(client: Client, id: string): Promise<ScheduleDescription | null> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}

async function applySchedule(client: Client, options: ScheduleOptions): Promise<AppliedSchedule> {
  const id = options.scheduleId;
  const found = await describeSchedule(client, id);
  if (found === null) {
    try {
      await client.schedule.create(options);
      return { id, outcome: 'created', differences: [], error: null };
    } catch (error) {
      // Somebody else created it in between; look at what they made.
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      return applySchedule(client, options);
    }
  }
  const differences = differencesOf(fieldsFound(found), fieldsDue(options));
  if (differences.length === 0) return { id, outcome: 'same', differences, error: null };
  await client.schedule.getHandle(id).update((previous) => {
    const { spec, action, policies } = options;
    // A pause is an operator's decision and stays.
    return { spec, action, policies, state: previous.state } as ReturnType<Parameters<ReturnType<typeof client.schedule.getHandle>['update']>[0]>;
  });
  return { id, outcome: 'updated', differences, error: null };
}

function optionsOf(schedule: Schedule, taskQueue: string): ScheduleOptions {
  const searchAttributes: SearchAttributePair[] = [
    { key: defineSearchAttributeKey('Pipeline', 'KEYWORD'), value: 'payments' },
    { key: defineSearchAttributeKey('RunKind', 'KEYWORD'), value: 'schedule' },
  ];
  return {
    scheduleId: schedule.id,
    spec: { intervals: [{ every: schedule.everyMs, offset: schedule.offsetMs }] },
    policies: { overlap: schedule.overlap, catchupWindow: schedule.catchupWindowMs, pauseOnFailure: false },
    action: {
      type: 'startWorkflow',
      workflowType: schedule.workflowType,
      workflowId: `schedule/${schedule.id}`,
      taskQueue,
      args: [],
      typedSearchAttributes: searchAttributes,
      staticSummary: `schedule ${schedule.id}`,
      staticDetails: schedule.about,
    },
  };
}

type Fields = ReadonlyMap<string, string>;

function fieldsDue({ spec, action, policies }: ScheduleOptions): Fields {
  return new Map([
    ['when', timesText(spec as ScheduleDescription['spec'])],
    ['overlap', String(policies?.overlap)],
    ['catch-up window', durationText(Number(policies?.catchupWindow))],
    ['pause on failure', String(policies?.pauseOnFailure)],
    ['workflow type', String(action.workflowType)],
    ['workflow id', action.workflowId ?? ''],
    ['task queue', action.taskQueue],
    ['input', JSON.stringify(action.args ?? [])],
    ['summary', action.staticSummary ?? ''],
    ['details', action.staticDetails ?? ''],
    ['search attributes', attributesText(action.typedSearchAttributes as readonly SearchAttributePair[])],
  ]);
}

function fieldsFound({ spec, action, policies }: ScheduleDescription): Fields {
  const attributes = action.typedSearchAttributes;
  return new Map([
    ['when', timesText(spec)],
    ['overlap', String(policies.overlap)],
    ['catch-up window', durationText(policies.catchupWindow)],
    ['pause on failure', String(policies.pauseOnFailure)],
    ['workflow type', action.workflowType],
    ['workflow id', action.workflowId ?? ''],
    ['task queue', action.taskQueue],
    ['input', JSON.stringify(action.args ?? [])],
    ['summary', action.staticSummary ?? ''],
    ['details', action.staticDetails ?? ''],
    ['search attributes', attributesText(attributes === undefined ? [] : Array.isArray(attributes) ? attributes : (attributes as { getAll(): SearchAttributePair[] }).getAll())],
  ]);
}

function differencesOf(found: Fields, due: Fields): readonly FieldDifference[] {
  return [...due].flatMap(([field, is]) => {
    const was = found.get(field) ?? '';
    return was === is ? [] : [{ field, was, is }];
  });
}

/** The whole rule, so that a calendar or an end date which somebody added in the UI is a difference too. */
export function timesText(spec: ScheduleDescription['spec']): string {
  const parts = (spec.intervals ?? []).map(({ every, offset }) => `every ${durationText(every)}${Number(offset) === 0 ? '' : ` at +${durationText(offset)}`}`);
  for (const calendar of spec.calendars ?? []) parts.push(`calendar ${JSON.stringify(calendar)}`);
  for (const calendar of spec.skip ?? []) parts.push(`not at ${JSON.stringify(calendar)}`);
  if (spec.startAt !== undefined) parts.push(`from ${spec.startAt.toISOString()}`);
  if (spec.endAt !== undefined) parts.push(`until ${spec.endAt.toISOString()}`);
  if (spec.jitter !== undefined && spec.jitter > 0) parts.push(`jitter ${durationText(spec.jitter)}`);
  if (spec.timezone !== undefined && !['', 'UTC'].includes(spec.timezone)) parts.push(`in ${spec.timezone}`);
  return parts.join(', ');
}

function durationText(ms: number): string {
  for (const [unit, size] of [['d', DAY], ['h', HOUR], ['min', MINUTE], ['s', 1000]] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
  }
  return `${ms} ms`;
}

function attributesText(pairs: readonly SearchAttributePair[]): string {
  return pairs.map(({ key, value }) => `${key.name}=${String(value)}`).sort().join(' ');
}
