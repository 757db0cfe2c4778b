/** What operators do on the pages: land a refused line again, steer a backfill, decide about a repair. */
import { hoursAfter } from '../../contract/landing-hour';
import { reconcileWorkflowId } from '../../contract/reconciled-day';
import { line } from '../support/hour-bench';
import { PagesBench, SCRIPT } from './pages-bench';

const PATIENCE_MS = 300_000;
jest.setTimeout(600_000);

let bench: PagesBench;

beforeAll(async () => {
  bench = await PagesBench.open();
  await bench.signIn(await bench.api.makeKey(['reports:read', 'payments:read', 'ops:read', 'ops:write']));
  bench.browsing.complaints.splice(0);
});
afterAll(() => bench.close());
afterEach(() => {
  expect(bench.browsing.complaints.splice(0)).toEqual([]);
});

test('a refused line is shown with its offending part marked, corrected, landed again, and becomes a payment', async () => {
  const { browsing, day, hour } = bench;
  const { page } = browsing;
  await browsing.go(`/pages/dead-letters?from=${day}&to=${day}`);
  expect(await browsing.barriers()).toEqual([]);
  await browsing.picture('dead-letters');
  await page.getByRole('textbox', { name: 'Reason' }).fill('malformed_json');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForURL(/reason=malformed_json/);
  await browsing.settled();
  expect(await browsing.text()).toContain(`"note": "${SCRIPT}"`);
  expect(await page.locator('main script, main img').count()).toBe(0);
  await browsing.go(`/pages/dead-letters?from=${day}&to=${day}&reason=status_unknown`);
  await page.getByRole('link', { name: /^Case .* line 3 of .*b\.json$/ }).click();
  await page.getByLabel('The line as it is to be landed').waitFor();
  await browsing.settled();
  expect(await page.locator('#case mark').allInnerTexts()).toEqual(['"status":"declined"']);
  expect(await browsing.barriers()).toEqual([]);
  const field = page.getByLabel('The line as it is to be landed');
  await field.fill((await field.inputValue()).replace('declined', 'DECLINED'));
  await page.getByRole('button', { name: 'Land this line' }).click();
  await page.getByText(`the run of ${hour} is asked for`).waitFor();
  expect(await bench.api.bench.ask(hour, {}, PATIENCE_MS)).toMatchObject({ state: 'proven' });
  await browsing.go('/pages/payment?id=p3');
  expect(await browsing.text()).toContain('DECLINED: 0.05 EUR');
  expect(await bench.api.bench.rows(`select what from ledger.audit where what = 'dead-letters redrive' and who like 'test (key %'`)).toHaveLength(1);
});

test('a backfill is shown before it is started, paused, throttled, resumed, and watched to its end', async () => {
  const { browsing, later } = bench;
  const { page } = browsing;
  const [from, to] = [hoursAfter(later, 1), hoursAfter(later, 5)];
  for (let n = 1; n <= 5; n += 1) await bench.api.bench.land(hoursAfter(later, n), 'a.json', line(hoursAfter(later, n), { merchant_id: 'shop' }));
  await browsing.go('/pages/backfills');
  await page.getByLabel('From hour').fill(from);
  await page.getByLabel('To hour').fill(to);
  await page.getByLabel('At once').fill('1');
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByRole('heading', { name: 'Dry run: 5 of 5 hours would be asked for' }).waitFor();
  expect(await bench.api.get(`/backfills/${from}/${to}`)).toMatchObject({ status: 404 });
  expect(await browsing.barriers()).toEqual([]);
  await page.getByRole('button', { name: 'Start it' }).click();
  await page.getByLabel('Why (of pause and cancel)').fill('lunch');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.locator('#state', { hasText: 'paused' }).waitFor();
  expect(await browsing.text()).toContain('lunch');
  expect((await bench.api.get(`/backfills/${from}/${to}`)).body).toMatchObject({ state: 'paused' });
  expect(await browsing.barriers()).toEqual([]);
  await browsing.picture('backfills');
  // Whoever works by keyboard is still at the controls.
  expect(await page.locator('.controls button:focus').innerText()).toBe('Resume');
  await page.getByLabel('Hours at once').fill('3');
  await page.getByRole('button', { name: 'Change' }).click();
  await page.getByText('at once, at most').locator('xpath=following-sibling::dd[1]').filter({ hasText: '3' }).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.locator('#state', { hasText: 'done' }).waitFor({ timeout: PATIENCE_MS });
  await page.getByText('5 of 5 hours ended').waitFor();
});

test('a day that differs is shown down to the key, and its repair is approved', async () => {
  const { browsing, day } = bench;
  const { page } = browsing;
  const { client, configuration } = bench.api.bench;
  await bench.api.bench.asOwner(`update curated_payments set amount_cents = amount_cents + 1 where payment_id = 'p1'`);
  const going = await client.workflow.start('reconcile', { workflowId: reconcileWorkflowId(`${day}-${process.pid}`), taskQueue: configuration.SLUICE_TASK_QUEUE, args: [{ date: day, by: 'ann', repair: 'ask' }] });
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const { body } = await bench.api.get<{ readonly latest?: { readonly state: string } }>(`/reconciliations/${day}`);
    if (body.latest?.state === 'waiting') break;
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
  }
  await browsing.go(`/pages/reconciliation?date=${day}`);
  expect(await browsing.text()).toContain('rows in 1 hours are to be repaired');
  expect(await browsing.barriers()).toEqual([]);
  // Nobody should approve what is not shown.
  await page.getByRole('region', { name: 'at most 200 of them' }).getByRole('row').filter({ hasText: 'curated_payments' }).filter({ hasText: 'p1' }).waitFor();
  await page.getByRole('button', { name: 'Approve the repair' }).click();
  await page.getByText('Approved.').waitFor();
  await going.result();
  await browsing.go(`/pages/reconciliation?date=${day}`);
  const text = await browsing.text();
  expect(text).toMatch(/approved by test \(key /);
  const row = await page.getByRole('region', { name: 'Differences, each with its key' }).getByRole('row').filter({ hasText: 'curated_payments' }).innerText();
  expect(row).toMatch(/p1\s+curated_payments\s+\S+\s+mutated\s+SETTLED 1,234.56 EUR.*\s+SETTLED 1,234.57 EUR/);
  expect(text).toContain('0.01 EUR');
  expect(text).toContain('keys loaded again from the lake');
  expect(await browsing.barriers()).toEqual([]);
  await browsing.picture('reconciliation');
});
