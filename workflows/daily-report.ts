/**
 * dailyReport: a day's report to whoever is configured for it, once all that it rests on is proven, and a restatement where a number is
 * not what was sent before. Promises: nothing of an unproven hour goes out; at the deadline it fails and names the hours; who took a
 * revision is not sent it again. Killed anywhere, it goes on where it was. Run a second time with nothing changed, it sends nothing.
 */
import { ApplicationFailure, condition, defineQuery, defineSignal, isCancellation, log, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/registry';
import {
  holdingText, LOOK_AGAIN, REPORT_STATUS, type AskedAgain, type DailyReportAnswer, type DailyReportInput, type DailyReportStatus, type HeldReport, type RenderedReport, type ReportRef,
} from '../contract/daily-report';
import type { ReportAlarm } from '../contract/stages';
import { alarm } from './activity-options';
import { checkDailyReportInput, readAskedAgain } from './daily-report-input';
import { DailyReportView } from './daily-report-view';
import { messageOf } from './failure-kind';

export const lookAgain = defineSignal<[AskedAgain]>(LOOK_AGAIN);
export const reportStatus = defineQuery<DailyReportStatus>(REPORT_STATUS);

const HOUR_MS = 3_600_000;
/** Between two looks: longer and longer, since nobody says when the last hour is proven. */
const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 5 * 60_000;

const TRIED = { heartbeatTimeout: '15 seconds', startToCloseTimeout: '10 minutes' } as const;

const { renderReport } = proxyActivities<Activities>({
  ...TRIED, retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 25 },
});

/** A receiver that is down over the night is reached in the morning; one that refuses is not asked again. */
const { deliverReport } = proxyActivities<Activities>({
  ...TRIED, scheduleToCloseTimeout: '8 hours', retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

export async function dailyReport(given: DailyReportInput): Promise<DailyReportAnswer> {
  const input = checkDailyReportInput(given);
  const ref: ReportRef = { date: input.date, merchant: input.merchant ?? null };
  const asked = new Askings(input);
  const view = new DailyReportView(ref);
  setHandler(lookAgain, (again) => { asked.again(readAskedAgain(again)); });
  setHandler(reportStatus, () => view.status, { description: 'Where the report stands, and which hours hold it back' });
  const rendered = await onceProven(ref, input, asked, view);
  const failed = await deliverAll(ref, rendered, view);
  if (failed.length > 0) {
    const message = `revision ${rendered.revision} is not with ${failed.join('; ')}`;
    view.end('not_delivered', message);
    await tell({ ...ref, report: 'not_delivered', message });
    throw ApplicationFailure.nonRetryable(message, 'not_delivered');
  }
  const { revision, changes, htmlKey, due, recipients } = rendered;
  const outcome = recipients === 0 ? 'no_recipient' : due.length === 0 ? 'unchanged' : 'sent';
  view.end(outcome, `revision ${revision}, ${htmlKey}`);
  return { ...ref, outcome, revision, changes, sent: due.length, htmlKey };
}

/** Who asked last, and whether anybody accepted missing hours. */
class Askings {
  count = 0;
  by: string;
  acceptMissing: boolean;

  constructor({ by, acceptMissing }: DailyReportInput) {
    this.by = by ?? 'somebody';
    this.acceptMissing = acceptMissing === true;
  }

  again({ by, acceptMissing }: AskedAgain): void {
    this.count += 1;
    if (acceptMissing === true) this.acceptMissing = true;
    if (by !== undefined && (acceptMissing === true || !this.acceptMissing)) this.by = by;
  }
}

async function onceProven(ref: ReportRef, { deadlineHours }: DailyReportInput, asked: Askings, view: DailyReportView): Promise<RenderedReport> {
  const started = workflowInfo().startTime.getTime();
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    const seen = asked.count;
    const look = await renderReport.executeWithOptions({ summary: view.name }, [{ ...ref, by: asked.by, acceptMissing: asked.acceptMissing }]);
    if (look.outcome !== 'held') return look;
    const left = started + (deadlineHours ?? look.deadlineHours) * HOUR_MS - Date.now();
    if (left <= 0) return await heldBack(ref, look, view);
    view.held(look, new Date(Date.now() + left));
    await condition(() => asked.count > seen, Math.min(wait, left));
  }
}

async function heldBack(ref: ReportRef, look: HeldReport, view: DailyReportView): Promise<never> {
  const message = `nothing was sent, since not all of it is proven: ${holdingText(look)}`;
  view.end('held_back', message);
  await tell({ ...ref, report: 'held_back', message });
  throw ApplicationFailure.nonRetryable(`${message}. Get these hours proven and ask again, or accept those without any object: npx sluice report --date ${ref.date} --accept-missing`, 'held_back', look.holding);
}

/** Each by itself: one that cannot be reached keeps the report from nobody else. Answers with who has not got it, and why. */
async function deliverAll(ref: ReportRef, { revision, due }: RenderedReport, view: DailyReportView): Promise<readonly string[]> {
  view.sending(revision, due.length);
  const outcomes = await Promise.all(due.map(async ({ id, label }): Promise<string | null> => {
    try {
      const { outcome } = await deliverReport.executeWithOptions({ summary: label }, [{ ...ref, revision, recipient: id }]);
      view.learn(`- ${label}: ${outcome.replace('_', ' ')}`);
      return null;
    } catch (error) {
      if (isCancellation(error)) throw error;
      const why = `${label}: ${messageOf(error)}`;
      view.learn(`- **not sent** ${why}`);
      return why;
    }
  }));
  return outcomes.filter((outcome) => outcome !== null);
}

/** A webhook that is down holds up nothing; the execution is red all the same. */
async function tell(input: ReportAlarm): Promise<void> {
  try {
    await alarm.executeWithOptions({ summary: input.report }, [input]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('nobody could be told', { error });
  }
}
