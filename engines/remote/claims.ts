/**
 * Which run a piece of work is at: claim 1, and another one only where the run of the claim before ended badly. A claim is an object of
 * the lake, made before its run is started, so that every attempt, wherever it is made, asks for the same run and takes its prefix.
 */
import { randomBytes } from 'node:crypto';
import { SluiceError } from '../../contract/errors';

/** What is needed of the lake. */
export interface LakeObjects {
  readonly bucket: string;
  list(prefix: string): Promise<readonly { readonly key: string }[]>;
  readText(key: string): Promise<{ readonly text: string } | null>;
  put(key: string, body: string, condition?: { readonly ifAbsent?: boolean }): Promise<string>;
  remove(keys: readonly string[]): Promise<void>;
}

export interface ClaimedWork {
  /** begins the identity of its runs */
  readonly name: string;
  /** prefix of the lake */
  readonly claims: string;
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
  /** prefix of the tickets by which its run is started */
  readonly tickets: string;
}

/** What a claim's object holds. */
interface Taken {
  readonly claimedAt: string;
  /** claimed anew after everything of the work was removed, it is not the former run that is found */
  readonly nonce: string;
}

const DIGITS = 12;

/** The newest claim, or the first. */
export async function claimOf(lake: LakeObjects, work: ClaimedWork): Promise<Claim> {
  const numbers = (await lake.list(work.claims)).map(({ key }) => key.slice(work.claims.length)).flatMap((name) => {
    const [, digest, n] = /^([0-9a-f]+)-(\d+)\.json$/.exec(name) ?? [];
    return digest === shortOf(work) ? [Number(n)] : [];
  });
  return numbers.length === 0 ? claim(lake, work, 1) : read(lake, work, Math.max(...numbers));
}

/** Whoever is second gets the first one's. */
export async function claim(lake: LakeObjects, work: ClaimedWork, n: number): Promise<Claim> {
  const taken: Taken = { claimedAt: new Date().toISOString(), nonce: randomBytes(3).toString('hex') };
  try {
    await lake.put(keyOf(work, n), JSON.stringify(taken), { ifAbsent: true });
    return { ...named(work, n, taken), found: false };
  } catch (error) {
    if (!(error instanceof SluiceError) || error.kind !== 'fenced') throw error;
    return read(lake, work, n);
  }
}

async function read(lake: LakeObjects, work: ClaimedWork, n: number): Promise<Claim> {
  const key = keyOf(work, n);
  const found = await lake.readText(key);
  if (found === null) throw new SluiceError({ kind: 'fenced', what: 'its staging was removed while a run was at work on it', on: key, fix: 'The work is over or given up; this attempt changes nothing' });
  return { ...named(work, n, JSON.parse(found.text) as Taken), found: true };
}

function named(work: ClaimedWork, n: number, { claimedAt, nonce }: Taken): Omit<Claim, 'found'> {
  return { n, identity: `${work.name}-${shortOf(work)}-${n}-${nonce}`, attempt: `j${n}${shortOf(work)}`, claimedAt, tickets: `${work.claims}${shortOf(work)}-${n}-starts/` };
}

function keyOf(work: ClaimedWork, n: number): string {
  return `${work.claims}${shortOf(work)}-${n}.json`;
}

function shortOf({ digest }: ClaimedWork): string {
  return digest.slice(0, DIGITS);
}
