/** closeRun: writes down how a round ended. Repeating it changes nothing. */
import type { CloseRunInput } from '../contract/stages';
import type { Ledger } from '../stores/ledger';

export interface CloseRunParts {
  readonly ledger: Ledger;
}

export function createCloseRun({ ledger }: CloseRunParts) {
  return async function closeRun(input: CloseRunInput): Promise<void> {
    await ledger.endRun(input);
  };
}
