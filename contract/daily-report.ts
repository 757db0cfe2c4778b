/** A day's report to people outside: what is asked for, what holds it back, what became of it. What passes through Temporal has no address. */
import type { LandingHour } from './landing-hour';
import type { HourState } from './proof';

export interface DailyReportInput {
  /** UTC, like 2026-11-20: the day of the payments */
  readonly date: string;
  /** absent: the report of all merchants */
  readonly merchant?: string;
  readonly by?: string;
  /** somebody says that hours of the day without any object had no payment; the report names them */
  readonly acceptMissing?: boolean;
  /** hours after its start until which it waits for proofs; 0: looks once. Absent: as the setting says */
  readonly deadlineHours?: number;
}

/** Asked again while it waits: it looks at once. */
export type AskedAgain = Pick<DailyReportInput, 'by' | 'acceptMissing'>;

export const LOOK_AGAIN = 'lookAgain';
export const REPORT_STATUS = 'reportStatus';
export const DEADLINE_AT_MOST_HOURS = 168;

/** One at a time for each day and each who is reported to. */
export function reportWorkflowId(date: string, merchant: string | null): string {
  return merchant === null ? `report/${date}` : `report/${date}/${merchant}`;
}

/** Whose report of which day. */
export interface ReportRef {
  readonly date: string;
  /** null: all merchants */
  readonly merchant: string | null;
}

/** unasked: nobody ever asked for this hour of the day */
export type ReportHourState = HourState | 'unasked';

export interface HoldingHour {
  readonly landingHour: LandingHour;
  readonly state: ReportHourState;
}

/** What a report rests on; kept with each revision. */
export interface ReportHour extends HoldingHour {
  /** the loaded one; null: none */
  readonly revision: number | null;
}

export interface RenderReportInput extends ReportRef {
  readonly by: string;
  readonly acceptMissing: boolean;
}

export interface DueRecipient {
  readonly id: string;
  /** names no address */
  readonly label: string;
}

export interface HeldReport {
  readonly outcome: 'held';
  /** the first of them */
  readonly holding: readonly HoldingHour[];
  readonly holdingInAll: number;
  /** as the setting says */
  readonly deadlineHours: number;
}

export interface RenderedReport {
  /** unchanged: every number is what it was in this revision */
  readonly outcome: 'rendered' | 'unchanged';
  readonly revision: number;
  /** numbers that are not what they were in the revision before */
  readonly changes: number;
  readonly htmlKey: string;
  /** who has not got it yet */
  readonly due: readonly DueRecipient[];
  /** configured for this report, whether it is due or not */
  readonly recipients: number;
}

export type RenderReportResult = HeldReport | RenderedReport;

export interface DeliverReportInput extends ReportRef {
  readonly revision: number;
  readonly recipient: string;
}

export interface DeliverReportResult {
  readonly recipient: string;
  readonly channel: 'webhook' | 'mail';
  /** sent_before: a former attempt was acknowledged; same_numbers: it has these numbers, by an older revision */
  readonly outcome: 'report' | 'restatement' | 'sent_before' | 'same_numbers';
}

export interface PlanReportsInput {
  /** the newest day to look at */
  readonly date: string;
}

export interface DailyReportAnswer extends ReportRef {
  readonly outcome: 'sent' | 'unchanged' | 'no_recipient';
  readonly revision: number;
  readonly changes: number;
  readonly sent: number;
  readonly htmlKey: string;
}

export interface DailyReportStatus {
  readonly state: 'looking' | 'held' | 'sending' | 'over';
  readonly holding: readonly HoldingHour[];
  /** ISO instant; null: not held */
  readonly deadline: string | null;
}

/** For people: the first hours, by name. */
export function holdingText({ holding, holdingInAll }: Pick<HeldReport, 'holding' | 'holdingInAll'>): string {
  const named = holding.map(({ landingHour, state }) => `${landingHour} is ${state === 'unasked' ? 'not asked for' : state}`);
  return `${named.join(', ')}${holdingInAll > holding.length ? ` and ${holdingInAll - holding.length} more` : ''}`;
}
