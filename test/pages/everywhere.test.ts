/** What holds on every page: whoever has only a keyboard, a narrow screen, a dark one, or too small a key; and stored text is never markup. */
import { SCOPES, type Scope } from '../../contract/api-keys';
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import { line } from '../support/hour-bench';
import { PagesBench, SCRIPT } from './pages-bench';

const PATIENCE_MS = 300_000;
const OPERATOR = `ann ${SCRIPT}`;
const OBJECT = '<img src=x onerror=alert(3)>.json';
jest.setTimeout(900_000);

let bench: PagesBench;
let hostile: LandingHour;
/** Each page in each of its views. */
let views: readonly { readonly path: string; readonly says: string }[];

beforeAll(async () => {
  bench = await PagesBench.open();
  const { api, day, hour, later } = bench;
  hostile = hoursAfter(later, 1);
  await api.bench.land(hostile, OBJECT, [
    line(hostile, { payment_id: 'h1', merchant_id: 'shop', status: 'SETTLED', user_id: SCRIPT, payment_method: SCRIPT, source_system: SCRIPT, authorized_at: `${hostile}:01:00Z`, completed_at: `${hostile}:02:00Z` }),
    line(hostile, { payment_id: 'h2', merchant_id: 'shop', status: 'DECLINED', decline_reason: SCRIPT, amount_cents: 700 }),
    line(hostile, { payment_id: SCRIPT, merchant_id: 'shop' }), line(hostile, { merchant_id: SCRIPT }), line(hostile, { currency: SCRIPT }), line(hostile, { created_at: SCRIPT }), line(hostile, { [SCRIPT]: SCRIPT }),
  ].join('\n'));
  expect(await api.bench.ask(hostile, { by: OPERATOR }, PATIENCE_MS)).toMatchObject({ state: 'proven' });
  const key = await api.makeKey(SCOPES, null, null, OPERATOR);
  await bench.signIn(key);
  expect((await api.post(`/reconciliations/${day}`, {}, key)).status).toBe(202);
  await api.post('/backfills', { from: hour, to: hour, shadow: true }, key);
  await Promise.all([`reconcile/${day}`, `backfill-shadow/${hour}..${hour}`].map((id) => api.bench.client.workflow.getHandle(id).result()));
  const { body } = await api.get<{ readonly groups: readonly { readonly cases: readonly { readonly case: string }[] }[] }>(`/dead-letters?from=${hostile}&to=${hostile}&reason=payment_id_invalid`);
  const days = `from=${day}&to=${day}`;
  views = [
    { path: `/pages/hours?${days}`, says: 'Equations' },
    { path: `/pages/hours?${days}&hour=${hostile}`, says: `${OPERATOR} (manual)` },
    { path: `/pages/reports?report=daily-recon&date=${day}&cell=EUR/SETTLED`, says: 'Behind EUR/SETTLED' },
    { path: `/pages/reports?report=refund-rate&${days}`, says: 'Rate by count' },
    { path: `/pages/reports?report=latency&${days}&cell=timed`, says: 'Behind timed' },
    { path: `/pages/reports?report=latency&${days}&payment_method=${encodeURIComponent(SCRIPT)}&cell=timed`, says: SCRIPT },
    { path: `/pages/reports?report=declines&${days}&cell=${encodeURIComponent(`EUR/${SCRIPT}`)}`, says: `DECLINED: ${SCRIPT}` },
    { path: '/pages/payment?id=h1&way=yes', says: `"source_system":"${SCRIPT}"` },
    { path: '/pages/payment?id=h2', says: SCRIPT },
    { path: `/pages/dead-letters?${days}`, says: `"merchant_id":"${SCRIPT}"` },
    { path: `/pages/dead-letters?${days}&reason=payment_id_invalid&case=${body.groups[0]!.cases[0]!.case}`, says: OBJECT },
    { path: `/pages/reconciliation?date=${day}`, says: `${OPERATOR} (key ` },
    { path: '/pages/backfills', says: `${OPERATOR} (key ` },
    { path: `/pages/backfills?watch=${hour}/${hour}&shadow=true`, says: `${OPERATOR} (key ` },
    { path: `/pages/backfills?from=${hour}&to=${hour}&only=all&parallel=1&canary=0&stop_after_broken=0`, says: 'Dry run: 1 of 1 hours' },
  ];
});
afterAll(() => bench.close());
afterEach(() => {
  expect(bench.browsing.complaints.splice(0)).toEqual([]);
});

test('text that is markup, wherever it was stored, is text on every page, and nothing is complained of', async () => {
  const { browsing } = bench;
  for (const { path, says } of views) {
    await browsing.go(path);
    expect({ path, says: (await browsing.page.locator('main').textContent())!.includes(says) }).toEqual({ path, says: true });
    expect({ path, foreign: await browsing.foreignElements(), flaws: await browsing.flaws() }).toEqual({ path, foreign: 0, flaws: [] });
  }
});

test('what stands in the address is text too, and what cannot be asked is said in words', async () => {
  const { browsing, day } = bench;
  const script = encodeURIComponent(SCRIPT);
  for (const path of [
    `/pages/hours?from=${script}&to=${day}`, `/pages/hours?from=${day}&to=${day}&hour=${script}`, `/pages/reports?report=${script}&date=${day}`, `/pages/reports?report=daily-recon&date=${day}&merchant=${script}`,
    `/pages/reports?report=declines&from=${day}&to=${day}&cell=${script}`, `/pages/payment?id=${script}`, `/pages/dead-letters?from=${day}&to=${day}&reason=${script}`,
    `/pages/dead-letters?from=${day}&to=${day}&case=${script}`, `/pages/reconciliation?date=${script}`, `/pages/backfills?watch=${script}/x`, `/pages/backfills?from=${script}&to=x&only=all&parallel=1&canary=0&stop_after_broken=0`, `/pages/backfills?after=${script}`,
  ]) {
    await browsing.go(path);
    browsing.expectRefusals(400, 404);
    expect({ path, said: (await browsing.page.locator('#answer').innerText()) !== '', foreign: await browsing.foreignElements(), flaws: await browsing.flaws() })
      .toEqual({ path, said: true, foreign: 0, flaws: [] });
  }
});

test('on a screen of 390 pixels nothing sticks out, nothing is cut off, and there are no barriers', async () => {
  const { browsing } = bench;
  await browsing.page.setViewportSize({ width: 390, height: 844 });
  try {
    for (const { path } of views) {
      await browsing.go(path);
      expect({ path, wide: await browsing.sticksOut(), flaws: await browsing.flaws() }).toEqual({ path, wide: [], flaws: [] });
    }
  } finally {
    await browsing.page.setViewportSize({ width: 1200, height: 800 });
  }
});

test('who has the screen dark gets dark pages', async () => {
  const { browsing } = bench;
  const brightness = async (): Promise<number> => Number(await browsing.page.evaluate(`Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number))`));
  for (const { path } of views) {
    await browsing.page.emulateMedia({ colorScheme: 'dark' });
    await browsing.go(path);
    const dark = await brightness();
    await browsing.page.emulateMedia({ colorScheme: 'light' });
    expect({ path, dark: dark < 60, light: await brightness() > 200 }).toEqual({ path, dark: true, light: true });
  }
});

test('by keyboard alone: every control of every page is reached in the order in which it is read, and it is seen where one is', async () => {
  const { browsing } = bench;
  const { page } = browsing;
  for (const { path } of views) {
    await browsing.go(path);
    // Two that are alike in a row cannot be told apart below.
    const inOrder = (await browsing.controls()).filter((name, i, all) => name !== all[i - 1]);
    expect(inOrder.length).toBeGreaterThan(10);
    const reached: string[] = [];
    const unseen: string[] = [];
    for (let presses = 0; presses < inOrder.length * 4 + 20; presses += 1) {
      await page.keyboard.press('Tab');
      const at = await browsing.focused();
      // After the last one a browser goes on to its own bars, or round to the first.
      if (at === null || (reached.length > 1 && at.name === inOrder[0])) break;
      // A date has several places to be in; the last, its calendar, is drawn by the browser with a ring of its own.
      if (at.name === reached.at(-1)) continue;
      reached.push(at.name);
      if (!at.seen) unseen.push(at.name);
    }
    expect({ path, reached, unseen }).toEqual({ path, reached: inOrder, unseen: [] });
  }
});

test('the first Tab offers the way past the menu; Enter goes there, submits filters, follows hours; Escape leaves the key as it is', async () => {
  const { browsing, day, hour } = bench;
  const { page } = browsing;
  for (const { path } of views) {
    await browsing.go(path);
    await page.keyboard.press('Tab');
    expect({ path, first: (await browsing.focused())?.name }).toEqual({ path, first: expect.stringContaining('To the content') });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect({ path, inside: await page.evaluate(`document.activeElement.closest('main') !== null`) }).toEqual({ path, inside: true });
    await page.getByRole('button', { name: 'Key', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Your key' }).waitFor();
    // It is the same dialog on each page.
    if (path === views[0]!.path) expect(await browsing.flaws()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect({ path, back: (await browsing.focused())?.name }).toEqual({ path, back: expect.stringContaining('Key') });
  }
  await browsing.go(`/pages/hours?from=${day}&to=${day}`);
  await page.getByLabel('List').focus();
  await page.keyboard.press('t');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/list=not-fine/);
  await browsing.settled();
  await page.getByRole('link', { name: `${hour} proven` }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/hour=/);
  await browsing.go('/pages/payment');
  await page.getByLabel('Payment id').focus();
  await page.keyboard.type('p1');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /^SETTLED/ }).waitFor();
  await page.getByRole('button', { name: 'Find its way' }).focus();
  await page.keyboard.press('Space');
  await page.getByRole('article').first().waitFor();
  await browsing.settled();
  expect(await browsing.flaws()).toEqual([]);
});

test('a key that opens too little is told so in words on each page, with a way to another; one that may look may not do', async () => {
  const { browsing, day, hour } = bench;
  const { page } = browsing;
  const others: Readonly<Record<string, Scope>> = { hours: 'ops:read', reports: 'reports:read', payment: 'payments:read', 'dead-letters': 'ops:read', reconciliation: 'ops:read', backfills: 'ops:read' };
  for (const [name, scope] of Object.entries(others)) {
    const key = await bench.api.makeKey(SCOPES.filter((one) => one !== scope));
    await browsing.go(`/pages/${name}?id=p1#key=${key}`);
    await page.reload();
    await browsing.settled();
    await page.getByText(`has not the scope ${scope}`).first().waitFor();
    browsing.expectRefusals(403);
    expect({ name, flaws: await browsing.flaws() }).toEqual({ name, flaws: [] });
    await page.getByRole('button', { name: 'Use another key' }).first().click();
    await page.getByRole('dialog', { name: 'Your key' }).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  const looks = await bench.api.makeKey(['reports:read', 'payments:read', 'ops:read']);
  await browsing.go(`/pages/backfills?from=${hour}&to=${hour}&only=all&parallel=1&canary=0&stop_after_broken=0#key=${looks}`);
  await page.reload();
  await browsing.settled();
  await page.getByRole('button', { name: 'Start it' }).click();
  await page.getByText('has not the scope ops:write').waitFor();
  browsing.expectRefusals(403);
  expect(await browsing.flaws()).toEqual([]);
  await browsing.go(`/pages/reconciliation?date=${day}`);
  await page.getByRole('button', { name: 'Reconcile it' }).click();
  await page.getByText('has not the scope ops:write').waitFor();
  browsing.expectRefusals(403);
  expect(await browsing.flaws()).toEqual([]);
  await browsing.go(`/pages/dead-letters?from=${day}&to=${day}&reason=payment_id_invalid`);
  await page.getByRole('link', { name: /^Case / }).first().click();
  await page.getByRole('button', { name: 'Land it as it was' }).click();
  await page.getByText('has not the scope ops:write').waitFor();
  browsing.expectRefusals(403);
  expect(await browsing.flaws()).toEqual([]);
});
