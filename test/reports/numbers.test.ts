/** What a restatement says of numbers, and how people read them: to the cent, beyond 2^53, with hostile text. */
import { reconNumbers, refundNumbers, latencyNumbers, declineNumbers } from '../../activities/report-rows';
import { dailyReportHtml, percentText, shownNumber } from '../../activities/daily-report-html';
import { reportDocument, webhookDelivery } from '../../activities/report-document';
import { amountText, countText, signed } from '../../contract/amount-text';
import { changesBetween, decimalDifference, type BroughtBy, type DayNumbers } from '../../contract/day-numbers';
import type { LandingHour } from '../../contract/landing-hour';
import type { ReportRevision } from '../../stores/ledger-reports';
import type { StatusCell } from '../../stores/reports';

const LARGE = 9_223_372_036_854_775_807n;

function dayOf(cells: readonly StatusCell[], maxMs: bigint | null = null, reason = 'funds'): DayNumbers {
  const ofStatus = (currency: string, statuses: readonly string[]) => cells.filter((cell) => cell.currency === currency && statuses.includes(cell.status));
  const sum = (of: readonly StatusCell[], name: 'payments' | 'amountCents'): bigint => of.reduce((all, cell) => all + cell[name], 0n);
  return {
    'daily-recon': reconNumbers(cells),
    'refund-rate': refundNumbers([...new Set(cells.map(({ currency }) => currency))].map((currency) => {
      const [captured, refunded] = [ofStatus(currency, ['CAPTURED', 'REFUNDED']), ofStatus(currency, ['REFUNDED'])];
      return { currency, captured: sum(captured, 'payments'), capturedCents: sum(captured, 'amountCents'), refunded: sum(refunded, 'payments'), refundedCents: sum(refunded, 'amountCents') };
    })),
    latency: latencyNumbers({ payments: maxMs === null ? 0n : 1n, sumMs: maxMs ?? 0n, skewed: 0n, maxMs, buckets: maxMs === null ? [] : [{ bucket: Number(maxMs), count: 1n }] }),
    declines: declineNumbers(cells.filter(({ status }) => status === 'DECLINED').map((cell) => ({ ...cell, reason }))),
  };
}

const BEFORE = dayOf([{ currency: 'EUR', status: 'CAPTURED', payments: 2n, amountCents: 1_000n }, { currency: 'KWD', status: 'CAPTURED', payments: 1n, amountCents: LARGE }]);

function revisionOf(revision: number, numbers: DayNumbers, brought: readonly BroughtBy[] = []): ReportRevision {
  const hours = [{ landingHour: '2026-11-20T10' as LandingHour, state: 'proven' as const, revision }];
  return {
    date: '2026-11-20', merchant: null, revision, numbers, hours, brought, asOf: '2026-11-21T01:02:03.123456Z', restsOn: 'x', by: 'test', renderedAt: '2026-11-21T06:00:00Z',
    seenHours: hours, seenAt: '2026-11-21T06:00:00Z', htmlKey: null,
  };
}

test('the same numbers are no change', () => {
  expect(changesBetween(BEFORE, structuredClone(BEFORE))).toEqual([]);
});

test('every number that is another one is named, with before, after and the difference in minor units; a cell that is new or gone too', () => {
  const after = dayOf([
    { currency: 'EUR', status: 'CAPTURED', payments: 1n, amountCents: 400n }, { currency: 'EUR', status: 'REFUNDED', payments: 1n, amountCents: 601n },
    { currency: 'KWD', status: 'CAPTURED', payments: 1n, amountCents: LARGE - 1n },
  ], 30n);
  const changes = changesBetween(BEFORE, after);
  expect(changes).toEqual(expect.arrayContaining([
    { report: 'daily-recon', cell: 'EUR', number: 'amount_cents', unit: 'money', currency: 'EUR', before: '1000', after: '1001', difference: '1' },
    { report: 'daily-recon', cell: 'EUR/CAPTURED', number: 'amount_cents', unit: 'money', currency: 'EUR', before: '1000', after: '400', difference: '-600' },
    { report: 'daily-recon', cell: 'EUR/REFUNDED', number: 'payments', unit: 'payments', currency: null, before: null, after: '1', difference: '1' },
    { report: 'daily-recon', cell: 'KWD', number: 'amount_cents', unit: 'money', currency: 'KWD', before: '9223372036854775807', after: '9223372036854775806', difference: '-1' },
    { report: 'refund-rate', cell: 'EUR', number: 'rate_by_count', unit: 'rate', currency: null, before: '0.000000', after: '0.500000', difference: '0.500000' },
    { report: 'latency', cell: 'all', number: 'max_ms', unit: 'ms', currency: null, before: null, after: '30', difference: null },
  ]));
  // Payments in all are as many as before.
  expect(changes.filter(({ cell, number }) => cell === 'EUR' && number === 'payments')).toEqual([]);
  // And back again: what came is gone.
  expect(changesBetween(after, BEFORE)).toContainEqual(
    { report: 'daily-recon', cell: 'EUR/REFUNDED', number: 'amount_cents', unit: 'money', currency: 'EUR', before: '601', after: null, difference: '-601' });
});

test('differences of decimals and amounts for people are exact', () => {
  expect(['0.012346 0.012345', '12 12.5', '1.000 0.999', '9007199254740993.001 9007199254740993'].map((pair) => decimalDifference(...pair.split(' ') as [string, string])))
    .toEqual(['-0.000001', '0.5', '-0.001', '-0.001']);
  expect([['1234567', 'EUR'], ['-5', 'EUR'], ['1234', 'JPY'], ['5', 'KWD'], [LARGE.toString(), 'KWD'], ['0', 'EUR']].map(([amount, currency]) => amountText(amount!, currency!)))
    .toEqual(['12,345.67', '-0.05', '1,234', '0.005', '9,223,372,036,854,775.807', '0.00']);
  expect([countText(999), countText(1000), countText('1234567')]).toEqual(['999', '1,000', '1,234,567']);
  expect([percentText('0.012346'), percentText('1.000000'), percentText('-0.500000'), percentText(null)]).toEqual(['1.2346 %', '100.0000 %', '-50.0000 %', '–']);
  expect([signed('5'), signed('-5'), signed('–')]).toEqual(['+5', '-5', '–']);
  expect(shownNumber({ unit: 'money', currency: 'JPY' }, '-1234')).toBe('-1,234 JPY');
});

test('the page has no script, no foreign asset, and text of payments stays text', async () => {
  const numbers = dayOf([{ currency: 'EUR', status: 'DECLINED', payments: 1n, amountCents: 5n }], null, '<script>alert(1)</script><img src=x onerror=alert(1)>"\'&');
  const { files } = await reportDocument([revisionOf(1, numbers)], 1, null);
  const page = files[0]!.body;
  expect(page).not.toMatch(/<script|<img|<link|<iframe|url\(|@import/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
  expect(page).toContain("default-src 'none'");
  expect(page).toContain('<span class="state good">proven</span>');
  // Accepted hours are said to be so.
  const accepted = { ...revisionOf(1, numbers), hours: [{ landingHour: '2026-11-20T11' as LandingHour, state: 'missing' as const, revision: null }] };
  expect(dailyReportHtml({ ...accepted, restates: null })).toMatch(/proven but for hours without an object[^]*2026-11-20T11 <span class="wait">accepted as missing/);
});

test('tables neutralise what a spreadsheet would execute, as the API’s do, and leave negative differences alone', async () => {
  const before = dayOf([{ currency: 'EUR', status: 'DECLINED', payments: 2n, amountCents: 50n }], null, '=cmd|/c calc');
  const after = dayOf([{ currency: 'EUR', status: 'DECLINED', payments: 1n, amountCents: 20n }], null, '=cmd|/c calc');
  const { files } = await reportDocument([revisionOf(2, after), revisionOf(1, before)], 2, 1);
  const of = (name: string): string => files.find((file) => file.name === name)!.body;
  expect(of('declines.csv')).toBe('from,to,reason,currency,minor_units,payments,amount_cents\r\n2026-11-20,2026-11-20,"\'=cmd|/c calc",EUR,2,1,20\r\n');
  expect(of('daily-recon.csv')).toBe('date,currency,minor_units,status,payments,amount_cents\r\n2026-11-20,EUR,2,DECLINED,1,20\r\n');
  expect(of('changes.csv')).toContain('daily-recon,EUR,amount_cents,money,EUR,50,20,-30\r\n');
});

test('files are named by what is in them, and every attempt gives the same bytes under the same delivery id', async () => {
  const history = [revisionOf(1, BEFORE)];
  const [one, other] = [await reportDocument(history, 1, null), await reportDocument(structuredClone(history), 1, null)];
  expect(other).toEqual(one);
  expect(one.files.map(({ key }) => key.replace(/-[0-9a-f]{16}\./, '-….'))).toEqual(
    ['report-….html', 'daily-recon-….csv', 'refund-rate-….csv', 'latency-….csv', 'declines-….csv'].map((name) => `reports/2026-11-20/all/r1/${name}`));
  const sent = webhookDelivery(history[0]!, 'r', one, 'lake');
  expect(webhookDelivery(structuredClone(history[0]!), 'r', other, 'lake')).toEqual(sent);
  expect(webhookDelivery(history[0]!, 'somebody else', one, 'lake').deliveryId).not.toBe(sent.deliveryId);
});

test('who missed a revision gets a restatement of the one it has, and the hours of all in between', async () => {
  const at = (hour: string, before: number | null, after: number): BroughtBy => ({ landingHour: `2026-11-20T${hour}` as LandingHour, why: before === null ? 'came' : 'revision', before, after });
  const numbers = [1_000n, 2_000n, 3_000n].map((amountCents) => dayOf([{ currency: 'EUR', status: 'CAPTURED', payments: 1n, amountCents }]));
  const history = [revisionOf(3, numbers[2]!, [at('11', null, 1), at('10', 2, 3)]), revisionOf(2, numbers[1]!, [at('10', 1, 2)]), revisionOf(1, numbers[0]!)];
  const { changes, brought, subject, text } = await reportDocument(history, 3, 1);
  expect(changes[0]).toMatchObject({ cell: 'EUR', before: '1000', after: '3000', difference: '2000' });
  expect(brought).toEqual([at('10', 1, 3), at('11', null, 1)]);
  expect(subject).toBe('Restatement: payments of 2026-11-20, revision 3');
  expect(text).toContain('Payments, EUR, amount: 10.00 EUR -> 30.00 EUR (+20.00 EUR)');
});

test('numbers that changed without a run or a repair are said to be so', () => {
  const page = dailyReportHtml({ ...revisionOf(2, BEFORE), restates: { revision: 1, changes: changesBetween(BEFORE, dayOf([])), brought: [] } });
  expect(page).toContain('somebody else may have written to the payments');
});
