/** The API over a database and a lake of a test's own, asked over HTTP with keys of its own. */
import { pino } from 'pino';
import type { Scope } from '../../contract/api-keys';
import { SCOPES } from '../../contract/api-keys';
import { createKey } from '../../stores/api-keys';
import { openPostgres, type Postgres } from '../../stores/postgres';
import { startApi, type Api } from '../../workers/api';
import { OwnBench } from '../rebuild/own-bench';
import type { HourBench } from '../support/hour-bench';

export interface Got<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  readonly text: string;
}

export class ApiBench {
  readonly keys: Record<string, string> = {};

  private constructor(readonly own: OwnBench, readonly api: Api, readonly loader: Postgres) {}

  static async open(more: Readonly<Record<string, string>> = {}): Promise<ApiBench> {
    const own = await OwnBench.open({ SLUICE_API_PORT: '0', SLUICE_API_REQUESTS_A_MINUTE: '100000', ...more });
    const { configuration, client } = own.bench;
    const bench = new ApiBench(own, await startApi({ configuration, client, log: pino({ level: 'silent' }) }), openPostgres(configuration, 'loader'));
    bench.keys.all = await bench.makeKey(SCOPES);
    return bench;
  }

  get bench(): HourBench {
    return this.own.bench;
  }

  async makeKey(scopes: readonly Scope[], merchantId: string | null = null, expiresAt: Date | null = null, name = 'test'): Promise<string> {
    return (await createKey(this.loader, this.bench.parts.ledger, { name, scopes, merchantId, expiresAt, by: 'test' })).secret;
  }

  async get<Body = Record<string, unknown>>(path: string, headers: Readonly<Record<string, string>> = {}, key: string | null = this.keys.all!): Promise<Got<Body>> {
    return this.ask(path, { headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers } });
  }

  async post<Body = Record<string, unknown>>(path: string, body: unknown, key: string = this.keys.all!): Promise<Got<Body>> {
    return this.ask(path, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  }

  async ask<Body>(path: string, init: RequestInit): Promise<Got<Body>> {
    const response = await fetch(`${this.api.address}${path}`, { redirect: 'manual', ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: (response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : null) as Body };
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.loader.close();
    await this.own.close();
  }
}
