/** The proof of an hour as it is shown: the newest revision's, or nothing counted yet. */
import type { LandingHour } from '../contract/landing-hour';
import type { HourState, Proof } from '../contract/proof';
import { NO_TERMS } from '../contract/stages';
import { NO_SUMS } from '../contract/sums';
import type { Ledger } from './ledger';

export type ShownProof = Omit<Proof, 'revision'> & { readonly revision: number | null };

export async function shownProof(ledger: Pick<Ledger, 'newestRevision' | 'proofOf' | 'hour'>, landingHour: LandingHour): Promise<ShownProof> {
  const state: HourState = (await ledger.hour(landingHour))?.state ?? 'open';
  const newest = await ledger.newestRevision(landingHour);
  const proof = newest === null ? null : await ledger.proofOf(landingHour, newest.revision);
  if (proof !== null) return { ...proof, state: state === 'missing' ? proof.state : state };
  return {
    landingHour, revision: newest?.revision ?? null, state, terms: NO_TERMS,
    stores: { lake: NO_SUMS, topic: NO_SUMS, postgres: NO_SUMS }, unchanged: NO_SUMS, quarantined: [], firstDifference: null,
  };
}
