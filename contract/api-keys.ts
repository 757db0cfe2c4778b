/** Keys of the API: what they let their holder do. The key itself is known to its holder only; we keep a hash. */
import { createHash, randomBytes } from 'node:crypto';
import { SluiceError } from './errors';

/**
 * reports:read: the reports; payments:read: single payments, and those behind a number; ops:read: hours, dead letters, reconciliations,
 * backfills, of all merchants; ops:write: redrive, backfills, approvals.
 */
export const SCOPES = ['reports:read', 'payments:read', 'ops:read', 'ops:write'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a key of one merchant may have: the other scopes show or change what is everybody's. */
export const MERCHANT_SCOPES: readonly Scope[] = ['reports:read', 'payments:read'];

export interface ApiKey {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** null: all of them */
  readonly merchantId: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export interface MadeKey {
  readonly keyId: string;
  /** shown once */
  readonly secret: string;
  readonly hash: string;
}

const SHAPE = /^sluice_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

export function makeKey(): MadeKey {
  const keyId = randomBytes(6).toString('hex');
  const secret = `sluice_${keyId}_${randomBytes(32).toString('base64url')}`;
  return { keyId, secret, hash: hashOfKey(secret) };
}

/** A plain hash will do: 256 random bits cannot be guessed, however fast the guessing. */
export function hashOfKey(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Null: nothing that we ever gave out. */
export function keyIdOf(secret: string): string | null {
  return SHAPE.exec(secret)?.[1] ?? null;
}

export function checkScopes(scopes: readonly string[], merchantId: string | null): readonly Scope[] {
  const unknown = scopes.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown !== undefined || scopes.length === 0) {
    throw new SluiceError({ kind: 'usage', what: 'not a scope', on: JSON.stringify(unknown ?? ''), fix: `Write one or more of ${SCOPES.join(', ')}` });
  }
  const wide = merchantId === null ? undefined : scopes.find((scope) => !(MERCHANT_SCOPES as readonly string[]).includes(scope));
  if (wide !== undefined) {
    throw new SluiceError({ kind: 'usage', what: 'a merchant’s key cannot have a scope that shows or changes what is everybody’s', on: wide, fix: `Give it ${MERCHANT_SCOPES.join(', ')}` });
  }
  return [...new Set(scopes as readonly Scope[])];
}
