/** The ledger's proofs: all of them are kept, the newest counts. */
import { hourStart, type LandingHour } from '../contract/landing-hour';
import type { Proof } from '../contract/proof';
import { readSql } from '../sql/read-sql';
import type { Postgres } from './postgres';
import { jsonbText } from './postgres-json';

export function ledgerProofs(postgres: Postgres) {
  return {
    /** Keeps the proof and gives its state to the hour, and to the revision where it was loaded. */
    async saveProof(proof: Proof): Promise<void> {
      await postgres.run(readSql('ledger/save-proof.sql'),
        [hourStart(proof.landingHour), proof.revision, proof.state, proof.firstDifference, jsonbText(proof)]);
    },

    /** The newest proof of the revision, or of the hour's newest revision that has one. */
    async proofOf(landingHour: LandingHour, revision?: number): Promise<Proof | null> {
      const [row] = await postgres.rows<{ proof: Proof }>(readSql('ledger/proof.sql'), [hourStart(landingHour), revision ?? null]);
      return row?.proof ?? null;
    },
  };
}
