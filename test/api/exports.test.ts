/** Exports too large for a stream, and answers from the lake: from any process of the API, for a while, and to nobody else. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { pino } from 'pino';
import type { ExportState } from '../../contract/exports';
import { API_PREFIX, exportStateKey } from '../../contract/lake-layout';
import { startApi, type Api } from '../../workers/api';
import { ApiBench, type Got } from './api-bench';

jest.setTimeout(300_000);

const DAY = '2026-11-20';
const CELL = `/explain?report=daily-recon&date=${DAY}&cell=EUR/CAPTURED`;
/** More than are streamed, and than a page of an export has. */
const LARGE = 2_500;

interface Export {
  readonly export: string;
  readonly state: string;
  readonly payments: number;
  readonly bytes: number;
  readonly expires_at: string | null;
  readonly link: string | null;
  readonly link_seconds: number;
  readonly problem: string | null;
}

let api: ApiBench;
/** Another process would be: it shares nothing with the first but the stores. */
let other: Api;

beforeAll(async () => {
  api = await ApiBench.open({ SLUICE_EXPORT_ROWS: '100' });
  const { configuration, client } = api.bench;
  other = await startApi({ configuration, client, log: pino({ level: 'silent' }) });
  await api.bench.asOwner(`insert into ledger.hours (landing_hour, state) values ('${DAY}T10:00Z', 'proven')`);
  await insert('one', 1, LARGE);
  await insert('two', LARGE + 1, LARGE + 50);
});

afterAll(async () => {
  await other.close();
  await api.close();
});

async function insert(merchant: string, from: number, to: number): Promise<void> {
  await api.bench.asOwner(
    `insert into curated_payments (payment_id, merchant_id, amount_cents, currency, status, payment_method, created_at, dt, hour, is_approved, is_refunded, processed_at, curated_version, landing_hour, row_hash)
     select 'p' || i, '${merchant}', i, 'EUR', 'CAPTURED', 'card', '${DAY}T10:00Z', '${DAY}', 10, false, false, now(), 1, '${DAY}T10:00Z', i from generate_series(${from}, ${to}) i`);
}

function keysOfApi(): Promise<readonly string[]> {
  return api.bench.parts.lake.list(API_PREFIX).then((objects) => objects.map(({ key }) => key));
}

async function polled(location: string, where: Api = api.api, key = api.keys.all!): Promise<Export> {
  for (const until = Date.now() + 120_000; Date.now() < until;) {
    const body = await (await fetch(`${where.address}${location}`, { headers: { authorization: `Bearer ${key}` } })).json() as Export;
    if (body.state === 'done' || body.state === 'failed') return body;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${location} did not end`);
}

async function asked(path: string, key?: string): Promise<string> {
  const got = await api.get(path, {}, key);
  expect(got).toMatchObject({ status: 202, body: { export: expect.any(String), state: expect.any(String) } });
  expect(got.headers.get('etag')).toBeNull();
  return got.headers.get('location')!;
}

test('what is small is streamed; what is large becomes a file with a link that needs no key, and has every payment once', async () => {
  expect(await api.get(`${CELL}&merchant=two&format=csv`)).toMatchObject({ status: 200 });
  const location = await asked(`${CELL}&format=csv`);
  const done = await polled(location);
  expect(done).toMatchObject({ state: 'done', payments: LARGE + 50, link: expect.any(String), link_seconds: 900, problem: null });
  expect(Date.parse(done.expires_at!)).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  const file = await fetch(done.link!);
  expect({ status: file.status, type: file.headers.get('content-type'), as: file.headers.get('content-disposition') })
    .toEqual({ status: 200, type: 'text/csv; charset=utf-8; header=present', as: 'attachment; filename="payments.csv"' });
  const text = await file.text();
  expect(Buffer.byteLength(text)).toBe(done.bytes);
  const [head, ...rows] = text.trimEnd().split('\r\n');
  expect(head).toContain('payment_id,merchant_id,dt');
  expect(new Set(rows.map((row) => row.split(',')[0])).size).toBe(LARGE + 50);
  expect(rows).toHaveLength(LARGE + 50);
});

test('a link opens the file that it was signed for, as long as it says, and nothing else', async () => {
  const { link } = await polled(await asked(`${CELL}&format=csv`));
  const url = new URL(link!);
  expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
  const status = async (change: (changed: URL) => void): Promise<number> => {
    const changed = new URL(url);
    change(changed);
    return (await fetch(changed)).status;
  };
  expect(await status((changed) => { changed.search = ''; })).toBe(403);
  expect(await status((changed) => { changed.searchParams.set('X-Amz-Expires', '901'); })).toBe(403);
  expect(await status((changed) => { changed.pathname = changed.pathname.replace(/[^/]+$/, 'state.json'); })).toBe(403);
});

test('as Parquet it is the same payments in types of their own', async () => {
  const { link } = await polled(await asked(`${CELL}&format=parquet`));
  const folder = await mkdtemp(join(tmpdir(), 'sluice-export-'));
  try {
    const path = join(folder, 'payments.parquet');
    await writeFile(path, Buffer.from(await (await fetch(link!)).arrayBuffer()));
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const rows = await (await connection.run(`select count(*) as payments, count(distinct payment_id) as ids, sum(amount_cents)::varchar as cents, typeof(any_value(dt)) as dt from '${path}'`)).getRowObjects();
    expect(rows).toEqual([{ payments: BigInt(LARGE + 50), ids: BigInt(LARGE + 50), cents: ((LARGE + 50) * (LARGE + 51) / 2).toString(), dt: 'DATE' }]);
    connection.closeSync();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a merchant’s key gets its own and no other; nobody gets another’s by its id', async () => {
  const one = await api.makeKey(['payments:read'], 'one');
  const two = await api.makeKey(['payments:read'], 'two');
  const own = await asked(`${CELL}&format=csv`, one);
  const { link } = await polled(own, api.api, one);
  const rows = (await (await fetch(link!)).text()).trimEnd().split('\r\n').slice(1);
  expect(new Set(rows.map((row) => row.split(',')[1]))).toEqual(new Set(['one']));
  const all = await asked(`${CELL}&format=csv`);
  expect(all).not.toBe(own);
  const refused: readonly Got[] = [await api.get(own, {}, two), await api.get(all, {}, one), await api.get('/exports/AAAAAAAAAAAAAAAAAAAAAAAAAAA')];
  for (const got of refused) expect(got).toMatchObject({ status: 404, body: { type: '/docs#not-found' } });
  expect(await api.get(own, {}, await api.makeKey(['reports:read']))).toMatchObject({ status: 403 });
});

test('the same question over the same data is written once, whichever process is asked; over other data it is another', async () => {
  const location = await asked(`${CELL}&format=csv`);
  await polled(location);
  const before = await keysOfApi();
  const again = await fetch(`${other.address}${CELL}&format=csv`, { headers: { authorization: `Bearer ${api.keys.all!}` } });
  expect({ status: again.status, location: again.headers.get('location') }).toEqual({ status: 202, location });
  expect(await polled(location, other)).toMatchObject({ state: 'done', link: expect.any(String) });
  expect(await keysOfApi()).toEqual(before);
  await insert('one', 10_000, 10_000);
  expect(await asked(`${CELL}&format=csv`)).not.toBe(location);
});

test('one whose process has gone is said to have failed, and asked for again it is written', async () => {
  const { lake } = api.bench.parts;
  const location = await asked(`${CELL}&format=csv`);
  const id = location.split('/').at(-1)!;
  await polled(location);
  const state = JSON.parse((await lake.readText(exportStateKey(id)))!.text) as ExportState;
  const silent = { ...state, state: 'writing', key: null, expiresAt: null, seenAt: new Date(Date.now() - 120_000).toISOString() };
  await lake.put(exportStateKey(id), JSON.stringify(silent));
  expect(await polled(location)).toMatchObject({ state: 'failed', problem: expect.stringContaining('ask for it again'), link: null });
  expect(await asked(`${CELL}&format=csv`)).toBe(location);
  expect(await polled(location, other)).toMatchObject({ state: 'done' });
});

test('after its time it is not to be had, though nobody has removed it yet', async () => {
  const { lake } = api.bench.parts;
  const location = await asked(`${CELL}&format=csv`);
  await polled(location);
  const key = exportStateKey(location.split('/').at(-1)!);
  const state = JSON.parse((await lake.readText(key))!.text) as ExportState;
  await lake.put(key, JSON.stringify({ ...state, expiresAt: new Date(Date.now() - 1).toISOString() }));
  expect(await api.get(location)).toMatchObject({ status: 404 });
});

test('an answer from the lake is polled from whichever process is asked', async () => {
  const path = `/reports/daily-recon?date=${DAY}&engine=lake`;
  const accepted = await api.get(path);
  const location = accepted.headers.get('location')!;
  const here = await polled(location) as unknown as { readonly answer: unknown };
  const there = await polled(location, other) as unknown as { readonly answer: unknown };
  expect(here.answer).toMatchObject({ report: 'daily-recon' });
  expect(there.answer).toEqual(here.answer);
  const merchant = await api.makeKey(['reports:read'], 'one');
  expect(await api.get(location, {}, merchant)).toMatchObject({ status: 404 });
});
