/** The decision about a day's repairs: one, by whoever comes first, and only while it is waited for. */
import { ApplicationFailure, condition, setHandler, defineUpdate } from '@temporalio/workflow';
import type { Approval, Decision, OpenedReconciliation, ReconcileStatus, Refusal } from '../contract/reconciled-day';
import { reasonToAsk, type PlannedRepair } from '../contract/repair';
import { noteDecision, tell } from './day-activities';
import type { DayView } from './day-view';
import { checkDecision } from './reconcile-input';

export const approve = defineUpdate<ReconcileStatus, [Approval]>('approve');
export const refuse = defineUpdate<ReconcileStatus, [Refusal]>('refuse');

const HOUR_MS = 3_600_000;

export class DayApproval {
  private waiting = false;
  private decision: Decision | null = null;

  constructor(private readonly view: DayView) {
    setHandler(approve, ({ by }) => this.decide({ decision: 'approved', by, why: null }), {
      description: 'Lets the repairs that wait be done', validator: (given) => this.check(given, ['by']),
    });
    setHandler(refuse, ({ by, why }) => this.decide({ decision: 'refused', by, why }), {
      description: 'Leaves everything as it is', validator: (given) => this.check(given, ['by', 'why']),
    });
  }

  /**
   * Null where nobody need be asked. `cells` of the roll-ups count for no cap: what is made of them is what the rows that are there add up to,
   * whoever made them wrong.
   */
  async askIfNeeded(planned: readonly PlannedRepair[], cells: number, rowsInScope: number, { repair, cap, approvalHours }: OpenedReconciliation): Promise<Decision | null> {
    const reason = repair === 'ask' ? 'every repair waits for approval (repair: ask)' : reasonToAsk(planned, rowsInScope, cap);
    if (reason === null) return null;
    const { reconciliationId, date } = this.view.status;
    const rows = planned.reduce((sum, one) => sum + one.rows, 0);
    const what = [...(planned.length === 0 ? [] : [`${rows} rows in ${planned.length} hours`]), ...(cells === 0 ? [] : [`${cells} cells of the roll-ups`])];
    const message = `${what.join(' and ')} are to be repaired: ${reason}`;
    const deadline = new Date(Date.now() + approvalHours * HOUR_MS).toISOString();
    await noteDecision({ reconciliationId, decision: null, message });
    this.waiting = true;
    this.view.wait(message, deadline);
    await tell({ date, reconciliationId, state: 'waiting', message }, this.view);
    await condition(() => this.decision !== null, Math.max(1, new Date(deadline).getTime() - Date.now()));
    this.waiting = false;
    this.decision ??= { decision: 'timed_out', by: 'nobody', why: `nobody decided by ${deadline}` };
    this.view.goOn(`${this.decision.decision.replace('_', ' ')} by ${this.decision.by}`);
    await noteDecision({ reconciliationId, decision: this.decision, message });
    return this.decision;
  }

  private decide(decision: Decision): ReconcileStatus {
    this.decision ??= decision;
    return this.view.status;
  }

  private check(given: unknown, fields: readonly string[]): void {
    checkDecision(given, fields);
    if (this.waiting && this.decision === null) return;
    throw ApplicationFailure.nonRetryable('no repair of this reconciliation waits for approval; `npx sluice reconcile show` tells how it stands', 'usage');
  }
}
