/** The roll-ups against the payments that they are sums of, and made again from them. */
import { causeOf, type Rollup, type RollupDifference } from '../contract/reconciled-rollups';
import { readSql } from '../sql/read-sql';
import type { Postgres } from './postgres';

export interface ComparedRollups {
  /** that the day has */
  readonly cells: number;
  readonly differing: number;
  /** at most as many as were asked for */
  readonly named: readonly RollupDifference[];
}

export interface Rollups {
  /** Both sides as of one moment, on the reader role. */
  compare(date: string, atMost: number, signal: AbortSignal): Promise<ComparedRollups>;
  /** Those of a reconciliation's day, if the ledger has a note of it that is not done. False: there was nothing to do. */
  mend(reconciliationId: string, signal: AbortSignal): Promise<boolean>;
}

interface DifferingRow {
  readonly rollup: Rollup;
  readonly cell: Readonly<Record<string, string>>;
  readonly expected: Readonly<Record<string, string>> | null;
  readonly found: Readonly<Record<string, string>> | null;
  readonly in_all: bigint;
}

export function openRollups(loader: Postgres, reader: Postgres): Rollups {
  return {
    compare: (date, atMost, signal) => reader.transaction(async (session) => {
      await session.run(readSql('reconcile/session.sql'));
      const [counted] = await session.rows<{ cells: bigint }>(readSql('reconcile/rollup-cells.sql'), [date]);
      const rows = await session.rows<DifferingRow & Record<string, unknown>>(readSql('reconcile/rollups-differ.sql'), [date, atMost]);
      return {
        cells: Number(counted!.cells),
        differing: Number(rows[0]?.in_all ?? 0n),
        named: rows.map(({ rollup, cell, expected, found }) => ({ rollup, cell, cause: causeOf({ expected, found }), expected, found })),
      };
    }, signal),

    mend: (reconciliationId, signal) => loader.transaction(async (session) => {
      await session.run(readSql('load/session.sql'));
      const [row] = await session.rows<{ mended: boolean }>(readSql('repair/mend-rollups.sql'), [reconciliationId]);
      return row!.mended;
    }, signal),
  };
}
