/** Whether the roll-ups are what the payments add up to, over all that the database holds. One statement, so that it is right at any moment. */
import { readSql } from '../../sql/read-sql';

export interface DifferingCell {
  readonly rollup: string;
  readonly cell: Readonly<Record<string, string>>;
}

interface Asked {
  rows<Row extends object>(sql: string, values: readonly unknown[]): Promise<readonly Row[]>;
}

export function differingCells(reader: Asked): Promise<readonly DifferingCell[]> {
  return reader.rows<DifferingCell>(readSql('reconcile/rollups-differ.sql'), [null, 100]);
}
