/**
 * Erasure of a person: what passes through Temporal, what lies in the lake. Never the id itself: a *token*, its keyed hash, says who
 * is gone without saying who they were, and without the key nobody can try ids until one fits.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { SluiceError } from './errors';
import type { LandingHour } from './landing-hour';
import type { DecimalText } from './sums';

/** HMAC-SHA256 of the user id, 64 hex digits. */
export type Token = string;

const TOKEN = /^[0-9a-f]{64}$/;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function isToken(text: unknown): text is Token {
  return typeof text === 'string' && TOKEN.test(text);
}

export function erasureWorkflowId(token: Token): string {
  return `erase/${token.slice(0, 16)}`;
}

/** A user id as the contract has it; anything else is on no line. */
export function problemOfUserId(userId: string): string | null {
  if (userId === '') return 'a user id is not empty';
  if ([...userId].length > 256) return 'a user id has at most 256 characters';
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(userId)) return 'a user id has no control characters';
  return /^[[{]/.test(userId) ? 'a user id does not begin with [ or {' : null;
}

/** SLUICE_ERASURE_KEY and what is made from it. */
export class ErasureKey {
  /** tells keys apart without telling anything of them: tokens of two keys never match */
  readonly id: string;
  private readonly sealing: Buffer;

  constructor(private readonly key: Buffer) {
    if (key.length !== KEY_BYTES) throw new Error(`an erasure key has ${KEY_BYTES} bytes`);
    this.id = createHmac('sha256', key).update('sluice erasure key id').digest('hex').slice(0, 12);
    this.sealing = Buffer.from(hkdfSync('sha256', key, '', 'sluice erasure seal', KEY_BYTES));
  }

  token(userId: string): Token {
    return createHmac('sha256', this.key).update(userId, 'utf8').digest('hex');
  }

  /** The two blocks of HMAC (RFC 2104), in hex: SQL has a hash and no HMAC. They are as secret as the key. */
  pads(): { readonly inner: string; readonly outer: string } {
    const pad = (byte: number): string => {
      const block = Buffer.alloc(64, byte);
      for (let i = 0; i < KEY_BYTES; i += 1) block[i]! ^= this.key[i]!;
      return block.toString('hex');
    };
    return { inner: pad(0x36), outer: pad(0x5c) };
  }

  /** The id for the way through Temporal. */
  seal(userId: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.sealing, iv);
    cipher.setAAD(Buffer.from(this.token(userId)));
    return Buffer.concat([iv, cipher.update(userId, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
  }

  open(sealed: string, token: Token): string {
    const bytes = Buffer.from(sealed, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.sealing, bytes.subarray(0, IV_BYTES));
      decipher.setAAD(Buffer.from(token));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      return decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES)).toString('utf8') + decipher.final('utf8');
    } catch {
      // No cause: whatever it says of the bytes, nobody needs it.
      throw new SluiceError({
        kind: 'configuration', what: 'the sealed user id does not open: it was sealed with another key, or changed on the way', on: 'SLUICE_ERASURE_KEY',
        fix: 'Give the worker and whoever starts the erasure the same key, then ask for it again',
      });
    }
  }
}

export function erasureKeyOf(setting: string | undefined): ErasureKey | null {
  return setting === undefined ? null : new ErasureKey(Buffer.from(setting, 'base64'));
}

/** Where in Secrets Manager the key lies, for jobs that must not be told it. */
export interface ErasureSecret {
  /** name or ARN */
  readonly id: string;
  /** of its JSON; absent: the secret is the key */
  readonly field?: string;
  readonly region: string;
}

/** Of SLUICE_ERASURE_SECRET, `<name or ARN>` or `<name or ARN>#<key of its JSON>`. */
export function erasureSecretOf(setting: string | undefined, region: string): ErasureSecret | undefined {
  if (setting === undefined) return undefined;
  const [id, field] = setting.split('#') as [string, string | undefined];
  return { id, region, ...(field === undefined ? {} : { field }) };
}

export function erasureKeyMissing(why: string): SluiceError {
  return new SluiceError({
    kind: 'configuration', what: why, on: 'SLUICE_ERASURE_KEY is not set', fix: 'Set it to 32 bytes in base64 (`openssl rand -base64 32`), the same for every process, and never lose it',
  });
}

/** What `erase` is started with. */
export interface EraseInput {
  readonly token: Token;
  /** the id, readable with the key only */
  readonly sealed: string;
  readonly by: string;
}

/** `erasures/suppressed/<key id>/<token>.json`: nothing of this person is ever curated again. */
export interface Suppressed {
  readonly token: Token;
  readonly since: string;
  readonly receiptId: string;
}

export interface Amount {
  readonly currency: string;
  /** lines */
  readonly count: number;
  readonly amountCents: DecimalText;
}

/** Lines of erased persons in a raw object, overwritten by spaces. */
export interface ErasedLines {
  readonly lines: number;
  /** of those whose amount can be read: a producer's control totals count them still */
  readonly amounts: readonly Amount[];
}

/**
 * What was taken out of one raw object, for all persons together: written before the object is, and true only of the object that has
 * this ETag. An object that a producer lands anew at the key is another one.
 */
export interface ErasedObject {
  readonly landingHour: LandingHour;
  readonly key: string;
  /** the object's ETag before */
  readonly replaced: string;
  /** null until the store has told; an ETag that is the MD5 is known by that too */
  readonly etag: string | null;
  /** of the bytes written */
  readonly md5: string;
  readonly bytes: number;
  /** of everybody, in this object and in those it replaced */
  readonly all: ErasedLines;
  /** of the person whose erasure wrote it */
  readonly own: ErasedLines & { readonly token: Token };
}

export function addAmounts(a: readonly Amount[], b: readonly Amount[]): readonly Amount[] {
  const sums = new Map<string, Amount>();
  for (const amount of [...a, ...b]) {
    const sum = sums.get(amount.currency);
    sums.set(amount.currency, sum === undefined ? amount : {
      ...amount, count: sum.count + amount.count, amountCents: (BigInt(sum.amountCents) + BigInt(amount.amountCents)).toString(),
    });
  }
  return [...sums.values()].sort((x, y) => (x.currency < y.currency ? -1 : 1));
}

/** Whose erasure: what every step of it takes. */
export interface PersonRef {
  readonly token: Token;
  readonly sealed: string;
}

export interface SuppressInput {
  readonly token: Token;
  readonly receiptId: string;
  readonly by: string;
}

export interface SuppressResult {
  /** from here on nothing of them is curated */
  readonly since: string;
  readonly graceMinutes: number;
}

/** A page of a store, in the order of its keys. */
export interface ErasePage extends PersonRef {
  readonly after: string | null;
  /** only what was there by then counts as left: what lands later is never curated */
  readonly since: string;
  /** change nothing, count what is there */
  readonly look: boolean;
}

export interface ErasedPage {
  /** null: that was the last */
  readonly next: string | null;
  /** looked into, older versions included */
  readonly objects: number;
  /** rewritten or removed */
  readonly changed: number;
  /** lines, dead letters or rows of the person */
  readonly found: number;
  /** lines of others in which the id stands; left as they are */
  readonly mentions: number;
  /** older versions removed */
  readonly versions: number;
  /** what of the person is still there, or may be, as sentences; a few of them */
  readonly left: readonly string[];
  /** hours whose committed rows are the person's still: they must be run again */
  readonly hours: readonly LandingHour[];
  /** of those found, rows in files that hours need still: they are found once more when these have been run. Absent: of before this was told. */
  readonly needed?: number;
}

/** A file with rows of the person that readers of the hour are shown. An hour that has lost its raw objects is made again for it. */
export interface NeededFile {
  readonly file: string;
  /** of the hour, and the person's */
  readonly rows: number;
}

export const EMPTY_PAGE: ErasedPage = { next: null, objects: 0, changed: 0, found: 0, mentions: 0, versions: 0, left: [], hours: [], needed: 0 };

/** More than anybody reads; the others are found again by the next erasure. */
export const LEFT_AT_MOST = 20;

export function addPages(a: ErasedPage, b: ErasedPage): ErasedPage {
  return {
    next: b.next,
    objects: a.objects + b.objects,
    changed: a.changed + b.changed,
    found: a.found + b.found,
    mentions: a.mentions + b.mentions,
    versions: a.versions + b.versions,
    left: [...a.left, ...b.left].slice(0, LEFT_AT_MOST),
    hours: [...new Set([...a.hours, ...b.hours])],
    needed: (a.needed ?? 0) + (b.needed ?? 0),
  };
}

export interface ErasureHoursInput {
  readonly token: Token;
  readonly after: LandingHour | null;
}

export interface ErasureHoursResult {
  /** touched, and run before: each has a revision that knows the person */
  readonly hours: readonly LandingHour[];
  readonly next: LandingHour | null;
}

export interface PostgresErased {
  /** dead letters that the ledger kept as samples */
  readonly samples: number;
  /** rows that are still the person's */
  readonly rows: number;
}

export interface ReceiptCounts {
  readonly objects: number;
  readonly changed: number;
  readonly found: number;
  readonly versions: number;
}

export interface SaveReceiptInput {
  readonly token: Token;
  readonly receiptId: string;
  readonly by: string;
  readonly startedAt: string;
  readonly since: string;
  /** when the last hour was through: nothing of them was published after it */
  readonly lastRetractAt: string;
  readonly raw: ReceiptCounts;
  readonly mentions: number;
  readonly deadLetters: ReceiptCounts;
  readonly curated: ReceiptCounts;
  readonly postgres: PostgresErased;
  readonly left: readonly string[];
}

export interface ErasedHour {
  readonly landingHour: LandingHour;
  /** null: never run */
  readonly revision: number | null;
  readonly state: string;
  readonly objects: number;
  readonly lines: number;
  /** of theirs that the hour's readers were still shown when its files were looked into; where raw went by retention there are no lines to count */
  readonly rows?: number;
}

/** `erasures/receipts/<id>.json`, and a row of the ledger: no id of the person, only the keyed hash. */
export interface ErasureReceipt {
  readonly receiptId: string;
  readonly token: Token;
  readonly by: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** incomplete: `left` says what is still there */
  readonly state: 'complete' | 'incomplete';
  readonly suppressedSince: string;
  readonly nothingFound: boolean;
  readonly stores: {
    readonly raw: ReceiptCounts & { readonly lines: number; readonly amounts: readonly Amount[] };
    readonly deadLetters: ReceiptCounts;
    readonly curated: ReceiptCounts;
    readonly postgres: PostgresErased;
  };
  readonly mentions: number;
  readonly hours: readonly ErasedHour[];
  readonly left: readonly string[];
  readonly topicGoneBy: string;
  readonly backupsGoneBy: string;
  readonly notes: readonly string[];
}

export interface EraseResult {
  readonly receiptId: string;
  readonly state: ErasureReceipt['state'];
  readonly nothingFound: boolean;
  readonly lines: number;
  readonly hours: number;
  readonly left: readonly string[];
}
