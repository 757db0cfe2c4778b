/** The keys of the API in Postgres, by their hash. */
import { checkScopes, hashOfKey, keyIdOf, makeKey, type ApiKey, type Scope } from '../contract/api-keys';
import { SluiceError } from '../contract/errors';
import { readSql } from '../sql/read-sql';
import type { Ledger } from './ledger';
import type { Postgres } from './postgres';

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly merchantId: string | null;
  readonly expiresAt: Date | null;
  readonly by: string;
}

interface KeyRow {
  readonly key_id: string;
  readonly name: string;
  readonly scopes: Scope[];
  readonly merchant_id: string | null;
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** On the loader role; written down in the audit, without the key. Answers with the key itself: nobody sees it again. */
export async function createKey(loader: Postgres, ledger: Pick<Ledger, 'audit'>, wanted: NewKey): Promise<{ readonly keyId: string; readonly secret: string }> {
  const scopes = checkScopes(wanted.scopes, wanted.merchantId);
  const { keyId, secret, hash } = makeKey();
  await loader.run(readSql('api/save-key.sql'), [keyId, hash, wanted.name, scopes, wanted.merchantId, wanted.by, wanted.expiresAt]);
  await ledger.audit(wanted.by, 'keys create', { keyId, name: wanted.name, scopes, merchant: wanted.merchantId, expiresAt: wanted.expiresAt?.toISOString() ?? null });
  return { keyId, secret };
}

export async function listKeys(postgres: Postgres): Promise<readonly ApiKey[]> {
  return (await postgres.rows<KeyRow & Record<string, unknown>>(readSql('api/keys.sql'))).map(keyOf);
}

export async function revokeKey(loader: Postgres, ledger: Pick<Ledger, 'audit'>, keyId: string, by: string): Promise<void> {
  if ((await loader.run(readSql('api/revoke-key.sql'), [keyId, by])) === 0) {
    throw new SluiceError({ kind: 'usage', what: 'there is no such key, or it was revoked before', on: keyId, fix: '`npx sluice keys list` shows them' });
  }
  await ledger.audit(by, 'keys revoke', { keyId });
}

/** Null: no key of ours, or one that is revoked or past its time. */
export async function findKey(reader: Postgres, secret: string): Promise<ApiKey | null> {
  if (keyIdOf(secret) === null) return null;
  const [row] = await reader.rows<KeyRow & Record<string, unknown>>(readSql('api/key-of-hash.sql'), [hashOfKey(secret)]);
  return row === undefined ? null : keyOf(row);
}

function keyOf(row: KeyRow): ApiKey {
  return {
    keyId: row.key_id, name: row.name, scopes: row.scopes, merchantId: row.merchant_id, createdBy: row.created_by, createdAt: row.created_at,
    expiresAt: row.expires_at, revokedAt: row.revoked_at,
  };
}
