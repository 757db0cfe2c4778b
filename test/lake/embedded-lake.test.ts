/** Questions to the lake as DuckDB answers them, held against Postgres and against the lines themselves. Athena’s engine: `npm run parity:athena`. */
import { randomUUID } from 'node:crypto';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { readCommit } from '../../activities/committed';
import { createLakeQueries } from '../../activities/lake-queries';
import { CURATED_COLUMNS, STATUSES } from '../../contract/payment';
import type { LakeRow } from '../../contract/lake-answer';
import type { LakeQueries, LakeQuestion } from '../../contract/lake-question';
import { createLakeReader } from '../../engines/duckdb/lake-reader';
import { readSql } from '../../sql/read-sql';
import { openAthena } from '../../stores/athena';
import { Lake } from '../../stores/lake';
import { daysOfPayments, type DaysOfPayments } from './days-of-payments';

let days: DaysOfPayments;
beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  days = await daysOfPayments();
}, 240_000);
afterAll(() => days?.bench.close());
afterEach(() => jest.restoreAllMocks());

async function ask(question: LakeQuestion, queries: LakeQueries = days.bench.parts.lakeQueries): Promise<readonly LakeRow[]> {
  return queries.ask(question, { askedAs: randomUUID(), signal: new AbortController().signal, progress: () => undefined }, async ({ pages }) => {
    const rows: LakeRow[] = [];
    for await (const page of pages()) rows.push(...page);
    return rows;
  });
}

/** Of the merchants of these days only: the database is everybody’s. */
async function postgres(select: string): Promise<readonly LakeRow[]> {
  return days.bench.rows<LakeRow>(`with mine as (select * from curated_payments where merchant_id = any($1)) ${select}`, [[days.shop, days.odd]]);
}

const texts = (rows: readonly LakeRow[]): unknown => rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell === null ? null : String(cell)])));

test('the current payments are Postgres’, column by column, to the microsecond and the cent', async () => {
  // Postgres keeps the revision in which a row last changed, the lake the one that is committed.
  const revision: readonly string[] = ['curated_version', 'processed_at'];
  const columns = CURATED_COLUMNS.filter(({ name }) => !revision.includes(name)).map(({ name, type }) => (type === 'timestamp' ? `trunc(extract(epoch from ${name}) * 1000000)::bigint::text as ${name}` : `${name}::text`)).join(', ');
  const expected = await postgres(`select ${columns} from mine order by payment_id`);
  const rows = await ask({ name: 'current-payments', from: days.before, to: days.after, merchant: null });
  expect(texts(rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'file' && !revision.includes(name)))))).toEqual(expected);
  expect(rows.length).toBeGreaterThan(30);
  expect(rows.find(({ payment_id: id }) => String(id).endsWith('-micros'))).toMatchObject({ status: 'AUTHORIZED', amount_cents: 11n });
  expect(rows.every(({ file }) => String(file).startsWith(`s3://${days.bench.configuration.SLUICE_LAKE_BUCKET}/curated/payments/dt=`))).toBe(true);
});

test('a payment that went to another day or merchant is in the new place only', async () => {
  const of = async (question: Omit<Extract<LakeQuestion, { name: 'current-payments' }>, 'name'>): Promise<readonly string[]> =>
    (await ask({ name: 'current-payments', ...question })).map(({ payment_id: id }) => String(id).replace(/^[0-9a-f]+-/, ''));
  expect(await of({ from: days.day, to: days.day, merchant: null })).not.toContain('next-day');
  expect(await of({ from: days.after, to: days.after, merchant: null })).toEqual(['next-day']);
  expect(await of({ from: days.day, to: days.day, merchant: days.shop })).not.toContain('other-merchant');
  expect(await of({ from: days.day, to: days.day, merchant: days.odd })).toEqual(['declined', 'other-merchant', 'refunded']);
});

test.each(['all merchants', 'one'])('a day’s totals by currency and status are Postgres’: %s', async (which) => {
  const merchant = which === 'one' ? days.shop : null;
  const expected = await postgres(`select currency, status, count(*)::text as payments, sum(amount_cents)::text as amount_cents from mine
    where dt = '${days.day}' ${merchant === null ? '' : `and merchant_id = '${merchant}'`} group by 1, 2 order by currency collate "C", status collate "C"`);
  expect(texts(await ask({ name: 'reports/daily-recon', day: days.day, merchant }))).toEqual(expected);
  expect(expected).toContainEqual({ currency: 'USD', status: 'CAPTURED', payments: '2', amount_cents: '9232379236109516800' });
});

test('refunds are held against what was captured, currency by currency', async () => {
  const captured = `status in ('APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK')`;
  const expected = await postgres(`select currency, count(*) filter (where ${captured})::text as captured, coalesce(sum(amount_cents) filter (where ${captured}), 0)::text as captured_cents, count(*) filter (where status = 'REFUNDED')::text as refunded,
    coalesce(sum(amount_cents) filter (where status = 'REFUNDED'), 0)::text as refunded_cents from mine where dt between '${days.before}' and '${days.after}' group by 1 order by currency collate "C"`);
  expect(texts(await ask({ name: 'reports/refund-rate', from: days.before, to: days.after, merchant: null }))).toEqual(expected);
  expect(expected).toHaveLength(3);
});

test.each([[null, 'all'], ['card', 'all'], ["o'pay", 'all'], ['none', 'all'], [null, 'one']] as const)('latency’s percentiles are exact, skewed rows apart: payment method %s of %s merchants', async (paymentMethod, which) => {
  const merchant = which === 'one' ? days.shop : null;
  const mine = `mine where ${merchant === null ? '' : `merchant_id = '${merchant}' and`} dt between '${days.day}' and '${days.after}' and authorized_to_complete_ms is not null ${paymentMethod === null ? '' : `and payment_method = '${paymentMethod.replace("'", "''")}'`}`;
  const [expected] = await postgres(`, spans as (select authorized_to_complete_ms as ms from ${mine}), good as (select ms from spans where ms >= 0)
    select count(*)::text as measured, coalesce(sum(ms), 0)::text as sum_ms, percentile_disc(0.5) within group (order by ms)::text as p50, percentile_disc(0.95) within group (order by ms)::text as p95,
      percentile_disc(0.99) within group (order by ms)::text as p99, max(ms)::text as max_ms, (select count(*) from spans where ms < 0)::text as skewed from good`);
  expect(texts(await ask({ name: 'reports/latency', from: days.day, to: days.after, merchant, paymentMethod }))).toEqual([expected]);
  if (paymentMethod === null && merchant === null) expect(expected).toMatchObject({ measured: '23', skewed: '1' });
  if (paymentMethod === 'none') expect(expected).toMatchObject({ measured: '0', p50: null });
});

test('declines are told by reason, unknown where nobody gives one', async () => {
  expect(await ask({ name: 'reports/declines', from: days.day, to: days.day, merchant: null })).toEqual([
    { reason: 'insufficient_funds', currency: 'EUR', payments: 1n, amount_cents: 4200n }, { reason: 'unknown', currency: 'JPY', payments: 1n, amount_cents: 300n },
  ]);
});

test('a payment’s versions come with their files, the one that counts first', async () => {
  const [micros] = days.committed.get(days.hours[1])!.filter(({ payment_id: id }) => id.endsWith('-micros'));
  const rows = await ask({ name: 'payment-versions', paymentId: micros!.payment_id, from: days.day, to: days.day });
  expect(rows.map(({ status, amount_cents: cents, curated_version: revision }) => [status, cents, revision])).toEqual([['AUTHORIZED', 11n, 2], ['CAPTURED', 22n, 2]]);
  expect(String(rows[0]!.file)).toMatch(/\/compacted-[^/]+\.parquet$/);
  expect(String(rows[1]!.file)).toContain(`/${days.hours[1]}-r2-`);
});

test('an hour’s sums are its commit’s, also where its rows lie in files of several hours', async () => {
  for (const hour of days.hours) {
    const { sums } = (await readCommit(days.bench.parts.lake, hour))!.commit;
    const rows = await ask({ name: 'hour-sums', landingHour: hour, from: days.before, to: days.after });
    expect(rows.map(({ currency, status, row_count: count, amount_cents: cents }) => ({ currency, status, count: Number(count), amountCents: String(cents) }))).toEqual(sums.totals);
    expect(rows.reduce((sum, { row_hash: hash }) => sum + (hash as bigint), 0n)).toBe(BigInt(sums.sumRowHash));
  }
});

test('a merchant’s committed day counts every hour’s version and no replaced one', async () => {
  for (const merchant of [days.shop, days.odd]) {
    const cells = new Map<string, { readonly rows: bigint; readonly cents: bigint }>();
    for (const fields of [...days.committed.values()].flat()) {
      if (fields.merchant_id !== merchant || !fields.created_at.startsWith(days.day)) continue;
      const key = `${String(fields.currency)} ${String(fields.status ?? 'AUTHORIZED')}`;
      const cell = cells.get(key) ?? { rows: 0n, cents: 0n };
      cells.set(key, { rows: cell.rows + 1n, cents: cell.cents + BigInt((fields.amount_cents as string | number | undefined) ?? 1000) });
    }
    const rows = await ask({ name: 'committed-totals', day: days.day, merchant });
    expect(rows.map(({ currency, status, row_count, amount_cents }) => [`${String(currency)} ${String(status)}`, row_count, amount_cents]))
      .toEqual([...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { rows: count, cents }]) => [key, count, cents]));
  }
});

test('days without a payment have no row; a latency of nothing is zero and null', async () => {
  const [from, to] = ['2001-01-01', '2001-01-02'];
  expect(await ask({ name: 'reports/daily-recon', day: from, merchant: null })).toEqual([]);
  expect(await ask({ name: 'payment-versions', paymentId: 'p', from, to })).toEqual([]);
  expect(await ask({ name: 'committed-totals', day: from, merchant: days.shop })).toEqual([]);
  expect(await ask({ name: 'reports/latency', from, to, merchant: null, paymentMethod: null })).toEqual([{ measured: 0n, sum_ms: 0n, p50: null, p95: null, p99: null, max_ms: null, skewed: 0n }]);
});

test('what is asked for stays a text, and a day must be one', async () => {
  expect(await ask({ name: 'current-payments', from: days.day, to: days.day, merchant: `x' or '1' = '1` })).toEqual([]);
  await expect(ask({ name: 'reports/daily-recon', day: `${days.day}' or true --`, merchant: null })).rejects.toMatchObject({ kind: 'usage', message: expect.stringMatching(/not a day/) });
});

test('a question that would download too much is refused before the first byte', async () => {
  const { bench } = days;
  const queries = createLakeQueries({
    lake: bench.parts.lake, athena: openAthena(bench.configuration), lakeReader: createLakeReader({ memoryLimit: '512MB', threads: 1, workDir: bench.parts.workDir }),
    workDir: bench.parts.workDir, configuration: { SLUICE_LAKE_QUERIES: 'embedded', SLUICE_LAKE_DOWNLOAD_BYTES: 100 },
  });
  const download = jest.spyOn(Lake.prototype, 'downloadAll');
  await expect(ask({ name: 'reports/daily-recon', day: days.day, merchant: null }, queries)).rejects.toMatchObject({
    kind: 'configuration', message: expect.stringMatching(/needs \d+ bytes of the lake, and 100 may be downloaded.*SLUICE_LAKE_QUERIES=athena/),
  });
  expect(download).not.toHaveBeenCalled();
});

test('a file that is swept between the commit and the download is no failure: the commits are read again', async () => {
  const download = jest.spyOn(Lake.prototype, 'downloadAll').mockImplementationOnce(function swept(this: Lake, objects, folder, signal) {
    return this.downloadAll([...objects, { key: 'curated/payments/swept.parquet' }], folder, signal);
  });
  expect(await ask({ name: 'reports/declines', from: days.day, to: days.day, merchant: null })).toHaveLength(2);
  expect(download.mock.calls.length).toBeGreaterThan(2);
});

test('the winners’ order has every status in its rank', () => {
  const ranks = [...readSql('lake/winners.sql').matchAll(/when '([A-Z]+)' then (\d+)/g)].map(([, status, rank]) => [status, Number(rank)]);
  expect(ranks).toEqual(STATUSES.map((status, i) => [status, i + 1]));
});
