/** The demo's data on the pages: every number that a person reads is the one that the raw lines give, computed from the raw files alone. */
import { PERCENTILE_ERROR } from '../../contract/latency';
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import { demoObjects } from '../../scripts/demo';
import { ApiBench } from '../api/api-bench';
import type { OracleRow } from '../curate/oracle';
import { freshHour, line } from '../support/hour-bench';
import { CAPTURED, centsOf, dayOf, grouped, latenciesOf, MINOR, paymentsOf, rawPayments, type RawPayments } from '../support/raw-payments';
import { Browsing } from './browser';

const PATIENCE_MS = 300_000;
jest.setTimeout(600_000);

let api: ApiBench;
let browsing: Browsing;
let raw: RawPayments;
/** Over midnight, so that days have to be told apart. */
const first = `${freshHour().slice(0, 10)}T23` as LandingHour;
const hours = [0, 1, 2].map((n) => hoursAfter(first, n));
const merchants = [undefined, 'merchant-0001', 'edge'] as const;

beforeAll(async () => {
  api = await ApiBench.open();
  api.bench.startWorker();
  for (const [i, hour] of hours.entries()) {
    for (const { name, bytes } of demoObjects(hour, i).objects) await api.bench.land(hour, name, bytes);
  }
  // What the demo has not: money past what a float holds, three digits and none after the point, a payment of two hours, clock skew.
  await api.bench.land(hours[0]!, 'edge.json', [
    line(hours[0]!, { payment_id: 'of-two-hours', merchant_id: 'edge', status: 'CAPTURED', amount_cents: 123456, currency: 'EUR' }),
    line(hours[0]!, { payment_id: 'large-1', merchant_id: 'edge', status: 'REFUNDED', amount_cents: '9007199254740993', currency: 'KWD' }),
    line(hours[0]!, { payment_id: 'large-2', merchant_id: 'edge', status: 'REFUNDED', amount_cents: '9223372036854775807', currency: 'KWD' }),
    line(hours[0]!, { payment_id: 'yen', merchant_id: 'edge', status: 'SETTLED', amount_cents: 1234567, currency: 'JPY' }),
    line(hours[0]!, { payment_id: 'skewed', merchant_id: 'edge', status: 'SETTLED', authorized_at: `${hours[0]!}:20:00Z`, completed_at: `${hours[0]!}:19:59Z` }),
  ].join('\n'));
  await api.bench.land(hours[1]!, 'edge.json', line(hours[1]!, { payment_id: 'of-two-hours', merchant_id: 'edge', status: 'REFUNDED', amount_cents: 123456, currency: 'EUR' }));
  for (const answer of await Promise.all(hours.map((hour) => api.bench.ask(hour, {}, PATIENCE_MS)))) expect(answer).toMatchObject({ state: 'proven' });
  raw = await rawPayments(api.bench.parts.lake, hours);
  browsing = await Browsing.open(api.api.address);
  await browsing.signIn(api.keys.all!);
});
afterAll(async () => {
  await (browsing as Browsing | undefined)?.close();
  await api.close();
});
afterEach(() => {
  expect(browsing.complaints.splice(0)).toEqual([]);
});

const counted = (count: number): string => count.toLocaleString('en-US');

/** Written otherwise than the pages do it: by the language's own formatter, which takes decimals as text. */
function shown(cents: bigint, currency: string): string {
  const digits = MINOR[currency] ?? 2;
  const unit = 10n ** BigInt(digits);
  const decimal = digits === 0 ? cents.toString() : `${cents / unit}.${(cents % unit).toString().padStart(digits, '0')}`;
  return `${new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(decimal as never)} ${currency}`;
}

function share(part: bigint, whole: bigint): string {
  return whole === 0n ? 'nothing captured' : `${(Number((Number(part) / Number(whole)).toFixed(6)) * 100).toFixed(4)} %`;
}

function daysTouched(): readonly string[] {
  return [...new Set(raw.payments.map(dayOf))].sort();
}

function range(): { readonly from: string; readonly to: string } {
  return { from: daysTouched()[0]!, to: daysTouched().at(-1)! };
}

function address(report: string, parameters: Readonly<Record<string, string | undefined>>): string {
  return `/pages/reports?${new URLSearchParams({ report, ...Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined)) as Record<string, string> })}`;
}

test('hours: every line of the raw files is in an equation, and every row in the sums of lake and Postgres', async () => {
  await browsing.go(`/pages/hours?from=${hours[0]!.slice(0, 10)}&to=${hours[2]!.slice(0, 10)}`);
  expect(await browsing.cells('The newest first')).toEqual(raw.hours.toReversed().map(({ landingHour, lines, blank, dead, good, curated }) => [
    landingHour, 'proven', '1', `${lines} lines = ${blank} blank + ${dead} dead + 0 erased + ${good - curated.length} duplicates + ${curated.length} curated`,
  ]));
  for (const { landingHour, curated, dead } of raw.hours) {
    await browsing.go(`/pages/hours?from=${landingHour.slice(0, 10)}&to=${landingHour.slice(0, 10)}&hour=${landingHour}`);
    const sums = [counted(curated.length), curated.reduce((sum, row) => sum + row.row_hash, 0n).toString()];
    expect(await browsing.cells('Stores held against each other')).toEqual([['lake', ...sums], ['topic, as read back', ...sums], ['not published again', '0', '0'], ['Postgres', ...sums]]);
    expect(await browsing.text()).toContain(`${counted(dead)} lines refused`);
  }
});

test('dead letters: refused lines by reason', async () => {
  await browsing.go(`/pages/dead-letters?from=${hours[0]!.slice(0, 10)}&to=${hours[2]!.slice(0, 10)}`);
  const reasons = new Map<string, number>();
  for (const hour of raw.hours) for (const [reason, lines] of hour.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + lines);
  expect(reasons.size).toBeGreaterThan(3);
  expect((await browsing.page.locator('.legend li').allInnerTexts()).sort()).toEqual([...reasons].map(([reason, lines]) => `${reason} ${counted(lines)}`).sort());
});

test('daily totals of every day, of all merchants and of one: counts and money by currency and status', async () => {
  for (const date of daysTouched()) for (const merchant of merchants) {
    await browsing.go(address('daily-recon', { date, merchant }));
    const payments = paymentsOf(raw.payments, date, date, merchant);
    if (payments.length === 0) {
      expect(await browsing.text()).toContain('There are no such payments.');
      continue;
    }
    expect(await browsing.cells('Each count leads')).toEqual(grouped(payments, (row) => `${row.currency}/${row.status}`).map(([cell, of]) => [
      cell.slice(0, 3), cell.slice(4), counted(of.length), shown(centsOf(of), cell.slice(0, 3)),
    ]));
    expect(await browsing.figures()).toEqual([
      [counted(payments.length), 'payments'],
      ...grouped(payments, (row) => row.currency).map(([currency, of]) => [shown(centsOf(of), currency), of.length === 1 ? '1 payment' : `${counted(of.length)} payments`]),
    ]);
    const bars = grouped(payments, (row) => row.status).map(([status, of]) => `${status} ${counted(of.length)}`);
    expect([...await browsing.bars()].sort()).toEqual(bars.sort());
  }
});

test('refund rates: by count and by amount of each currency', async () => {
  const days = range();
  for (const merchant of merchants) {
    await browsing.go(address('refund-rate', { ...days, merchant }));
    const payments = paymentsOf(raw.payments, days.from, days.to, merchant);
    const captured = (rows: readonly OracleRow[]): readonly OracleRow[] => rows.filter(({ status }) => CAPTURED.includes(status));
    const refunded = (rows: readonly OracleRow[]): readonly OracleRow[] => rows.filter(({ status }) => status === 'REFUNDED');
    const byCount = (rows: readonly OracleRow[]): string => share(BigInt(refunded(rows).length), BigInt(captured(rows).length));
    expect(await browsing.cells('Each count leads')).toEqual(grouped(payments, (row) => row.currency).map(([currency, of]) => [
      currency, counted(captured(of).length), shown(centsOf(captured(of)), currency), counted(refunded(of).length), shown(centsOf(refunded(of)), currency),
      byCount(of), share(centsOf(refunded(of)), centsOf(captured(of))),
    ]));
    expect(await browsing.figures()).toEqual([
      [byCount(payments), 'of captured payments were refunded'], [counted(refunded(payments).length), 'refunded'], [counted(captured(payments).length), 'captured'],
    ]);
  }
});

test('latency: count, mean, longest and skew exact, percentiles within what the page says', async () => {
  const days = range();
  for (const merchant of merchants) for (const method of [undefined, 'card', 'wallet'] as const) {
    await browsing.go(address('latency', { ...days, merchant, payment_method: method }));
    const { timed, skewed } = latenciesOf(paymentsOf(raw.payments, days.from, days.to, merchant).filter(({ payment_method: of }) => method === undefined || of === method));
    const [payments, mean, skew] = await browsing.figures();
    expect([payments, skew]).toEqual([[counted(timed.length), 'timed payments'], [counted(skewed), 'with clock skew, in no other number']]);
    const rows = await browsing.cells('Percentiles are at most');
    expect(rows[3]).toEqual(['longest', timed.length === 0 ? '–' : counted(timed.at(-1)!)]);
    if (timed.length === 0) {
      expect([mean![0], ...rows.map(([, ms]) => ms)]).toEqual(['–', '–', '–', '–', '–']);
      continue;
    }
    expect(mean![1]).toBe('mean, exact');
    expect(Number.parseFloat(mean![0]!)).toBeCloseTo(timed.reduce((sum, ms) => sum + ms, 0) / timed.length, 2);
    for (const [i, part] of [0.5, 0.95, 0.99].entries()) {
      const exact = timed[Math.ceil(part * timed.length) - 1]!;
      expect(Math.abs(Number(rows[i]![1]!.replaceAll(',', '')) - exact)).toBeLessThanOrEqual(exact * PERCENTILE_ERROR + 1);
    }
  }
});

test('declines: by reason and currency', async () => {
  const days = range();
  for (const merchant of [undefined, 'merchant-0001'] as const) {
    await browsing.go(address('declines', { ...days, merchant }));
    const declined = paymentsOf(raw.payments, days.from, days.to, merchant).filter(({ status }) => status === 'DECLINED');
    const reasonOf = ({ decline_reason: reason }: OracleRow): string => reason ?? 'unknown';
    expect((await browsing.cells('Each count leads')).map((cells) => cells.join(' | ')).sort()).toEqual(grouped(declined, (row) => `${row.currency} ${reasonOf(row)}`).map(([key, of]) => (
      [key.slice(4), key.slice(0, 3), counted(of.length), shown(centsOf(of), key.slice(0, 3))].join(' | '))).sort());
    expect(await browsing.figures()).toEqual([[counted(declined.length), 'declined payments'], [String(new Set(declined.map(reasonOf)).size), 'reasons']]);
    expect([...await browsing.bars()].sort()).toEqual(grouped(declined, reasonOf).map(([reason, of]) => `${reason} ${counted(of.length)}`).sort());
  }
});

test('behind a number stand the payments that make it up, each of them as its last raw line has it', async () => {
  const date = hours[0]!.slice(0, 10);
  const refunds = paymentsOf(raw.payments, date, date).filter(({ status, currency }) => status === 'REFUNDED' && currency === 'EUR');
  expect(refunds.length).toBeGreaterThan(100);
  await browsing.go(address('daily-recon', { date }));
  await browsing.page.getByRole('link', { name: `${counted(refunds.length)}, the payments behind EUR/REFUNDED` }).click();
  await browsing.page.getByRole('heading', { name: `Behind EUR/REFUNDED: ${counted(refunds.length)} payments, ${shown(centsOf(refunds), 'EUR')}` }).waitFor();
  const more = browsing.page.getByRole('button', { name: 'More of them' });
  for (let pages = 1; await more.isVisible(); pages += 1) {
    await more.click();
    await browsing.page.getByRole('table', { name: 'Payments, by day and id' }).nth(pages).waitFor();
  }
  expect((await browsing.cells('Payments, by day and id')).map(([id, , merchant, , , , amount]) => [id, merchant, amount].join(' ')).sort())
    .toEqual(refunds.map((row) => `${row.payment_id} ${row.merchant_id} ${shown(row.amount_cents, 'EUR')}`).sort());
  for (const [id, words] of [['of-two-hours', 'REFUNDED: 1,234.56 EUR'], ['large-2', 'REFUNDED: 9,223,372,036,854,775.807 KWD'], ['yen', 'SETTLED: 1,234,567 JPY']]) {
    await browsing.go(`/pages/payment?id=${id}`);
    await browsing.page.getByRole('heading', { name: words! }).waitFor();
  }
});
