/**
 * Which run a piece of work is at: claim 1, and another one only where the run of the claim before ended badly. A claim is an object of
 * the lake, made before its run is started, so that every attempt, wherever it is made, asks for the same run and takes its prefix.
 */
import { SluiceError } from '../../contract/errors';
import { remoteClaimKey, remoteClaimsPrefix } from '../../contract/lake-layout';
import type { LandingHour } from '../../contract/landing-hour';

/** What is needed of the lake. */
export interface LakeObjects {
  readonly bucket: string;
  list(prefix: string): Promise<readonly { readonly key: string }[]>;
  readText(key: string): Promise<{ readonly text: string } | null>;
  put(key: string, body: string, condition?: { readonly ifAbsent?: boolean }): Promise<string>;
}

export interface ClaimedWork {
  readonly landingHour: LandingHour;
  readonly revision: number;
  /** digest of all that decides what the run does, but for where it writes */
  readonly digest: string;
}

export interface Claim {
  readonly n: number;
  /** names the run at the service */
  readonly identity: string;
  /** of the staging prefix and of the curated files' names */
  readonly attempt: string;
  /** ISO instant */
  readonly claimedAt: string;
  /** by an earlier attempt: there may be a run of it */
  readonly found: boolean;
}

const DIGITS = 12;

/** The newest claim, or the first. */
export async function claimOf(lake: LakeObjects, work: ClaimedWork): Promise<Claim> {
  const prefix = remoteClaimsPrefix(work.landingHour, work.revision);
  const numbers = (await lake.list(prefix)).map(({ key }) => key.slice(prefix.length)).flatMap((name) => {
    const [, digest, n] = /^([0-9a-f]+)-(\d+)\.json$/.exec(name) ?? [];
    return digest === shortOf(work) ? [Number(n)] : [];
  });
  return numbers.length === 0 ? claim(lake, work, 1) : read(lake, work, Math.max(...numbers));
}

/** Whoever is second gets the first one's. */
export async function claim(lake: LakeObjects, work: ClaimedWork, n: number): Promise<Claim> {
  const claimedAt = new Date().toISOString();
  try {
    await lake.put(keyOf(work, n), JSON.stringify({ claimedAt }), { ifAbsent: true });
    return { ...named(work, n), claimedAt, found: false };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.kind !== 'fenced') throw error;
    return read(lake, work, n);
  }
}

async function read(lake: LakeObjects, work: ClaimedWork, n: number): Promise<Claim> {
  const key = keyOf(work, n);
  const found = await lake.readText(key);
  if (found === null) throw new SluiceError({ kind: 'fenced', what: 'the hour’s staging was removed while it was being curated', on: key, fix: 'The revision is over; this attempt changes nothing' });
  const { claimedAt } = JSON.parse(found.text) as { readonly claimedAt: string };
  return { ...named(work, n), claimedAt, found: true };
}

function named(work: ClaimedWork, n: number): Pick<Claim, 'n' | 'identity' | 'attempt'> {
  const { landingHour, revision } = work;
  return { n, identity: `${landingHour}-r${revision}-${shortOf(work)}-${n}`, attempt: `j${n}${shortOf(work)}` };
}

function keyOf(work: ClaimedWork, n: number): string {
  return remoteClaimKey(work.landingHour, work.revision, `${shortOf(work)}-${n}`);
}

function shortOf({ digest }: ClaimedWork): string {
  return digest.slice(0, DIGITS);
}
