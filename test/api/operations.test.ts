/** What operators and merchants ask about single things, over a real hour with refused lines; and what operators do about them. */
import { randomUUID } from 'node:crypto';
import { rawPrefix } from '../../contract/lake-layout';
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import { Backfills } from '../../stores/backfills';
import { freshHour, line } from '../support/hour-bench';
import { ApiBench } from './api-bench';

const PATIENCE_MS = 300_000;
jest.setTimeout(600_000);

let api: ApiBench;
const hour = `${freshHour().slice(0, 10)}T10` as LandingHour;
const later = hoursAfter(hour, 2);
const day = hour.slice(0, 10);
const script = '<script>alert(1)</script>';

beforeAll(async () => {
  api = await ApiBench.open();
  api.bench.startWorker();
  await api.bench.land(hour, 'a.json', [
    line(hour, { payment_id: 'p1', merchant_id: 'one', status: 'CAPTURED', amount_cents: 250 }), `{"broken": "${script}"`, '',
    line(hour, { payment_id: 'p1', merchant_id: 'one', status: 'SETTLED', amount_cents: 250 }),
    line(hour, { payment_id: 'p2', merchant_id: 'two', status: 'CAPTURED', amount_cents: 999 }),
    line(hour, { payment_id: 'p3', merchant_id: 'two', status: 'declined', amount_cents: 5 }),
  ].join('\n'));
  await api.bench.land(later, 'a.json', line(later, { payment_id: 'p1', merchant_id: 'one', status: 'REFUNDED', amount_cents: 250, created_at: `${later}:00:00Z` }));
  for (const answer of await Promise.all([api.bench.ask(hour, {}, PATIENCE_MS), api.bench.ask(later, {}, PATIENCE_MS)])) expect(answer).toMatchObject({ state: 'proven' });
});
afterAll(() => api.close());

test('hours of a range with their equations, and one with its stages, proof and runs', async () => {
  const { body } = await api.get(`/hours?from=${hour}&to=${later}`);
  expect(body).toMatchObject({
    by_state: { proven: 2 },
    rows: [{ landing_hour: hour, state: 'proven', revision: 1, lines: 6, curated: 2, dead_lettered: 2, equation: expect.stringContaining('6 lines = 1 blank + 2 dead'), first_difference: null }, { landing_hour: later }],
  });
  const one = await api.get(`/hours/${hour}`);
  expect(one.body).toMatchObject({
    state: 'proven', revision: 1, proof: { terms: { dead_lettered: 2, already_there: 0 }, stores: { postgres: { rows: 2 } } }, runs: [{ kind: 'manual', requested_by: 'test', workflow_id: `payments/${hour}` }],
  });
  expect((one.body.stages as readonly { readonly stage: string }[]).map(({ stage }) => stage)).toEqual(['land', 'crawl', 'curate', 'audit', 'commit', 'publish', 'load', 'prove']);
  expect(await api.get('/hours/2001-01-01T00')).toMatchObject({ status: 404, body: { type: '/docs#not-found', parameter: 'hour' } });
  expect(await api.get(`/hours?from=${later}&to=${hour}`)).toMatchObject({ status: 400, body: { type: '/docs#range-reversed' } });
});

test('a payment with its versions and their way, down to the raw lines and the record in the topic', async () => {
  expect((await api.get('/payments/p1')).body).toMatchObject({
    payment: { payment_id: 'p1', status: 'REFUNDED', amount_cents: '250', minor_units: 2, landing_hour: later },
    versions: [{ landing_hour: hour, status: 'SETTLED', wins: false }, { landing_hour: later, status: 'REFUNDED', wins: true }],
  });
  const { body } = await api.get<{ readonly versions: readonly { readonly raw: readonly { readonly object: string; readonly offset: number; readonly length: number; readonly line_number: number }[]; readonly records: readonly { readonly partition: number; readonly offset: string }[]; readonly files: readonly string[] }[] }>('/payments/p1/way');
  const [first, second] = body.versions;
  const raw = (await api.bench.parts.lake.readText(`${rawPrefix(hour)}a.json`))!.text;
  expect(first!.raw.map(({ offset, length }) => (JSON.parse(raw.slice(offset, offset + length)) as { payment_id: string; status: string }).status)).toEqual(['CAPTURED', 'SETTLED']);
  expect(first!.raw.map((place) => place.line_number)).toEqual([1, 4]);
  expect(first!.files).toHaveLength(1);
  expect(first!.files[0]).toContain(`dt=${day}/merchant_id=one/${hour}-r1-`);
  for (const version of [first!, second!]) expect(version.records).toMatchObject([{ op: 'upsert', revision: 1, offset: expect.stringMatching(/^\d+$/) }]);
  expect(await api.get('/payments/nobodys')).toMatchObject({ status: 404 });
});

test('a merchant gets 404 for another’s payment, also for its way', async () => {
  const key = await api.makeKey(['reports:read', 'payments:read'], 'one');
  expect((await api.get('/payments/p1', {}, key)).status).toBe(200);
  for (const path of ['/payments/p2', '/payments/p2/way']) expect(await api.get(path, {}, key)).toMatchObject({ status: 404, body: { type: '/docs#not-found' } });
});

test('behind each number are the payments that it counts, page by page', async () => {
  const recon = await api.get<{ readonly rows: readonly { readonly cell: string; readonly payments: number; readonly amount_cents: string }[] }>(`/reports/daily-recon?date=${day}`);
  expect(recon.body.rows.map(({ cell }) => cell)).toEqual(['EUR/CAPTURED', 'EUR/REFUNDED']);
  for (const { cell, payments, amount_cents } of recon.body.rows) {
    const found: { readonly amount_cents: string }[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page: { readonly body: { readonly rows: readonly { readonly amount_cents: string }[]; readonly next: string | null; readonly payments: number; readonly amount_cents: string } } =
        await api.get(`/explain?report=daily-recon&date=${day}&cell=${encodeURIComponent(cell)}&limit=1${next === '' ? '' : `&after=${next}`}`);
      expect(page.body).toMatchObject({ payments, amount_cents });
      found.push(...page.body.rows);
      next = page.body.next;
    }
    expect({ payments: found.length, amount_cents: found.reduce((sum, row) => sum + BigInt(row.amount_cents), 0n).toString() }).toEqual({ payments, amount_cents });
  }
  const range = `from=${day}&to=${day}`;
  expect((await api.get(`/explain?report=refund-rate&${range}&cell=EUR/captured`)).body).toMatchObject({ payments: 2, rows: [{ payment_id: 'p1' }, { payment_id: 'p2' }], next: null });
  expect((await api.get(`/explain?report=latency&${range}&cell=timed`)).body).toMatchObject({ payments: 0, rows: [] });
  expect((await api.get(`/explain?report=refund-rate&${range}&cell=EUR/captured&format=csv`)).text.split('\r\n')).toHaveLength(4);
  for (const [path, parameter] of [['report=latency&cell=p99', 'cell'], ['report=declines&cell=EUR', 'cell'], ['report=refund-rate&cell=EUR/lost', 'cell'], ['report=refund-rate&cell=EUR/captured&after=bm9uc2Vuc2U', 'after']] as const) {
    expect(await api.get(`/explain?${path}&${range}`)).toMatchObject({ status: 400, body: { type: '/docs#invalid-parameter', parameter } });
  }
  expect(await api.get('/explain?report=daily-recon&cell=EUR/CAPTURED')).toMatchObject({ status: 400, body: { type: '/docs#missing-parameter', parameter: 'date' } });
});

test('refused lines by reason; one is corrected and landed again, and the audit knows by whom', async () => {
  const { body } = await api.get<{ readonly groups: readonly { readonly reason: string; readonly cases: readonly { readonly case: string; readonly raw: string }[] }[] }>(`/dead-letters?from=${hour}&to=${hour}`);
  expect(body.groups.map(({ reason }) => reason).sort()).toEqual(['malformed_json', 'status_unknown']);
  const broken = body.groups.find(({ reason }) => reason === 'malformed_json')!.cases[0]!;
  // Stored markup stays text, and JSON says so.
  const shown = await api.get(`/dead-letters/${broken.case}`);
  expect(shown.body).toMatchObject({ raw: `{"broken": "${script}"`, line_number: 2, redrives: [] });
  expect(shown.headers.get('content-type')).toContain('application/json');
  expect(shown.headers.get('x-content-type-options')).toBe('nosniff');
  const wrong = body.groups.find(({ reason }) => reason === 'status_unknown')!.cases[0]!;
  const corrected = JSON.stringify({ ...JSON.parse(wrong.raw) as object, status: 'DECLINED' });
  const done = await api.post('/dead-letters/redrive', { cases: [{ case: wrong.case, line: corrected }] });
  expect(done).toMatchObject({ status: 202, body: { redriven: [{ landing_hour: hour, found: false, lines: [{ case: wrong.case, corrected: true }] }] } });
  expect(await api.bench.ask(hour, {}, PATIENCE_MS)).toMatchObject({ state: 'proven', revision: 2 });
  expect((await api.get('/payments/p3')).body).toMatchObject({ payment: { status: 'DECLINED', merchant_id: 'two' } });
  expect((await api.get(`/dead-letters/${wrong.case}`)).body).toMatchObject({ redrives: [{ by: expect.stringContaining('test (key ') }] });
  expect(await api.bench.rows(`select who from ledger.audit where what = 'dead-letters redrive'`)).toEqual([{ who: expect.stringContaining('test (key ') }]);
  expect(await api.post('/dead-letters/redrive', { cases: [{ case: '2001-01-01T00-000000000000' }] })).toMatchObject({ status: 404 });
  expect(await api.post('/dead-letters/redrive', { cases: [] })).toMatchObject({ status: 400, body: { parameter: 'cases' } });
  expect(await api.post('/dead-letters/redrive', { cases: [{ case: wrong.case, line: 'a\nb' }] })).toMatchObject({ status: 400, body: { parameter: 'cases.0.line' } });
});

test('a backfill is planned, started, paused, throttled, resumed and cancelled', async () => {
  const [from, to] = [hoursAfter(hour, -3), later];
  expect((await api.post('/backfills/plan', { from, to, only: 'all' })).body).toMatchObject({ looked: 6, hours: expect.arrayContaining([expect.objectContaining({ landing_hour: hour, rows_by: 'counted' })]) });
  expect(await api.get(`/backfills/${from}/${to}`)).toMatchObject({ status: 404 });
  const started = await api.post('/backfills', { from, to, only: 'all', parallel: 1 });
  expect(started).toMatchObject({ status: 202, body: { backfill_id: `backfill/${from}..${to}` } });
  expect(started.headers.get('location')).toBe(`/backfills/${from}/${to}`);
  expect((await api.post(`/backfills/${from}/${to}/pause`, { why: 'lunch' })).body).toMatchObject({ state: 'paused', why: expect.stringContaining('lunch') });
  expect((await api.post(`/backfills/${from}/${to}/parallel`, { parallel: 2 })).body).toMatchObject({ options: { parallel: 2 } });
  expect((await api.get(`/backfills/${from}/${to}`)).body).toMatchObject({ state: 'paused' });
  expect((await api.post(`/backfills/${from}/${to}/resume`, {})).body).toMatchObject({ state: 'running' });
  expect((await api.post(`/backfills/${from}/${to}/cancel`, {})).status).toBe(200);
  expect(await api.post(`/backfills/${from}/${to}/skip`, {})).toMatchObject({ status: 400, body: { type: '/docs#missing-parameter', parameter: 'hour' } });
  expect(await api.post(`/backfills/${from}/${to}/dance`, {})).toMatchObject({ status: 400, body: { parameter: 'action' } });
  expect(await api.post('/backfills', { from: '2099-01-01T00', to: '2099-01-01T01' })).toMatchObject({ status: 400, body: { type: '/docs#invalid-parameter', parameter: 'to' } });
  expect((await api.bench.rows<{ what: string }>(`select what from ledger.audit where what like 'api backfill%' order by audit_id`)).map(({ what }) => what))
    .toEqual(['start', 'pause', 'parallel', 'resume', 'cancel'].map((action) => `api backfill ${action}`));
});

interface ListedBackfills {
  readonly rows: readonly { readonly run: string; readonly from: string; readonly state: string }[];
  readonly next: string | null;
}

test('backfills are listed, the newest first, page by page; those that Temporal has forgotten too, and one that was terminated is said to be cut off', async () => {
  const { client, configuration } = api.bench;
  const [from, to] = [hoursAfter(hour, -3), later];
  const over = async (): Promise<unknown> => client.workflow.getHandle(`backfill/${from}..${to}`).result();
  await over();
  const { body } = await api.get<ListedBackfills>('/backfills');
  expect(body.rows).toMatchObject([{ backfill_id: `backfill/${from}..${to}`, from, to, shadow: false, only: 'all', by: expect.stringContaining('test (key '), state: 'cancelled', ended_at: expect.any(String) }]);
  const first = body.rows[0]!.run;
  await api.post('/backfills', { from, to, only: 'all', shadow: false });
  await over();
  await api.post('/backfills', { from: hour, to: hour, shadow: true });
  await client.workflow.getHandle(`backfill-shadow/${hour}..${hour}`).result();
  const page = await api.get<ListedBackfills>('/backfills?limit=2');
  expect(page.body.rows).toMatchObject([{ shadow: true, state: 'done', counts: { same: 1 } }, { from, state: 'done', left: 0 }]);
  const rest = await api.get<ListedBackfills>(`/backfills?limit=2&after=${page.body.next!}`);
  expect(rest.body).toMatchObject({ rows: [{ run: first, state: 'cancelled' }], next: null });
  expect(await api.get('/backfills?after=bm9uc2Vuc2U')).toMatchObject({ status: 400, body: { type: '/docs#invalid-parameter', parameter: 'after' } });
  // Of a range that was backfilled twice, the newest unless one is named.
  expect((await api.get(`/backfills/${from}/${to}`)).body).toMatchObject({ run: page.body.rows[1]!.run, state: 'done' });
  expect((await api.get(`/backfills/${from}/${to}?run=${first}`)).body).toMatchObject({ run: first, state: 'cancelled', ended_at: expect.any(String) });
  expect(await api.get(`/backfills/${from}/${to}?run=${randomUUID()}`)).toMatchObject({ status: 404 });
  const forget = { namespace: client.options.namespace, workflowExecution: { workflowId: `backfill-shadow/${hour}..${hour}` } };
  await client.workflowService.deleteWorkflowExecution(forget);
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && await client.workflow.getHandle(forget.workflowExecution.workflowId).describe().then(() => true, () => false);) {
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  expect((await api.get(`/backfills/${hour}/${hour}?shadow=true`)).body).toMatchObject({ state: 'done', counts: { same: 1 }, unproven: {}, recent: [] });
  expect((await api.get<ListedBackfills>('/backfills')).body.rows).toHaveLength(3);
  // As one leaves it that was terminated.
  await api.bench.parts.ledger.noteBackfill({
    backfillRun: randomUUID(), notedAt: new Date().toISOString(), ending: null,
    status: { ...(await new Backfills(client, configuration.SLUICE_TASK_QUEUE).status(`backfill/${from}..${to}`))!, backfillId: `backfill/${later}..${later}`, from: later, to: later, state: 'running', startedAt: new Date().toISOString() },
  });
  expect((await api.get<ListedBackfills>('/backfills?limit=1')).body.rows).toMatchObject([{ from: later, state: 'cut_off', ended_at: null }]);
  expect((await api.get(`/backfills/${later}/${later}`)).body).toMatchObject({ from: later, state: 'cut_off' });
});

test('a day’s reconciliation is started, shown, and attached to while it goes on; approving what does not wait is refused', async () => {
  expect(await api.get(`/reconciliations/${day}`)).toMatchObject({ status: 404 });
  const started = await api.post(`/reconciliations/${day}`, {});
  expect(started).toMatchObject({ status: 202, body: { date: day, workflow_id: `reconcile/${day}`, attached: false, mode: 'off', requested_by: expect.stringContaining('test (key ') } });
  expect(started.headers.get('location')).toBe(`/reconciliations/${day}`);
  await api.bench.client.workflow.getHandle(`reconcile/${day}`).result();
  expect((await api.get(`/reconciliations/${day}`)).body).toMatchObject({ date: day, latest: { state: 'agrees', mode: 'off', workflow_run_id: started.body.workflow_run_id, repairs: [], report: { date: day } }, earlier: [] });
  await api.bench.asOwner(`update curated_payments set amount_cents = amount_cents + 1 where payment_id = 'p2'`);
  const asking = await api.post(`/reconciliations/${day}`, { repair: 'ask', deep: true });
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until && (await api.get<{ readonly latest: { readonly state: string } }>(`/reconciliations/${day}`)).body.latest.state !== 'waiting';) {
    await new Promise((resolve) => { setTimeout(resolve, 500); });
  }
  expect(await api.post(`/reconciliations/${day}`, { repair: 'off' }))
    .toMatchObject({ status: 202, body: { attached: true, mode: 'ask', workflow_run_id: asking.body.workflow_run_id, requested_by: expect.stringContaining('test (key ') } });
  expect(await api.post(`/reconciliations/${day}/refuse`, { why: 'no' })).toMatchObject({ status: 200 });
  await api.bench.client.workflow.getHandle(`reconcile/${day}`).result().catch(() => undefined);
  await api.bench.asOwner(`update curated_payments set amount_cents = amount_cents - 1 where payment_id = 'p2'`);
  expect(await api.post(`/reconciliations/${day}`, { repair: 'auto' })).toMatchObject({ status: 400, body: { parameter: 'repair' } });
  expect((await api.bench.rows<{ detail: unknown }>(`select detail from ledger.audit where what = 'api reconcile start' order by audit_id`)).map(({ detail }) => detail))
    .toEqual([{ date: day, repair: 'off', deep: false }, { date: day, repair: 'ask', deep: true }, { date: day, repair: 'off', deep: false }]);
  for (const [action, body] of [['approve', {}], ['refuse', { why: 'no' }]] as const) {
    expect(await api.post(`/reconciliations/${day}/${action}`, body)).toMatchObject({ status: 409, body: { type: '/docs#refused' } });
  }
});
