/**
 * scheduledReports: what a schedule starts. It starts the report of the day before the *scheduled* time and of each day looked back at that
 * has something to say, and waits for none of them, so that one which waits for an hour never holds back another. Never the clock.
 */
import { ApplicationFailure, ParentClosePolicy, proxyActivities, setCurrentDetails, startChild, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Activities } from '../activities/registry';
import { reportWorkflowId, type ReportRef } from '../contract/daily-report';
import { dailyReport } from './daily-report';

const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');
const DAY_MS = 86_400_000;
const STARTED_AT_ONCE = 20;

const { planReports } = proxyActivities<Activities>({
  startToCloseTimeout: '30 minutes', heartbeatTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 25 },
});

export async function scheduledReports(): Promise<{ readonly started: number; readonly goingOn: number }> {
  const { typedSearchAttributes } = workflowInfo();
  const scheduled = typedSearchAttributes.get(SCHEDULED_START);
  if (scheduled === undefined) {
    throw ApplicationFailure.nonRetryable('scheduledReports is started by a schedule only. To send the report of a day, start dailyReport with {"date": "2026-11-20"}', 'usage');
  }
  const by = typedSearchAttributes.get(SCHEDULED_BY) ?? 'schedule';
  const due = await planReports({ date: new Date(scheduled.getTime() - DAY_MS).toISOString().slice(0, 10) });
  let started = 0;
  for (let at = 0; at < due.length; at += STARTED_AT_ONCE) {
    const outcomes = await Promise.all(due.slice(at, at + STARTED_AT_ONCE).map((ref) => begin(ref, by)));
    started += outcomes.filter(Boolean).length;
    setCurrentDetails(`${started} of ${due.length} reports started`);
  }
  return { started, goingOn: due.length - started };
}

/** False: it goes on already. */
async function begin({ date, merchant }: ReportRef, by: string): Promise<boolean> {
  try {
    await startChild(dailyReport, {
      workflowId: reportWorkflowId(date, merchant),
      args: [{ date, by, ...(merchant === null ? {} : { merchant }) }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `report of ${date}`,
      staticDetails: 'started by the schedule',
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
