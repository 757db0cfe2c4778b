/** The payments that reports and people read: what each hour says, and the winner over all hours. */
import { hourStart, type LandingHour } from '../contract/landing-hour';
import { sortTotals, type Sums } from '../contract/sums';
import { readSql } from '../sql/read-sql';
import { loadRevision, type LoadJob } from './payments-load';
import type { LoadResult } from '../contract/stages';
import type { Postgres } from './postgres';

export interface Payments {
  /** A run's records into hour_payments and curated_payments, with the ledger's note, in one transaction. */
  load(job: LoadJob): Promise<LoadResult>;
  /** For the proof: read anew, on the reader role. */
  hourSums(landingHour: LandingHour): Promise<Sums>;
}

export function openPayments(loader: Postgres, reader: Postgres): Payments {
  return {
    load: (job) => loadRevision(loader, job),
    hourSums: (landingHour) => hourSums(reader, landingHour),
  };
}

async function hourSums(reader: Postgres, landingHour: LandingHour): Promise<Sums> {
  const cells = await reader.rows<{ currency: string; status: string; count: bigint; amount_cents: string; row_hash: string }>(
    readSql('load/hour-sums.sql'), [hourStart(landingHour)]);
  return {
    rows: cells.reduce((sum, cell) => sum + Number(cell.count), 0),
    sumRowHash: cells.reduce((sum, cell) => sum + BigInt(cell.row_hash), 0n).toString(),
    totals: sortTotals(cells.map((cell) => ({
      currency: cell.currency, status: cell.status, count: Number(cell.count), amountCents: cell.amount_cents,
    }))),
  };
}
