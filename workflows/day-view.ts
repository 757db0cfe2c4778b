/** What operators see of a day's reconciliation: search attributes, the current details, the answer of its query. No personal data here. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { causesText, type ReconcileStatus } from '../contract/reconciled-day';
import type { DayState, StoreComparison } from '../contract/reconciliation';
import { toldRun } from '../contract/remote-run';
import type { PlannedRepair } from '../contract/repair';

const PIPELINE = defineSearchAttributeKey('Pipeline', 'KEYWORD');
const RUN_KIND = defineSearchAttributeKey('RunKind', 'KEYWORD');
const OUTCOME = defineSearchAttributeKey('Outcome', 'KEYWORD');

const HOURS_SHOWN = 20;

export class DayView {
  private state: DayState | 'open' = 'open';
  private message = '';
  private repairs: ReconcileStatus['repairs'] = [];
  private deadline: string | null = null;
  private readonly learned: string[] = [];

  constructor(private readonly reconciliationId: string, private readonly date: string) {
    upsertSearchAttributes([{ key: PIPELINE, value: 'payments' }, { key: RUN_KIND, value: 'reconcile' }, { key: OUTCOME, value: 'open' }]);
    this.show();
  }

  get status(): ReconcileStatus {
    const { reconciliationId, date, state, message, repairs, deadline } = this;
    return { reconciliationId, date, state, message, repairs, deadline };
  }

  say(message: string): void {
    this.message = message;
    this.show();
  }

  learn(line: string): void {
    this.learned.push(line);
    this.show();
  }

  compared({ store, rows, hours, notCompared, seconds, run }: StoreComparison): void {
    const differing = hours.slice(0, HOURS_SHOWN).map((hour) => `\n  - ${hour.landingHour}: **${causesText(hour.causes)}**`);
    const more = hours.length > HOURS_SHOWN ? [`\n  - and ${hours.length - HOURS_SHOWN} more hours`] : [];
    const skipped = notCompared.length === 0 ? '' : `, ${notCompared.length} hours not compared`;
    this.learn(`- ${store}: ${rows} rows in ${seconds.toFixed(1)} s, ${hours.length === 0 ? 'equal' : `${hours.length} hours differ`}${skipped}${run === undefined ? '' : `, ${toldRun(run)}`}${[...differing, ...more].join('')}`);
  }

  plan(repairs: readonly PlannedRepair[]): void {
    this.repairs = repairs.map(({ landingHour, revision, attempt, action, stores, rows, money }) => ({ landingHour, revision, attempt, action, stores, rows, money }));
    this.show();
  }

  wait(message: string, deadline: string): void {
    this.deadline = deadline;
    this.become('waiting', `${message}. Approve or refuse it by ${deadline}: \`npx sluice reconcile approve --date ${this.date}\`, or the update \`approve\` with \`{"by": "your name"}\``);
  }

  goOn(message: string): void {
    this.deadline = null;
    this.become('open', message);
  }

  end(state: DayState, message: string): void {
    this.deadline = null;
    this.become(state, message);
  }

  private become(state: DayState | 'open', message: string): void {
    this.state = state;
    this.message = message;
    upsertSearchAttributes([{ key: OUTCOME, value: state }]);
    this.show();
  }

  private show(): void {
    const lines = [`**${this.date}**: ${this.state.replaceAll('_', ' ')}`, '', ...this.learned];
    const repairs = this.repairs.slice(0, HOURS_SHOWN).map(({ landingHour, action, stores, rows }) => `- ${action} ${landingHour}: ${rows} rows in ${stores.join(', ')}`);
    if (repairs.length > 0) lines.push('', `Repairs (${this.repairs.length})`, '', ...repairs);
    if (this.message !== '') lines.push('', this.message);
    setCurrentDetails(lines.join('\n'));
  }
}
