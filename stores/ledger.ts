/** The ledger: the truth about hours, revisions, runs, proofs and dead letters. Temporal coordinates; this remembers. */
import { ledgerBackfill } from './ledger-backfill';
import { ledgerBackfills } from './ledger-backfills';
import { ledgerCompactions } from './ledger-compactions';
import { ledgerDeadLetters } from './ledger-dead-letters';
import { ledgerErasures } from './ledger-erasures';
import { ledgerHours } from './ledger-hours';
import { ledgerPublications } from './ledger-publications';
import { ledgerProofs } from './ledger-proofs';
import { ledgerRebuild } from './ledger-rebuild';
import { ledgerReconciliations } from './ledger-reconciliations';
import { ledgerReports } from './ledger-reports';
import { ledgerRetention } from './ledger-retention';
import { ledgerRevisions } from './ledger-revisions';
import { ledgerRuns } from './ledger-runs';
import { ledgerSweep } from './ledger-sweep';
import type { Postgres } from './postgres';

export type Ledger = ReturnType<typeof ledgerCompactions> & ReturnType<typeof ledgerHours> & ReturnType<typeof ledgerRevisions> & ReturnType<typeof ledgerRuns>
  & ReturnType<typeof ledgerProofs> & ReturnType<typeof ledgerDeadLetters> & ReturnType<typeof ledgerSweep>
  & ReturnType<typeof ledgerReconciliations> & ReturnType<typeof ledgerRebuild>
  & ReturnType<typeof ledgerBackfill> & ReturnType<typeof ledgerBackfills> & ReturnType<typeof ledgerPublications> & ReturnType<typeof ledgerRetention>
  & ReturnType<typeof ledgerErasures> & ReturnType<typeof ledgerReports>;

/** On the loader role; the reader role can look and changes nothing. */
export function openLedger(postgres: Postgres): Ledger {
  return {
    ...ledgerHours(postgres),
    ...ledgerRevisions(postgres),
    ...ledgerRuns(postgres),
    ...ledgerPublications(postgres),
    ...ledgerProofs(postgres),
    ...ledgerDeadLetters(postgres),
    ...ledgerSweep(postgres),
    ...ledgerCompactions(postgres),
    ...ledgerReconciliations(postgres),
    ...ledgerRebuild(postgres),
    ...ledgerBackfill(postgres),
    ...ledgerBackfills(postgres),
    ...ledgerRetention(postgres),
    ...ledgerErasures(postgres),
    ...ledgerReports(postgres),
  };
}
