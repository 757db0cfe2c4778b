/** The ledger's backfills: as each noted itself, for whoever looks for one, long after Temporal has forgotten it. */
import type { BackfillStatus } from '../contract/backfill';
import type { BackfillEnding, BackfillNote, ShownBackfill } from '../contract/backfill-note';
import { readSql } from '../sql/read-sql';
import type { Postgres } from './postgres';
import { jsonbText } from './postgres-json';

export interface NotedBackfill extends ShownBackfill {
  readonly backfillRun: string;
}

/** After which one a page of the list begins. */
export interface PlaceInBackfills {
  readonly startedAt: string;
  readonly backfillRun: string;
}

interface Row {
  readonly backfill_run: string;
  readonly state: BackfillStatus['state'];
  readonly status: BackfillStatus;
  readonly ending: BackfillEnding | null;
  readonly replaced: boolean;
}

export function ledgerBackfills(postgres: Postgres) {
  return {
    async noteBackfill({ backfillRun, notedAt, status, ending }: BackfillNote): Promise<void> {
      await postgres.run(readSql('ledger/note-backfill.sql'), [
        backfillRun, status.state, jsonbText(status), ending === null ? null : jsonbText(ending), status.startedAt, notedAt, ending?.endedAt ?? null,
      ]);
    },

    /** The newest first; as they were noted last. */
    async notedBackfills(atMost: number, after: PlaceInBackfills | null = null): Promise<readonly NotedBackfill[]> {
      return (await postgres.rows<Row>(readSql('ledger/backfills.sql'), [atMost, after?.startedAt ?? null, after?.backfillRun ?? null])).map(notedBackfill);
    },

    /** Of several of one id the newest, unless a run is named. */
    async notedBackfill(backfillId: string, backfillRun: string | null): Promise<NotedBackfill | null> {
      const [row] = await postgres.rows<Row>(readSql('ledger/backfill.sql'), [backfillId, backfillRun]);
      return row === undefined ? null : notedBackfill(row);
    },
  };
}

function notedBackfill({ backfill_run: backfillRun, state, status, ending, replaced }: Row): NotedBackfill {
  return { backfillRun, state: replaced ? 'cut_off' : state, status, ending };
}
