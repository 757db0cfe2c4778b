/** Sums of a table of the lane, exact. */
import { sortTotals, type Sums } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { Lane } from './lane';

export async function sumsOf(lane: Lane, rows: string): Promise<Sums> {
  await lane.view('rows_to_sum', rows);
  const cells = (await lane.rows(readSql('curate/sums.sql'))).map(([currency, status, count, amountCents, rowHash]) => ({
    total: { currency: currency as string, status: status as string, count: Number(count), amountCents: amountCents as string },
    hash: BigInt(rowHash as string),
  }));
  return {
    rows: cells.reduce((sum, cell) => sum + cell.total.count, 0),
    sumRowHash: cells.reduce((sum, cell) => sum + cell.hash, 0n).toString(),
    totals: sortTotals(cells.map((cell) => cell.total)),
  };
}
