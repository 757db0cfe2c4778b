/** What people read: hours and their proofs, reports, and from a number of theirs down to a payment's raw line. */
import { readFileSync } from 'node:fs';
import { PAGES_POLICY } from '../../workers/api/pages';
import { PagesBench, SCRIPT } from './pages-bench';

jest.setTimeout(600_000);

let bench: PagesBench;

beforeAll(async () => {
  bench = await PagesBench.open();
});
afterAll(() => bench.close());
afterEach(() => {
  expect(bench.browsing.complaints.splice(0)).toEqual([]);
});

test('without a key a page says that it wants one, and asks for it; one that opens nothing is said to', async () => {
  const { browsing } = bench;
  await browsing.go('/');
  expect(browsing.page.url()).toContain('/pages/hours');
  expect(await browsing.text()).toContain('A key is needed');
  expect(await browsing.barriers()).toEqual([]);
  await browsing.page.getByLabel('Key', { exact: true }).fill('sluice_0123456789ab_wrong');
  await browsing.page.keyboard.press('Enter');
  await browsing.page.getByText('There is no key that opens this').waitFor();
  // Browsers write every refused request to the console themselves.
  expect(browsing.complaints.splice(0).filter((text) => !text.includes('401'))).toEqual([]);
  const merchants = await bench.api.makeKey(['reports:read'], 'shop');
  await browsing.go(`/pages/hours#key=${merchants}`);
  await browsing.page.reload();
  await browsing.page.getByText('has not the scope ops:read').waitFor();
  expect(browsing.page.url()).not.toContain('key');
  expect(browsing.complaints.splice(0).filter((text) => !text.includes('403') && !text.includes('401'))).toEqual([]);
  await browsing.page.getByRole('button', { name: 'Use another key' }).click();
  await browsing.page.getByRole('button', { name: 'Forget the one in use' }).click();
  await bench.signIn();
});

test('hours: a calendar by proof, the equation of each, and one down to its stages and its run in Temporal', async () => {
  const { browsing, day, hour } = bench;
  const { page } = browsing;
  await browsing.go(`/pages/hours?from=${day}&to=${day}`);
  expect(await page.locator('.calendar td a').allInnerTexts()).toEqual(['✓', '✓']);
  await page.getByRole('link', { name: `${hour} proven` }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Stages' }).waitFor();
  await browsing.settled();
  const { body } = await bench.api.get(`/hours/${hour}`);
  const text = await browsing.text();
  expect(text).toContain(body.equation as string);
  for (const stage of ['land', 'crawl', 'curate', 'audit', 'commit', 'publish', 'load', 'prove']) expect(text).toContain(stage);
  const [run] = body.runs as readonly { readonly workflow_run_id: string }[];
  expect(await page.getByRole('link', { name: 'run in Temporal' }).first().getAttribute('href'))
    .toBe(`${bench.api.bench.configuration.SLUICE_TEMPORAL_UI}/namespaces/default/workflows/${encodeURIComponent(`payments/${hour}`)}/${run!.workflow_run_id}/history`);
  expect(await browsing.barriers()).toEqual([]);
  await browsing.picture('hours');
});

test('from a number of a report, filtered, to its payments, and from one of them to its raw line', async () => {
  const { browsing, day, hour } = bench;
  const { page } = browsing;
  await browsing.go(`/pages/reports?report=daily-recon&date=${day}`);
  const all = (await bench.api.get<{ payments: number }>(`/reports/daily-recon?date=${day}`)).body.payments;
  expect(await browsing.text()).toContain(`${all.toLocaleString('en')}\npayments`);
  expect(await browsing.barriers()).toEqual([]);
  await browsing.picture('reports');
  await page.getByLabel('Merchant').fill('shop');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(/merchant=shop/);
  await browsing.settled();
  // 9007199254740993 is past what a float can hold, and dinars have three digits.
  expect(await browsing.text()).toContain('9,007,199,254,740.993 KWD');
  expect(await browsing.text()).toContain('1,234.56 EUR');
  await page.getByRole('link', { name: '1, the payments behind EUR/SETTLED' }).click();
  await page.getByRole('heading', { name: 'Behind EUR/SETTLED: 1 payment, 1,234.56 EUR' }).waitFor();
  await page.getByRole('link', { name: 'p1', exact: true }).click();
  await page.getByRole('button', { name: 'Find its way' }).click();
  await page.getByRole('article').nth(1).waitFor();
  expect(await page.locator('code.line').allInnerTexts()).toEqual([
    expect.stringContaining('"status":"CAPTURED"'), expect.stringContaining('"status":"SETTLED"'),
  ]);
  expect(await browsing.text()).toMatch(new RegExp(`b\\.json line 1, byte 0 to \\d+[^]*payments?[^]*Parquet[^]*${hour}-r1-[^]*offset \\d+ \\(upsert\\)`));
  expect(await browsing.barriers()).toEqual([]);
  await browsing.picture('payment');
});

test('every report has its chart and its table, and text that is markup stays text', async () => {
  const { browsing, day } = bench;
  for (const [report, says] of [['refund-rate', 'of captured payments were refunded'], ['latency', '99 of 100 within'], ['declines', SCRIPT]] as const) {
    await browsing.go(`/pages/reports?report=${report}&from=${day}&to=${day}`);
    expect(await browsing.page.locator('main').textContent()).toContain(says);
    expect(await browsing.page.locator('main svg .bar').count()).toBeGreaterThan(0);
    expect(await browsing.page.locator('main script, main img').count()).toBe(0);
    expect(await browsing.barriers()).toEqual([]);
  }
  await browsing.go(`/pages/reports?report=declines&from=${day}&to=${day}&merchant=shop&cell=${encodeURIComponent(`KWD/${SCRIPT}`)}`);
  await browsing.page.getByRole('link', { name: 'p2', exact: true }).click();
  await browsing.settled();
  await browsing.page.getByText(SCRIPT).waitFor();
});

test('more days than Postgres answers are waited for, and the numbers are the same; so is the file', async () => {
  const { browsing, day } = bench;
  const { page } = browsing;
  const report = (from: string, to: string): Promise<void> => browsing.go(`/pages/reports?report=refund-rate&from=${from}&to=${to}&merchant=shop`);
  await report(day, day);
  const known = await browsing.cells('Each count leads to its payments');
  expect(known.length).toBeGreaterThan(0);
  const polled = page.waitForResponse((response) => response.url().includes('/queries/') && response.ok());
  // Towards the middle: there are no days before 2000 nor after 2100.
  const year = Number(day.slice(0, 4));
  await (year < 2050 ? report(day, `${year + 3}-01-01`) : report(`${year - 3}-01-01`, day));
  await polled;
  expect(await browsing.cells('Each count leads to its payments')).toEqual(known);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON' }).click();
  expect(JSON.parse(readFileSync(await (await saving).path(), 'utf8'))).toMatchObject({ parameters: { merchant: 'shop' }, proof: { state: 'proven' } });
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  await page.getByText('an answer from the lake is JSON').waitFor();
  expect(browsing.complaints.splice(0).filter((text) => !text.includes('400'))).toEqual([]);
});

test('a report is saved as the file that the API gives', async () => {
  const { browsing, day } = bench;
  await browsing.go(`/pages/reports?report=declines&from=${day}&to=${day}&merchant=shop`);
  const saving = browsing.page.waitForEvent('download');
  await browsing.page.getByRole('button', { name: 'Save as CSV' }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toBe(`declines-${day}-${day}-shop.csv`);
  expect(readFileSync(await file.path(), 'utf8')).toBe((await bench.api.get(`/reports/declines?from=${day}&to=${day}&merchant=shop&format=csv`)).text);
});

test('pages are let to load what is theirs and nothing else, and want no key themselves', async () => {
  for (const path of ['/pages/hours', '/pages/reports', '/pages/payment', '/pages/frame.js', '/pages/style.css']) {
    const got = await bench.api.get(path, {}, null);
    expect({ path, status: got.status, policy: got.headers.get('content-security-policy') }).toEqual({ path, status: 200, policy: PAGES_POLICY });
    expect((await bench.api.get(path, { 'if-none-match': got.headers.get('etag')! }, null)).status).toBe(304);
  }
  expect((await bench.api.get('/pages/nothing', {}, null)).status).toBe(404);
  expect((await bench.api.get('/pages/..%2f..%2fpackage.json', {}, null)).status).toBe(404);
  // A raw line names a person.
  const shops = await bench.api.makeKey(['payments:read'], 'shop');
  const { body } = await bench.api.get<{ readonly versions: readonly { readonly raw: readonly { readonly line: string | null }[] }[] }>('/payments/p1/way', {}, shops);
  expect(body.versions.flatMap(({ raw }) => raw.map(({ line }) => line))).toEqual([null, null]);
});
