/** The ledger's rows of an hour, made again from what the lake kept. All of it within the transaction that loads the hour's rows. */
import { hourStart, type LandingHour } from '../contract/landing-hour';
import type { DeadLetter } from '../contract/payment';
import type { ProofRecord } from '../contract/proof-record';
import { readSql } from '../sql/read-sql';
import { saveDeadLettersIn } from './ledger-dead-letters';
import { landingHourAt } from './ledger-hours';
import { recordStageIn } from './ledger-runs';
import type { Postgres, Session } from './postgres';
import { jsonbText } from './postgres-json';

export interface HourRecord {
  readonly landingHour: LandingHour;
  /** the highest number that lake or topic know */
  readonly lastRevision: number;
  /** what the lake shows; 0: none */
  readonly committedRevision: number;
  /** when the hour's raw objects went by retention; null: they are kept */
  readonly rawRetiredAt: string | null;
  /** of every revision that has one */
  readonly proofs: readonly ProofRecord[];
  /** dead letters of the committed revision */
  readonly samples: readonly DeadLetter[];
}

export function ledgerRebuild(postgres: Postgres) {
  return {
    /** Hours after the given one of which the ledger has a revision, whether the lake knows of them or not. */
    async hoursWithRevisions(after: LandingHour | null, limit: number): Promise<readonly LandingHour[]> {
      const rows = await postgres.rows<{ landing_hour: string }>(readSql('rebuild/known-hours.sql'), [after === null ? null : hourStart(after), limit]);
      return rows.map((row) => landingHourAt(row.landing_hour));
    },

    async unknownHours(hours: readonly LandingHour[]): Promise<number> {
      const [row] = await postgres.rows<{ hours: bigint }>(readSql('rebuild/unknown-hours.sql'), [hours.map(hourStart)]);
      return Number(row!.hours);
    },

    /** From here on Postgres is known to lack hours. */
    async beginRebuild(workflowRunId: string, by: string, hoursUnknown: number): Promise<void> {
      await postgres.run(readSql('rebuild/begin.sql'), [workflowRunId, by, hoursUnknown]);
    },

    async endRebuild(): Promise<void> {
      await postgres.run(readSql('rebuild/end.sql'));
    },
  };
}

/** The hour's row is locked already. What is there of the same revisions stays. */
export async function restoreLedgerOf(session: Session, record: HourRecord): Promise<void> {
  const hour = hourStart(record.landingHour);
  await session.run(readSql('rebuild/restore-hour.sql'), [hour, record.lastRevision, record.committedRevision, record.rawRetiredAt]);
  for (const proof of record.proofs) {
    if ((await restoreRevision(session, hour, proof)) === 0) continue;
    const ref = { landingHour: record.landingHour, revision: proof.revision.revision };
    for (const stage of proof.stages) await recordStageIn(session, { ...ref, ...stage });
    const samples = ref.revision === record.committedRevision ? record.samples : [];
    await saveDeadLettersIn(session, ref, proof.deadLetters.lines, proof.deadLetters.reasons, samples);
    await session.run(readSql('rebuild/restore-proof.sql'), [
      hour, ref.revision, proof.proof.state, proof.proof.firstDifference, jsonbText(proof.proof), proof.revision.closedAt,
    ]);
  }
}

function restoreRevision(session: Session, hour: Date, { revision: row, proof }: ProofRecord): Promise<number> {
  return session.run(readSql('rebuild/restore-revision.sql'), [
    hour, row.revision, proof.state, row.baseRevision, row.processedAt, row.manifestKey, row.manifestFingerprint, row.transformFingerprint,
    row.contractVersion, row.publish, row.objects, row.bytes, row.kind, row.by, row.workflowId, row.workflowRunId, row.round,
    proof.firstDifference, row.openedAt, row.committedAt, row.publishedAt, row.loadedAt, row.closedAt,
  ]);
}
