/** Who asks, how often they may, and whether they may ask this. */
import { createHash } from 'node:crypto';
import type { ApiKey, Scope } from '../../contract/api-keys';
import { Problem } from './problems';
import { RateLimit, type Admission } from './rate-limit';

/** For so long a key that was revoked may still open. Without it every request would ask the database first. */
export const KEYS_REMEMBERED_MS = 5_000;
const KEYS_AT_MOST = 1_000;

export interface AccessParts {
  findKey(secret: string): Promise<ApiKey | null>;
  readonly aMinute: number;
}

export class Access {
  private readonly known = new Map<string, { readonly key: ApiKey; readonly until: number }>();
  private readonly limit: RateLimit;

  constructor(private readonly parts: AccessParts) {
    this.limit = new RateLimit({ aMinute: parts.aMinute });
  }

  /** `admitted` is told how much is left, whatever the outcome. */
  async admit(authorization: string | undefined, address: string, scope: Scope, told: (admission: Admission) => void): Promise<ApiKey> {
    const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const remembered = secret === undefined ? undefined : this.remembered(secret);
    // Whoever tries keys must be slowed down before the database is asked about them.
    if (remembered === undefined) this.slow(`address ${address}`, told);
    const key = remembered ?? (secret === undefined ? null : await this.find(secret));
    if (key === null) {
      throw new Problem('not-authenticated', secret === undefined ? 'Send a key: Authorization: Bearer sluice_…' : 'The key is not known, revoked or past its time');
    }
    this.slow(`key ${key.keyId}`, told);
    if (!key.scopes.includes(scope)) throw new Problem('not-allowed', `The key ${key.keyId} has not the scope ${scope}`);
    return key;
  }

  private slow(caller: string, told: (admission: Admission) => void): void {
    const admission = this.limit.admit(caller);
    told(admission);
    if (!admission.admitted) throw new Problem('too-many-requests', `At most ${admission.limit} requests a minute; ask again in ${admission.resetSeconds} s`);
  }

  private remembered(secret: string): ApiKey | undefined {
    const found = this.known.get(digestOf(secret));
    return found !== undefined && found.until > Date.now() ? found.key : undefined;
  }

  private async find(secret: string): Promise<ApiKey | null> {
    const key = await this.parts.findKey(secret);
    if (key === null) return null;
    if (this.known.size >= KEYS_AT_MOST) this.known.clear();
    const past = key.expiresAt === null ? Infinity : Date.parse(key.expiresAt);
    this.known.set(digestOf(secret), { key, until: Math.min(Date.now() + KEYS_REMEMBERED_MS, past) });
    return key;
  }
}

/** Keys are not kept in memory either. */
function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
