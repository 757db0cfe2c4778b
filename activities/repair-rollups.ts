/**
 * repairRollups: the roll-ups of a day made again from its payments. The ledger's note is written first and says when it was done, in the
 * transaction that does it: killed anywhere, nothing of it is there, or all of it, and a second run finds it done.
 */
import type { RepairRollupsInput } from '../contract/reconciled-rollups';
import type { Ledger } from '../stores/ledger';
import type { Rollups } from '../stores/rollups';
import { withHeartbeat } from './heartbeat';

export interface RepairRollupsParts {
  readonly ledger: Ledger;
  readonly rollups: Rollups;
}

export function createRepairRollups({ ledger, rollups }: RepairRollupsParts) {
  return async function repairRollups(input: RepairRollupsInput): Promise<void> {
    await withHeartbeat(async ({ signal }) => {
      await ledger.planRollupRepair(input);
      await rollups.mend(input.reconciliationId, signal);
    });
  };
}
