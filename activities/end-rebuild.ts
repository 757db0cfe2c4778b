/** endRebuild: writes down that every hour of the lake is in Postgres again, so that reports are answered from there. Run twice, it is written once. */
import type { Ledger } from '../stores/ledger';
import { withHeartbeat } from './heartbeat';

export interface EndRebuildParts {
  readonly ledger: Pick<Ledger, 'endRebuild'>;
}

export function createEndRebuild({ ledger }: EndRebuildParts) {
  return async function endRebuild(): Promise<void> {
    await withHeartbeat(() => ledger.endRebuild());
  };
}
