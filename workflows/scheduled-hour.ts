/**
 * scheduledHour: what a schedule starts. It asks for the hour that ended before the *scheduled* time and does not wait for its
 * end, so that one open hour never blocks the next. Never the clock: a late start must not ask for another hour.
 */
import { ApplicationFailure, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { hoursAfter, landingHourOf } from '../contract/landing-hour';
import type { RunAnswer } from '../contract/run';
import { askForHour } from './ask-for-hour';

const SCHEDULED_START = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');
const SCHEDULED_BY = defineSearchAttributeKey('TemporalScheduledById', 'KEYWORD');

export async function scheduledHour(): Promise<RunAnswer> {
  const { typedSearchAttributes, runId } = workflowInfo();
  const scheduled = typedSearchAttributes.get(SCHEDULED_START);
  if (scheduled === undefined) {
    throw ApplicationFailure.nonRetryable(
      'scheduledHour is started by a schedule only. To run an hour, start hourlyPayments with {"landingHour": "2026-11-20T10"}', 'usage',
    );
  }
  const landingHour = hoursAfter(landingHourOf(scheduled), -1);
  setCurrentDetails(`asks for ${landingHour}`);
  return askForHour(landingHour, {
    requestId: `schedule ${runId}`, kind: 'schedule', by: typedSearchAttributes.get(SCHEDULED_BY) ?? 'schedule', waitFor: 'accepted',
  });
}
