/** The ledger's knowledge of files that nobody needs any more. */
import { hourStart } from '../contract/landing-hour';
import type { RevisionRef } from '../contract/stages';
import { readSql } from '../sql/read-sql';
import { landingHourAt } from './ledger-hours';
import type { Postgres } from './postgres';

export function ledgerSweep(postgres: Postgres) {
  return {
    /** Replaced by a loaded revision longer ago than the grace. */
    async replacedRevisions(graceMinutes: number, limit: number): Promise<readonly RevisionRef[]> {
      const rows = await postgres.rows<{ landing_hour: string; revision: number }>(readSql('ledger/to-sweep.sql'), [graceMinutes, limit]);
      return rows.map((row) => ({ landingHour: landingHourAt(row.landing_hour), revision: row.revision }));
    },

    async markSwept(ref: RevisionRef): Promise<void> {
      await postgres.run(readSql('ledger/mark-swept.sql'), [hourStart(ref.landingHour), ref.revision]);
    },
  };
}
