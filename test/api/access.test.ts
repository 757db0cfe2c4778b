/** Every route of the description, asked with every kind of key that must not open it. */
import { MERCHANT_SCOPES, SCOPES, type Scope } from '../../contract/api-keys';
import { hourAt, rowOf } from '../load/loading';
import { ApiBench, type Got } from './api-bench';

let api: ApiBench;
let operations: readonly Operation[];

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly scope: Scope;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly description: string; readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean; readonly example?: string }[] }>>>>;
}

const EXAMPLES: Readonly<Record<string, string>> = { date: '2026-11-20', from: '2026-11-20', to: '2026-11-20', hour: '2026-11-20T10', payment_id: 'of-two', case: '2026-11-20T10-3f9c0a12b4de', report: 'daily-recon', cell: 'EUR/CAPTURED' };

/** Two merchants' payments, put there as a load would. */
async function plant(): Promise<void> {
  await api.bench.asOwner(`insert into ledger.hours (landing_hour, state) values ('2026-11-20T10:00Z', 'proven')`);
  for (const [id, merchant] of [['of-one', 'one'], ['of-two', 'two']] as const) {
    const row = rowOf(hourAt(10), 1, { id, at: 1, merchant, cents: 500n, ms: 20n });
    await api.bench.asOwner(
      `insert into curated_payments (payment_id, merchant_id, amount_cents, currency, status, created_at, dt, hour, is_approved, is_refunded, processed_at, curated_version, landing_hour, row_hash, authorized_to_complete_ms)
       values ($1, $2, $3, 'EUR', 'CAPTURED', '2026-11-20T00:01Z', '2026-11-20', 0, false, false, now(), 1, '2026-11-20T10:00Z', $4, 20)`,
      [row.payment_id, row.merchant_id, row.amount_cents, row.row_hash]);
    await api.bench.asOwner(
      `insert into hour_payments (landing_hour, payment_id, created_at, status_rank, row_hash, currency, status, amount_cents, dt, merchant_id)
       values ('2026-11-20T10:00Z', $1, '2026-11-20T00:01Z', 4, $2, 'EUR', 'CAPTURED', 500, '2026-11-20', $3)`, [row.payment_id, row.row_hash, row.merchant_id]);
  }
}

beforeAll(async () => {
  api = await ApiBench.open();
  await plant();
  const { body } = await api.get<Document>('/openapi.json', {}, null);
  operations = Object.entries(body.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, { description, parameters }]) => {
    const valueOf = (name: string, example: string | undefined): string => encodeURIComponent(EXAMPLES[name] ?? example ?? 'x');
    const place = parameters.filter((parameter) => parameter.in === 'path').reduce((text, { name, example }) => text.replace(`{${name}}`, valueOf(name, example)), path);
    const query = parameters.filter((parameter) => parameter.in === 'query' && parameter.required).map(({ name, example }) => `${name}=${valueOf(name, example)}`).join('&');
    return { method: method.toUpperCase(), path: query === '' ? place : `${place}?${query}`, scope: /Scope: `([a-z:]+)`/.exec(description)![1] as Scope };
  }));
  expect(operations.length).toBeGreaterThanOrEqual(4);
});
afterAll(() => api.close());

function ask({ method, path }: Operation, key: string | null): Promise<Got> {
  const headers = { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(method === 'GET' ? {} : { 'content-type': 'application/json' }) };
  return api.ask(path, { method, headers, ...(method === 'GET' ? {} : { body: '{}' }) });
}

test('no key, a made-up key, one that was changed, revoked or is past its time opens nothing', async () => {
  const revoked = await api.makeKey(SCOPES);
  await api.bench.asOwner('update api.keys set revoked_at = now() where key_id = $1', [revoked.split('_')[1]]);
  const past = await api.makeKey(SCOPES, null, new Date(Date.now() - 1000));
  const changed = `${api.keys.all!.slice(0, -1)}${api.keys.all!.endsWith('A') ? 'B' : 'A'}`;
  for (const operation of operations) {
    for (const key of [null, 'nonsense', `sluice_0123456789ab_${'x'.repeat(43)}`, changed, revoked, past, `'; drop table api.keys; --`]) {
      const got = await ask(operation, key);
      expect({ operation, key, status: got.status, type: got.body.type }).toEqual({ operation, key, status: 401, type: '/docs#not-authenticated' });
      expect(got.headers.get('www-authenticate')).toBe('Bearer');
    }
  }
});

test('a key with every scope but the one that a route wants does not open it, and with that one alone it does', async () => {
  for (const operation of operations) {
    const others = await api.makeKey(SCOPES.filter((scope) => scope !== operation.scope));
    expect({ operation, got: await ask(operation, others) }).toMatchObject({ got: { status: 403, body: { type: '/docs#not-allowed' } } });
    const own = await api.makeKey([operation.scope]);
    const { status } = await ask(operation, own);
    expect({ operation, status: [401, 403, 500].includes(status) ? status : 'opened' }).toEqual({ operation, status: 'opened' });
  }
});

test('a merchant’s key opens what is its own and shows nothing of another, on any route', async () => {
  const key = await api.makeKey(MERCHANT_SCOPES, 'one');
  for (const operation of operations) {
    const got = await ask(operation, key);
    if (!MERCHANT_SCOPES.includes(operation.scope)) expect({ operation, status: got.status }).toEqual({ operation, status: 403 });
    expect({ operation, leaked: /of-two|"two"/.test(got.text) }).toEqual({ operation, leaked: false });
    const joint = operation.path.includes('?') ? '&' : '?';
    const other = await ask({ ...operation, path: `${operation.path}${joint}merchant=two` }, key);
    expect({ operation, leaked: /of-two|500/.test(other.text) && other.status === 200 }).toEqual({ operation, leaked: false });
  }
  expect((await api.get('/reports/daily-recon?date=2026-11-20', {}, key)).body).toMatchObject({ parameters: { merchant: 'one' }, payments: 1, totals: [{ amount_cents: '500' }] });
  expect((await api.get('/reports/daily-recon?date=2026-11-20')).body).toMatchObject({ payments: 2, totals: [{ amount_cents: '1000' }] });
  expect(await api.get('/reports/daily-recon?date=2026-11-20&merchant=two', {}, key)).toMatchObject({ status: 404, body: { type: '/docs#unknown-merchant' } });
  const unknown = await api.get('/reports/daily-recon?date=2026-11-20&merchant=nobody', {}, key);
  expect(unknown.body.detail).toBe('No payment of nobody was ever loaded');
  expect((await api.get('/reports/latency?from=2026-11-20&to=2026-11-20', {}, key)).body).toMatchObject({ rows: [{ payments: 1, max_ms: 20 }] });
});

test('the database itself keeps merchants apart: a session that says one sees no other, and one of the API that says nothing sees none', async () => {
  const merchantsSeen = async (said: string | null): Promise<readonly unknown[]> => {
    const reader = api.bench.configuration.SLUICE_POSTGRES_READER_URL;
    const { Client } = await import('pg');
    const client = new Client({ connectionString: reader, ...(said === null ? {} : { options: `-c sluice.merchant=${said}` }) });
    await client.connect();
    try {
      const found: unknown[] = [];
      for (const table of ['curated_payments', 'hour_payments', 'rollups.totals', 'rollups.latency', 'rollups.longest', 'bi.payments']) {
        found.push((await client.query<{ seen: string[] | null }>(`select array_agg(distinct merchant_id order by merchant_id) as seen from ${table}`)).rows[0]!.seen?.join() ?? '');
      }
      found.push((await client.query('select from ledger.audit')).rowCount! > 0);
      return found;
    } finally {
      await client.end();
    }
  };
  expect(await merchantsSeen('one')).toEqual(['one', 'one', 'one', 'one', 'one', 'one', false]);
  expect(await merchantsSeen('!')).toEqual(['', '', '', '', '', '', false]);
  expect(await merchantsSeen(null)).toEqual(['one,two', 'one,two', '*,one,two', '*,one,two', '*,one,two', 'one,two', true]);
});

test('more requests than a key may make are refused with the time to wait; other keys go on', async () => {
  const slow = await ApiBench.open({ SLUICE_API_REQUESTS_A_MINUTE: '5' });
  try {
    const path = '/reports/daily-recon?date=2026-11-20';
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await slow.get(path)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const refused = await slow.get(path);
    expect(refused).toMatchObject({ status: 429, body: { type: '/docs#too-many-requests' } });
    expect(refused.headers.get('ratelimit-limit')).toBe('5');
    expect(refused.headers.get('ratelimit-remaining')).toBe('0');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await slow.get(path, {}, await slow.makeKey(['reports:read']))).status).toBe(200);
  } finally {
    await slow.close();
  }
});

test('keys are kept as hashes only, and making and revoking one is written down', async () => {
  const made = api.own.sluice('keys', 'create', '--name', 'shop one', '--merchant', 'one', '--by', 'alice', '--json');
  expect(made).toMatchObject({ code: 0 });
  const { key, keyId } = JSON.parse(made.out) as { readonly key: string; readonly keyId: string };
  expect((await api.get('/reports/daily-recon?date=2026-11-20', {}, key)).body).toMatchObject({ payments: 1 });
  const [row] = await api.bench.rows<{ text: string }>('select string_agg(k::text, chr(10)) as text from api.keys k');
  // Not by its underscores: the secret may hold some.
  expect(row!.text).not.toContain(key.slice(`sluice_${keyId}_`.length));
  expect(api.own.sluice('keys', 'list').out).toContain('shop one');
  expect(api.own.sluice('keys', 'revoke', keyId, '--by', 'bob')).toMatchObject({ code: 0 });
  expect(api.own.sluice('keys', 'revoke', keyId)).toMatchObject({ code: 2, err: expect.stringContaining('revoked before') });
  const audit = await api.bench.rows<{ who: string; what: string }>(`select who, what from ledger.audit where detail->>'keyId' = $1 order by audit_id`, [keyId]);
  expect(audit).toEqual([{ who: 'alice', what: 'keys create' }, { who: 'bob', what: 'keys revoke' }]);
  expect(api.own.sluice('keys', 'create', '--name', 'x', '--merchant', 'one', '--scope', 'ops:read')).toMatchObject({ code: 2, err: expect.stringContaining('everybody') });
}, 180_000);
