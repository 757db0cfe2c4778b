/**
 * endReconciliation: writes down that a reconciliation ended without its report, cancelled or failed. Changes nothing of one that has its
 * report; run twice, it is written once.
 */
import type { EndReconciliationInput } from '../contract/reconciled-day';
import type { Ledger } from '../stores/ledger';
import { withHeartbeat } from './heartbeat';

export interface EndReconciliationParts {
  readonly ledger: Ledger;
}

export function createEndReconciliation({ ledger }: EndReconciliationParts) {
  return async function endReconciliation({ reconciliationId, state, message }: EndReconciliationInput): Promise<void> {
    await withHeartbeat(() => ledger.endReconciliation(reconciliationId, state, message));
  };
}
