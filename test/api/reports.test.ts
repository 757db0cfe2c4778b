/** The four reports against the raw lines themselves, read and judged again in plain JavaScript: not against our tables. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import { PERCENTILE_ERROR } from '../../contract/latency';
import { generateLines } from '../../scripts/generate/lines';
import type { OracleRow } from '../curate/oracle';
import { freshHour, line } from '../support/hour-bench';
import { CAPTURED, centsOf, grouped, latenciesOf, MINOR, paymentsOf, rawPayments } from '../support/raw-payments';
import { ApiBench } from './api-bench';

/** On a busy machine an hour takes its time. */
const PATIENCE_MS = 300_000;
jest.setTimeout(600_000);

let api: ApiBench;
let payments: readonly OracleRow[];
const first = `${freshHour().slice(0, 10)}T21` as LandingHour;
/** Over midnight, so that reports have to tell days apart. */
const hours = [0, 2, 4].map((n) => hoursAfter(first, n));
const days = [...new Set(hours.map((hour) => hour.slice(0, 10)))] as [string, string];

beforeAll(async () => {
  api = await ApiBench.open();
  api.bench.startWorker();
  for (const [i, hour] of hours.entries()) {
    const bytes = Buffer.concat([...generateLines({ landingHour: hour, lines: 3_000, merchants: 12, seed: 40 + i, bad: 0.01, duplicates: 0.05, late: 0.1 })]);
    await api.bench.land(hour, 'a.json', bytes);
    // Hostile text, money beyond 2^53, three digits of minor units, a completion before its authorisation; one payment in every hour.
    await api.bench.land(hour, 'b.json.gz', gzipSync([
      line(hour, { payment_id: 'in-every-hour', merchant_id: 'shop', status: 'CAPTURED', amount_cents: 100 + i }),
      line(hour, { payment_id: `xss-${i}`, merchant_id: 'shop', status: 'DECLINED', decline_reason: '<script>alert(1)</script>', payment_method: '=cmd|/c calc' }),
      line(hour, { payment_id: `large-${i}`, merchant_id: 'shop', status: 'REFUNDED', currency: 'KWD', amount_cents: '9223372036854775807', payment_method: null }),
      line(hour, { payment_id: `skew-${i}`, merchant_id: 'shop', status: 'SETTLED', authorized_at: `${hour}:20:00Z`, completed_at: `${hour}:19:59Z` }),
    ].join('\n')));
  }
  // At once, so that they come in any order.
  for (const answer of await Promise.all(hours.map((hour) => api.bench.ask(hour, {}, PATIENCE_MS)))) expect(answer).toMatchObject({ state: 'proven' });
  ({ payments } = await rawPayments(api.bench.parts.lake, hours));
});

afterAll(() => api.close());

function chosen(from: string, to: string, merchant?: string): readonly OracleRow[] {
  return paymentsOf(payments, from, to, merchant);
}

function merchantsOf(): readonly (string | undefined)[] {
  return [undefined, 'shop', 'merchant-0001', 'merchant-0012'];
}

function withMerchant(path: string, merchant: string | undefined): string {
  return merchant === undefined ? path : `${path}&merchant=${merchant}`;
}

test('daily-recon: what the raw lines say, by currency and status, exact beyond 2^53', async () => {
  let compared = 0;
  for (const date of days) for (const merchant of merchantsOf()) {
    const { status, body } = await api.get(withMerchant(`/reports/daily-recon?date=${date}`, merchant));
    const rows = chosen(date, date, merchant);
    expect({ status, ...body }).toMatchObject({ status: 200, report: 'daily-recon', parameters: { date, merchant: merchant ?? null }, payments: rows.length, proof: { state: 'proven' } });
    expect(body.rows).toEqual(grouped(rows, (row) => `${row.currency}/${row.status}`).map(([cell, of]) => ({
      cell, currency: cell.slice(0, 3), minor_units: MINOR[cell.slice(0, 3)] ?? 2, status: cell.slice(4), payments: of.length, amount_cents: centsOf(of).toString(),
    })));
    expect(body.totals).toEqual(grouped(rows, (row) => row.currency).map(([currency, of]) => ({ currency, minor_units: MINOR[currency] ?? 2, payments: of.length, amount_cents: centsOf(of).toString() })));
    compared += rows.length;
  }
  expect(compared).toBeGreaterThan(8_000);
});

test('refund-rate: by count and by amount of each currency, and no rate where nothing was captured', async () => {
  const rate = (part: bigint, whole: bigint): string | null => (whole === 0n ? null : (Number(part) / Number(whole)).toFixed(6));
  for (const [from, to] of [[days[0], days[1]], [days[0], days[0]]] as const) for (const merchant of merchantsOf()) {
    const { body } = await api.get(withMerchant(`/reports/refund-rate?from=${from}&to=${to}`, merchant));
    expect(body.rows).toEqual(grouped(chosen(from, to, merchant), (row) => row.currency).map(([currency, of]) => {
      const captured = of.filter((row) => CAPTURED.includes(row.status));
      const refunded = of.filter((row) => row.status === 'REFUNDED');
      return {
        currency, minor_units: MINOR[currency] ?? 2, captured: captured.length, captured_cents: centsOf(captured).toString(), refunded: refunded.length,
        refunded_cents: centsOf(refunded).toString(), rate_by_count: rate(BigInt(refunded.length), BigInt(captured.length)), rate_by_amount: rate(centsOf(refunded), centsOf(captured)),
      };
    }));
  }
});

test('latency: count, mean and maximum exact, percentiles within the stated error, clock skew apart', async () => {
  for (const merchant of merchantsOf()) for (const method of [undefined, 'card', 'wallet', 'unknown']) {
    const { body } = await api.get<{ readonly rows: readonly Record<string, number | string | null>[] }>(
      withMerchant(`/reports/latency?from=${days[0]}&to=${days[1]}${method === undefined ? '' : `&payment_method=${method}`}`, merchant));
    const { timed, skewed } = latenciesOf(chosen(days[0], days[1], merchant).filter((row) => method === undefined || (row.payment_method ?? 'unknown') === method));
    const [row] = body.rows;
    expect(row).toMatchObject({ payments: timed.length, skewed, max_ms: timed.at(-1) ?? null });
    if (timed.length === 0) {
      expect(row).toMatchObject({ mean_ms: null, p50_ms: null, p95_ms: null, p99_ms: null });
      continue;
    }
    expect(Number(row!.mean_ms)).toBeCloseTo(timed.reduce((sum, ms) => sum + ms, 0) / timed.length, 2);
    for (const [name, share] of [['p50_ms', 0.5], ['p95_ms', 0.95], ['p99_ms', 0.99]] as const) {
      const exact = timed[Math.ceil(share * timed.length) - 1]!;
      expect(Math.abs((row![name] as number) - exact)).toBeLessThanOrEqual(exact * PERCENTILE_ERROR + 1);
    }
  }
});

test('declines: by reason and currency, text kept as it is', async () => {
  for (const merchant of merchantsOf()) {
    const { body, headers } = await api.get(withMerchant(`/reports/declines?from=${days[0]}&to=${days[1]}`, merchant));
    const declined = chosen(days[0], days[1], merchant).filter((row) => row.status === 'DECLINED');
    const rows = body.rows as readonly { readonly reason: string; readonly currency: string; readonly payments: number; readonly amount_cents: string }[];
    expect([...rows].map(({ reason, currency, payments: count, amount_cents }) => `${reason}|${currency}|${count}|${amount_cents}`).sort())
      .toEqual(grouped(declined, (row) => `${row.decline_reason ?? 'unknown'}|${row.currency}`).map(([key, of]) => `${key}|${of.length}|${centsOf(of)}`).sort());
    expect(headers.get('content-type')).toContain('application/json');
    if (merchant === 'shop') expect(rows.map(({ reason }) => reason)).toEqual(['<script>alert(1)</script>']);
  }
});

interface LakeQueryBody {
  readonly state: string;
  readonly answer: Readonly<Record<string, unknown>> | null;
  readonly problem: unknown;
}

async function fromLake(path: string, key?: string, engine = '&engine=lake'): Promise<LakeQueryBody> {
  const accepted = await api.get(`${path}${engine}`, {}, key);
  expect(accepted.status).toBe(202);
  const location = accepted.headers.get('location')!;
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
    const { body } = await api.get<LakeQueryBody>(location, {}, key);
    if (body.state === 'done' || body.state === 'failed') return body;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`no answer from the lake for ${path}`);
}

test('asked of the lake, each report is the same, to the cent; percentiles are then exact', async () => {
  const range = `from=${days[0]}&to=${days[1]}`;
  for (const path of [`/reports/daily-recon?date=${days[1]}`, `/reports/daily-recon?date=${days[0]}&merchant=shop`, `/reports/refund-rate?${range}`, `/reports/declines?${range}&merchant=merchant-0001`]) {
    const { answer, problem } = await fromLake(path);
    expect(problem).toBeNull();
    expect(answer).toEqual((await api.get(path)).body);
  }
  const { answer } = await fromLake(`/reports/latency?${range}`);
  const [exact] = answer!.rows as readonly Readonly<Record<string, number | string>>[];
  const [told] = (await api.get<{ readonly rows: readonly Readonly<Record<string, number | string>>[] }>(`/reports/latency?${range}`)).body.rows;
  expect(answer!.percentile_error).toBe(0);
  for (const name of ['payments', 'skewed', 'mean_ms', 'max_ms']) expect(exact![name]).toBe(told![name]);
  for (const name of ['p50_ms', 'p95_ms', 'p99_ms']) expect(Math.abs(Number(told![name]) - Number(exact![name]))).toBeLessThanOrEqual(Number(exact![name]) * PERCENTILE_ERROR + 1);
});

test('a merchant’s question to the lake is its own; another’s id shows nothing', async () => {
  const key = await api.makeKey(['reports:read'], 'shop');
  const { answer } = await fromLake(`/reports/daily-recon?date=${days[0]}`, key);
  expect(answer).toMatchObject({ parameters: { merchant: 'shop' }, payments: chosen(days[0], days[0], 'shop').length });
  const others = await api.get(`/reports/daily-recon?date=${days[0]}&engine=lake`);
  expect(await api.get(others.headers.get('location')!, {}, key)).toMatchObject({ status: 404 });
  const latency = `/reports/latency?from=${days[0]}&to=${days[1]}`;
  const [told] = (await api.get<{ readonly rows: readonly Readonly<Record<string, number | string>>[] }>(latency, {}, key)).body.rows;
  const [exact] = (await fromLake(latency, key)).answer!.rows as readonly Readonly<Record<string, number | string>>[];
  for (const name of ['payments', 'skewed', 'mean_ms', 'max_ms']) expect(exact![name]).toBe(told![name]);
  expect(await api.get('/queries/bm90aGluZw')).toMatchObject({ status: 404, body: { type: '/docs#not-found' } });
});

test('more days than Postgres answers are asked of the lake without anybody saying so', async () => {
  const years = `from=${days[0]}&to=${Number(days[0].slice(0, 4)) + 3}-12-31`;
  const { answer, problem } = await fromLake(`/reports/declines?${years}`, undefined, '');
  expect(problem).toBeNull();
  expect(answer).toMatchObject({ rows: (await api.get(`/reports/declines?from=${days[0]}&to=${days[1]}`)).body.rows, proof: { state: 'proven' } });
});

test('while Postgres is being made again the lake answers, and no number of it is called proven', async () => {
  const path = `/reports/daily-recon?date=${days[0]}&merchant=shop`;
  const { body } = await api.get(path);
  await api.bench.asOwner(`insert into ledger.rebuilds (workflow_run_id, requested_by, hours_unknown) values ('r', 'test', 1)`);
  try {
    const { answer } = await fromLake(path, undefined, '');
    expect(answer).toEqual({ ...body, proof: { ...body.proof as object, state: 'open' } });
    expect(await fromLake('/reports/daily-recon?date=2026-01-01&merchant=not-there-yet', undefined, '')).toMatchObject({ answer: { payments: 0, proof: { state: 'open' } } });
    expect(await api.get(`${path}&engine=postgres`)).toMatchObject({ status: 200, body: { proof: { state: 'open' } } });
    expect(await api.get(`/explain?report=daily-recon&date=${days[0]}&cell=EUR/CAPTURED`)).toMatchObject({ status: 503, body: { type: '/docs#unavailable' } });
  } finally {
    await api.bench.asOwner('update ledger.rebuilds set ended_at = now()');
  }
  expect(await api.get(path)).toMatchObject({ status: 200, body });
});

test('asked again with the ETag nothing is sent; a late line changes it, and the answer', async () => {
  const path = `/reports/daily-recon?date=${days[1]}`;
  const before = await api.get(path);
  const etag = before.headers.get('etag')!;
  expect(await api.get(path, { 'if-none-match': etag })).toMatchObject({ status: 304, text: '' });
  expect((await api.get(path, { 'if-none-match': `W/${etag}, "other"` })).status).toBe(304);
  expect((await api.get(`${path}&merchant=shop`, { 'if-none-match': etag })).status).toBe(200);
  expect((await api.get(`${path}&format=csv`, { 'if-none-match': etag })).status).toBe(200);
  await api.bench.land(hours[2]!, 'late.json', line(hours[2]!, { payment_id: 'late', merchant_id: 'shop', status: 'CHARGEBACK', currency: 'CHF', amount_cents: 7 }));
  expect(await api.bench.ask(hours[2]!, {}, PATIENCE_MS)).toMatchObject({ state: 'proven', revision: 2 });
  const after = await api.get(path, { 'if-none-match': etag });
  expect(after.status).toBe(200);
  expect(after.headers.get('etag')).not.toBe(etag);
  expect(after.body.payments).toBe((before.body.payments as number) + 1);
  expect(Date.parse(after.body.as_of as string)).toBeGreaterThan(Date.parse(before.body.as_of as string));
});

test('CSV has the same numbers, and no cell that a spreadsheet would execute', async () => {
  const path = `/reports/declines?from=${days[0]}&to=${days[1]}&merchant=shop`;
  await api.bench.land(hours[1]!, 'formulas.json', ['=1+1', '+1', '-1', '@x', 'a,"b"'].map((reason, i) => line(hours[1]!, { payment_id: `f${i}`, merchant_id: 'shop', status: 'DECLINED', decline_reason: reason })).join('\n'));
  expect(await api.bench.ask(hours[1]!, {}, PATIENCE_MS)).toMatchObject({ state: 'proven' });
  const csv = await api.get(path, { accept: 'text/csv' });
  expect(csv.headers.get('content-type')).toContain('text/csv');
  const lines = csv.text.split('\r\n');
  expect(lines[0]).toBe('from,to,reason,currency,minor_units,payments,amount_cents');
  for (const cell of [`"'=1+1"`, `"'+1"`, `"'-1"`, `"'@x"`, `"a,""b"""`]) expect(csv.text).toContain(`,${cell},EUR,2,1,1000\r\n`);
  expect((await api.get(`${path}&format=csv`, { accept: 'application/json' })).text).toBe(csv.text);
  expect((await api.get(path, { accept: 'text/csv;q=0.5, application/json' })).headers.get('content-type')).toContain('application/json');
  expect(await api.get(path, { accept: 'image/png' })).toMatchObject({ status: 406, body: { type: '/docs#not-acceptable' } });
});

test('Parquet has the same numbers in types of their own, sums beyond int64 included', async () => {
  const path = `/reports/daily-recon?date=${days[1]}&merchant=shop`;
  const response = await fetch(`${api.api.address}${path}`, { headers: { authorization: `Bearer ${api.keys.all!}`, accept: 'application/vnd.apache.parquet' } });
  expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
  const folder = await mkdtemp(join(tmpdir(), 'sluice-parquet-'));
  const file = join(folder, 'table.parquet');
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const rows = (await duckdb.runAndReadAll(`select currency, status, payments::text, amount_cents::text, typeof(amount_cents) from read_parquet('${file}') order by 1, 2`)).getRows();
  await rm(folder, { recursive: true });
  const { body } = await api.get<{ readonly rows: readonly { readonly currency: string; readonly status: string; readonly payments: number; readonly amount_cents: string }[] }>(path);
  expect(rows).toEqual(body.rows.map((row) => [row.currency, row.status, String(row.payments), row.amount_cents, 'DECIMAL(38,0)']));
  expect(rows.some(([, , , cents]) => BigInt(cents as string) > 2n ** 62n)).toBe(true);
});

test('an hour that is not proven is named by every report that rests on it', async () => {
  await api.bench.asOwner(`update ledger.hours set state = 'broken' where landing_hour = $1`, [`${hours[0]!}:00Z`]);
  const { body } = await api.get(`/reports/refund-rate?from=${days[0]}&to=${days[0]}`);
  expect(body.proof).toMatchObject({ state: 'broken', by_state: { broken: 1 }, not_proven: [hours[0]] });
  await api.bench.asOwner(`update ledger.hours set state = 'proven' where landing_hour = $1`, [`${hours[0]!}:00Z`]);
  expect((await api.get('/reports/daily-recon?date=2099-01-01')).body).toMatchObject({ as_of: null, proof: { state: 'none' }, rows: [], payments: 0 });
});
