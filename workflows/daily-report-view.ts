/** What operators see of a day's report in the Temporal UI, and what the command line asks while it waits. No address, no number of money. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { holdingText, type DailyReportStatus, type HeldReport, type ReportRef } from '../contract/daily-report';

const PIPELINE = defineSearchAttributeKey('Pipeline', 'KEYWORD');
const OUTCOME = defineSearchAttributeKey('Outcome', 'KEYWORD');

export class DailyReportView {
  readonly name: string;
  status: DailyReportStatus = { state: 'looking', holding: [], deadline: null };
  private note = '';
  private outcome = 'open';
  private readonly learned: string[] = [];

  constructor({ date, merchant }: ReportRef) {
    this.name = `report of ${date}${merchant === null ? '' : ` for ${merchant}`}`;
    upsertSearchAttributes([{ key: PIPELINE, value: 'reports' }, { key: OUTCOME, value: 'open' }]);
    this.show();
  }

  held(look: HeldReport, deadline: Date): void {
    this.status = { state: 'held', holding: look.holding, deadline: deadline.toISOString() };
    this.note = `waits until ${deadline.toISOString()}: ${holdingText(look)}`;
    this.show();
  }

  sending(revision: number, recipients: number): void {
    this.status = { state: 'sending', holding: [], deadline: null };
    this.note = `revision ${revision} goes to ${recipients}`;
    this.show();
  }

  learn(line: string): void {
    this.learned.push(line);
    this.show();
  }

  end(outcome: string, note: string): void {
    this.status = { ...this.status, state: 'over' };
    this.outcome = outcome;
    this.note = note;
    upsertSearchAttributes([{ key: OUTCOME, value: outcome }]);
    this.show();
  }

  private show(): void {
    setCurrentDetails([`**${this.name}**: ${this.outcome.replaceAll('_', ' ')}`, '', ...(this.note === '' ? [] : [this.note, '']), ...this.learned].join('\n'));
  }
}
