/**
 * compact: a closed day's small files become one for each merchant. Nothing else of the day changes, so a run that comes in between is
 * first, and what it has is left. Killed or started again, it starts over where it must.
 */
import {
  ApplicationFailure, executeChild, proxyActivities, setCurrentDetails, upsertSearchAttributes, workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/registry';
import { isUtcDate } from '../contract/landing-hour';
import { toldRun } from '../contract/remote-run';
import type { CompactInput, CompactResult } from '../contract/stages';

const PIPELINE = defineSearchAttributeKey('Pipeline', 'KEYWORD');
const OUTCOME = defineSearchAttributeKey('Outcome', 'KEYWORD');
const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
/** Lines of a day land for some days, and the nights in between reconcile it hour by hour. */
const CLOSED_AFTER_DAYS = 3;
const DAY_MS = 86_400_000;

export async function compact(given: CompactInput): Promise<CompactResult> {
  const date = (given as Partial<CompactInput> | null | undefined)?.date;
  if (!isUtcDate(date)) {
    throw ApplicationFailure.nonRetryable(`not a date (${JSON.stringify(given) ?? 'no input'}). Start compact with {"date": "2026-11-20"}, a UTC date`, 'usage');
  }
  const { compactDay } = proxyActivities<Activities>({
    startToCloseTimeout: '6 hours',
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 10 },
    summary: `compact ${date}`,
  });
  upsertSearchAttributes([{ key: PIPELINE, value: 'compaction' }, { key: OUTCOME, value: 'open' }]);
  setCurrentDetails(`**${date}**: going on`);
  const result = await compactDay({ date });
  upsertSearchAttributes([{ key: OUTCOME, value: result.left === 0 ? 'compacted' : 'partly' }]);
  setCurrentDetails(`**${date}**: ${result.filesBefore} files became ${result.filesAfter}\n\n- ${result.hours} hours name the new files\n` +
    `- ${result.left} were left: a run of theirs was first\n- ${result.skipped} were not looked at: not proven, or a run is under way` +
    (result.run === undefined ? '' : `\n- merged by ${toldRun(result.run)}`));
  return result;
}

/** What the schedule starts: the day is counted from the *scheduled* time, never from the clock. */
export async function scheduledCompaction(): Promise<CompactResult | null> {
  const scheduled = workflowInfo().typedSearchAttributes.get(SCHEDULED_START);
  if (scheduled === undefined) {
    throw ApplicationFailure.nonRetryable('scheduledCompaction is started by a schedule only. To compact a day, start compact with {"date": "2026-11-20"}', 'usage');
  }
  const date = new Date(scheduled.getTime() - CLOSED_AFTER_DAYS * DAY_MS).toISOString().slice(0, 10);
  setCurrentDetails(`compacts ${date}`);
  try {
    return await executeChild(compact, { workflowId: `compact/${date}`, args: [{ date }], staticSummary: `small files of ${date}` });
  } catch (error) {
    // Somebody is at it.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}
