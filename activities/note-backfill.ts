/** noteBackfill: writes down where a backfill stands, or how it ended. Run twice, or after a later note, it changes nothing. */
import type { BackfillNote } from '../contract/backfill-note';
import type { Ledger } from '../stores/ledger';
import { withHeartbeat } from './heartbeat';

export interface NoteBackfillParts {
  readonly ledger: Pick<Ledger, 'noteBackfill'>;
}

export function createNoteBackfill({ ledger }: NoteBackfillParts) {
  return async function noteBackfill(note: BackfillNote): Promise<void> {
    await withHeartbeat(() => ledger.noteBackfill(note));
  };
}
