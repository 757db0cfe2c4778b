/** The payments that reports and people read: what each hour says, and the winner over all hours. */
import { hourStart, type LandingHour } from '../contract/landing-hour';
import { STATUSES } from '../contract/payment';
import type { Sums } from '../contract/sums';
import { readSql } from '../sql/read-sql';
import { loadRevision, type LoadJob } from './payments-load';
import { rebuildHour, type RebuildJob } from './payments-rebuild';
import { repairKeys, type RepairJob, type RepairResult } from './payments-repair';
import { sumsOfCells, type SumsCell } from './payments-sums';
import type { LoadResult } from '../contract/stages';
import type { Postgres } from './postgres';

export interface Payments {
  /** A run's records into hour_payments and curated_payments, with the ledger's note, in one transaction. */
  load(job: LoadJob): Promise<LoadResult>;
  /** Single payments of an hour put right from the lake, with the ledger's note, in one transaction. */
  repair(job: RepairJob): Promise<RepairResult>;
  /** For the proof: read anew, on the reader role. */
  hourSums(landingHour: LandingHour): Promise<Sums>;
  /** An hour's rows and its part of the ledger, from the lake; answers with hours that must be looked at again. */
  rebuildHour(job: RebuildJob): Promise<readonly LandingHour[]>;
  /** Payments of the hour of which curated_payments have neither this row nor a greater one. */
  unsettled(landingHour: LandingHour): Promise<number>;
  /** Payments that are a user's. Reads the whole table: nothing else asks by user. */
  rowsOfUser(userId: string, signal: AbortSignal): Promise<number>;
}

export function openPayments(loader: Postgres, reader: Postgres): Payments {
  return {
    load: (job) => loadRevision(loader, job),
    repair: (job) => repairKeys(loader, job),
    hourSums: (landingHour) => hourSums(reader, landingHour),
    rebuildHour: (job) => rebuildHour(loader, job),
    unsettled: async (landingHour) => {
      const [row] = await reader.rows<{ payments: bigint }>(readSql('rebuild/unsettled.sql'), [hourStart(landingHour), STATUSES]);
      return Number(row!.payments);
    },
    rowsOfUser: (userId, signal) => reader.transaction(async (session) => {
      await session.run(readSql('load/session.sql'));
      const [counted] = await session.rows<{ rows: bigint }>(readSql('load/rows-of-user.sql'), [userId]);
      return Number(counted!.rows);
    }, signal),
  };
}

async function hourSums(reader: Postgres, landingHour: LandingHour): Promise<Sums> {
  return reader.transaction(async (session) => {
    await session.run(readSql('load/sum-by-hashing.sql'));
    return sumsOfCells(await session.rows<SumsCell>(readSql('load/hour-sums.sql'), [hourStart(landingHour)]));
  });
}
