/** What can be wrong with a request, each said in its own way. */
import { ApiBench } from './api-bench';

let api: ApiBench;
beforeAll(async () => {
  api = await ApiBench.open();
});
afterAll(() => api.close());

const recon = '/reports/daily-recon';
const rate = '/reports/refund-rate';

test.each([
  [recon, 400, 'missing-parameter', 'date'],
  [`${recon}?date=2026-11-20&merchnat=m1`, 400, 'unknown-parameter', 'merchnat'],
  [`${recon}?date=20.11.2026`, 400, 'invalid-parameter', 'date'],
  [`${recon}?date=2026-02-30`, 400, 'invalid-parameter', 'date'],
  [`${recon}?date=1999-12-31`, 400, 'invalid-parameter', 'date'],
  [`${recon}?date=2026-11-20&date=2026-11-21`, 400, 'invalid-parameter', 'date'],
  [`${recon}?date=2026-11-20&merchant=${'m'.repeat(129)}`, 400, 'invalid-parameter', 'merchant'],
  [`${recon}?date=2026-11-20&merchant=%27;drop`, 400, 'invalid-parameter', 'merchant'],
  [`${recon}?date=2026-11-20&merchant=nobody`, 404, 'unknown-merchant', 'merchant'],
  [`${recon}?date=2026-11-20&format=xml`, 400, 'invalid-parameter', 'format'],
  [`${rate}?from=2026-11-20&to=2026-11-19`, 400, 'range-reversed', 'from'],
  [`${rate}?from=2024-01-01&to=2026-01-01&engine=postgres`, 400, 'range-too-wide', 'to'],
  [`${rate}?from=2000-01-01&to=2026-01-01`, 400, 'range-too-wide', 'to'],
  [`${rate}?from=2024-01-01&to=2026-01-01&format=csv`, 400, 'invalid-parameter', 'format'],
  ['/reports/latency?from=2026-11-20&to=2026-11-20&payment_method=a%00b', 400, 'invalid-parameter', 'payment_method'],
  ['/nowhere', 404, 'not-found', undefined],
  ['/%', 400, 'malformed-request', undefined],
])('%s', async (path, status, problem, parameter) => {
  const got = await api.get(path);
  expect({ status: got.status, type: got.body.type, parameter: got.body.parameter }).toEqual({ status, type: `/docs#${problem}`, parameter });
  expect(got.headers.get('content-type')).toContain('application/problem+json');
  expect(got.body.status).toBe(status);
  expect(got.text).not.toMatch(/node_modules|at .*\.ts|Error:/);
});

test('another method of a known address is 405, with those that there are', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const got = await api.ask<Record<string, unknown>>(recon, { method });
    expect(got).toMatchObject({ status: 405, body: { type: '/docs#method-not-allowed' } });
    expect(got.headers.get('allow')).toBe('HEAD, GET');
  }
});

test('what takes too long is given up, and said so', async () => {
  const slow = await ApiBench.open({ SLUICE_API_STATEMENT_SECONDS: '0.2' });
  try {
    await slow.bench.asOwner('alter table rollups.days rename to real_days');
    await slow.bench.asOwner('create view rollups.days as select r.* from rollups.real_days r, pg_sleep(1)');
    await slow.bench.asOwner('grant select on rollups.days to sluice_reader');
    await slow.bench.asOwner(`insert into rollups.real_days values ('2026-11-20', 1, now())`);
    const got = await slow.get(`${recon}?date=2026-11-20`);
    expect(got).toMatchObject({ status: 503, body: { type: '/docs#too-slow' } });
    expect(got.headers.get('retry-after')).not.toBeNull();
  } finally {
    await slow.close();
  }
});

test('something of ours that fails tells nobody outside what it was', async () => {
  const broken = await ApiBench.open();
  try {
    await broken.bench.asOwner('alter table rollups.totals drop column amount_cents cascade');
    const got = await broken.get(`${recon}?date=2026-11-20`);
    expect(got).toMatchObject({ status: 500, body: { type: '/docs#internal' } });
    expect(got.text).not.toContain('amount_cents');
  } finally {
    await broken.close();
  }
});

test('the description and its page need no key and name every report; the page has no script and its policy allows none', async () => {
  const { body, status } = await api.get<{ openapi: string; paths: Record<string, unknown> }>('/openapi.json', {}, null);
  expect(status).toBe(200);
  expect(body.openapi).toBe('3.1.0');
  const page = await api.get('/docs', {}, null);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'/);
  expect(page.text).not.toMatch(/<script|src=|https?:\/\//);
  for (const path of Object.keys(body.paths)) expect(page.text).toContain(path);
  expect((await api.get('/healthz', {}, null)).body).toEqual({ state: 'well' });
});
