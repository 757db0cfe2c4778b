/** Every control that changes something, pressed by a person: backfills steered, reconciliations started and refused, reports saved. */
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { SCOPES } from '../../contract/api-keys';
import { hoursAfter, type LandingHour } from '../../contract/landing-hour';
import { line } from '../support/hour-bench';
import { PagesBench, SCRIPT } from './pages-bench';

const PATIENCE_MS = 300_000;
jest.setTimeout(600_000);

let bench: PagesBench;

beforeAll(async () => {
  // Hours that wait for their first object stay under way until they are withdrawn.
  bench = await PagesBench.open({ SLUICE_DEADLINE_MINUTES: '99999999' });
  await bench.signIn(await bench.api.makeKey(SCOPES));
});
afterAll(() => bench.close());
afterEach(() => {
  expect(bench.browsing.complaints.splice(0)).toEqual([]);
});

/** Fills the form as a person would and has what it would take shown. */
async function dryRun(from: LandingHour, to: LandingHour, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const { browsing } = bench;
  const { page } = browsing;
  await browsing.go('/pages/backfills');
  await page.getByLabel('From hour').fill(from);
  await page.getByLabel('To hour').fill(to);
  for (const [label, value] of Object.entries(more)) {
    const field = page.getByLabel(label);
    if (await field.and(page.locator('select')).count() > 0) await field.selectOption(value);
    else await field.fill(value);
  }
  await page.getByRole('button', { name: 'Dry run' }).click();
  await page.getByRole('heading', { name: /^Dry run: / }).waitFor();
  await browsing.settled();
}

function fact(name: string): Promise<string> {
  return bench.browsing.page.locator('main dt', { hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd[1]').innerText();
}

async function untilFact(name: string, value: string): Promise<void> {
  await bench.browsing.page.locator('main dt', { hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd[1]', { hasText: value }).waitFor();
}

/** Without the instants. */
async function list(): Promise<readonly (readonly string[])[]> {
  return (await bench.browsing.cells('The newest first')).map((cells) => cells.slice(0, 7));
}

test('a backfill: an hour of it is skipped, taken back, tried again in vain; more at once; cancelled, and found in the list', async () => {
  const { browsing, later } = bench;
  const { page } = browsing;
  await browsing.go('/pages/backfills');
  expect(await browsing.text()).toContain('There was never a backfill');
  expect(await browsing.flaws()).toEqual([]);
  const [first, second, third] = [30, 31, 32].map((n) => hoursAfter(later, n)) as [LandingHour, LandingHour, LandingHour];
  await dryRun(first, third, { 'At once': '1' });
  expect(await browsing.flaws()).toEqual([]);
  await page.getByRole('button', { name: 'Start it' }).click();
  await untilFact('under way', first);
  await untilFact('waiting', '2');
  await page.getByLabel('One hour').fill(second);
  await page.getByRole('button', { name: 'Skip it' }).click();
  await untilFact('skipped', '1');
  expect(await fact('waiting')).toBe('1');
  await page.getByRole('button', { name: 'Try it again' }).click();
  await untilFact('skipped', '0');
  await page.getByLabel('One hour').fill(first);
  await page.getByRole('button', { name: 'Skip it' }).click();
  await page.getByText(`${first} is under way; let it end, or cancel the backfill`).waitFor();
  browsing.expectRefusals(409);
  expect(await browsing.flaws()).toEqual([]);
  await page.getByLabel('One hour').fill('tomorrow');
  await page.getByRole('button', { name: 'Try it again' }).click();
  await page.getByText('write a UTC hour like 2026-11-20T10').waitFor();
  browsing.expectRefusals(400);
  await page.getByLabel('Hours at once').fill('3');
  await page.getByRole('button', { name: 'Change' }).click();
  await untilFact('at once, at most', '3');
  await untilFact('under way', `${first}, ${second}, ${third}`);
  await page.reload();
  await browsing.settled();
  expect(await fact('under way')).toContain(third);
  await page.getByRole('link', { name: 'All backfills' }).click();
  await page.getByRole('heading', { name: 'Backfills', level: 2 }).waitFor();
  // All of them are begun.
  expect(await list()).toEqual([[`${first} to ${third}`, 'missing', 'ending', 'none yet', '3', '0', expect.stringContaining('test (key ')]]);
  await page.reload();
  await browsing.settled();
  expect(await browsing.flaws()).toEqual([]);
  await page.getByRole('link', { name: `${first} to ${third}` }).click();
  await page.getByLabel('Why (of pause and cancel)').fill(SCRIPT);
  await page.getByRole('button', { name: 'Cancel it' }).click();
  await page.locator('#state', { hasText: 'cancelled' }).waitFor({ timeout: PATIENCE_MS });
  expect(await fact('ended')).toBe('3 withdrawn');
  expect(await browsing.text()).toContain(SCRIPT);
  expect(await page.getByRole('button', { name: 'Cancel it' }).count()).toBe(0);
  expect(await browsing.flaws()).toEqual([]);
  await browsing.go('/pages/backfills');
  expect(await list()).toEqual([[`${first} to ${third}`, 'missing', `cancelled ${SCRIPT}`, '3 withdrawn', '0', '0', expect.stringContaining('test (key ')]]);
  expect(await browsing.foreignElements()).toBe(0);
  expect(await browsing.flaws()).toEqual([]);
});

test('a shadow compares and changes nothing; canaries go first, and one that is not proven stops the rest, by name', async () => {
  const { browsing, hour, later } = bench;
  const { page } = browsing;
  await dryRun(hour, hour, { 'What is done': 'true' });
  expect(page.url()).toContain('only=all');
  await page.getByRole('button', { name: 'Start it' }).click();
  await page.locator('#state', { hasText: 'done' }).waitFor({ timeout: PATIENCE_MS });
  await page.getByRole('heading', { name: `Shadow of ${hour} to ${hour}` }).waitFor();
  expect(await fact('ended')).toBe('1 same');
  expect((await bench.api.get(`/hours/${hour}`)).body).toMatchObject({ revision: 1 });
  expect(await browsing.flaws()).toEqual([]);
  const [bad, good] = [hoursAfter(later, 40), hoursAfter(later, 41)];
  await bench.api.bench.land(bad, 'cut.json.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0]));
  await bench.api.bench.land(good, 'a.json', line(good, {}));
  await dryRun(bad, good, { 'First, alone': '1', 'Stop after broken': '1' });
  await page.getByRole('button', { name: 'Start it' }).click();
  await page.locator('#state', { hasText: 'stopped' }).waitFor({ timeout: PATIENCE_MS });
  expect(await browsing.text()).toContain(`of the first 1 hours, ${bad} is broken`);
  expect((await bench.api.get(`/backfills/${bad}/${good}`)).body).toMatchObject({ options: { canary: 1, stop_after_broken: 1 }, pending: 1 });
  await page.reload();
  await browsing.settled();
  expect(await page.locator('ul.hours li').allInnerTexts()).toEqual([`${bad} broken`]);
  expect(await browsing.flaws()).toEqual([]);
  await page.locator('ul.hours').getByRole('link', { name: bad }).click();
  await page.getByRole('heading', { name: `${bad} broken` }).waitFor();
  await browsing.settled();
  expect(await browsing.flaws()).toEqual([]);
  await browsing.go('/pages/backfills');
  expect((await list()).slice(0, 2).map(([range, takes, state]) => [range, takes, state!.split(' ')[0]])).toEqual([
    [`${bad} to ${good}`, 'missing', 'stopped'], [`${hour} to ${hour}`, 'shadow of all', 'done'],
  ]);
});

test('more backfills than a page of the list has: older ones are one link away', async () => {
  const { browsing, later } = bench;
  const { ledger } = bench.api.bench.parts;
  const before = await ledger.notedBackfills(50);
  for (let n = 0; n < 60; n += 1) {
    const from = hoursAfter(later, -1_000 - n);
    await ledger.noteBackfill({
      backfillRun: `00000000-0000-4000-8000-0000000000${String(n).padStart(2, '0')}`, notedAt: '2001-01-01T00:00:00.000Z',
      ending: { endedAt: '2001-01-01T01:00:00.000Z', unproven: {}, skipped: [], messages: [] },
      status: { ...before[0]!.status, backfillId: `backfill/${from}..${from}`, from, to: from, state: 'done', startedAt: `2001-01-01T00:00:${String(n).padStart(2, '0')}.000Z` },
    });
  }
  await browsing.go('/pages/backfills');
  const newest = await browsing.cells('The newest first');
  await browsing.page.getByRole('link', { name: 'Older ones' }).click();
  await browsing.page.getByRole('heading', { name: 'Older backfills' }).waitFor();
  const older = await browsing.cells('The newest first');
  expect([newest.length, older.length]).toEqual([50, 10 + before.length]);
  expect(new Set([...newest, ...older].map(([range]) => range)).size).toBe(60 + before.length);
  expect(await browsing.flaws()).toEqual([]);
  await browsing.page.getByRole('link', { name: 'The newest', exact: true }).click();
  await browsing.page.getByRole('heading', { name: 'Backfills', level: 2 }).waitFor();
  await bench.api.bench.asOwner(`delete from ledger.backfills where started_at < '2001-01-02'`);
});

test('a reconciliation is started, waits, is attached to, and refused with a reason', async () => {
  const { browsing, day } = bench;
  const { page } = browsing;
  await browsing.go(`/pages/reconciliation?date=${day}`);
  expect(await browsing.text()).toContain(`${day} was never reconciled.`);
  browsing.expectRefusals(404);
  expect(await browsing.flaws()).toEqual([]);
  await page.getByRole('button', { name: 'Reconcile it' }).click();
  await page.getByRole('heading', { name: `${day} agrees` }).waitFor({ timeout: PATIENCE_MS });
  browsing.expectRefusals(404);
  expect(await browsing.flaws()).toEqual([]);
  await bench.api.bench.asOwner(`update curated_payments set amount_cents = amount_cents + 1 where payment_id = 'p1'`);
  await page.getByLabel('What may be done').selectOption('ask');
  await page.getByLabel('Files read').selectOption('yes');
  await page.getByRole('button', { name: 'Reconcile it' }).click();
  await page.getByRole('heading', { name: `${day} waiting` }).waitFor({ timeout: PATIENCE_MS });
  expect(await fact('read every file')).toBe('yes');
  expect(await browsing.flaws()).toEqual([]);
  await page.getByRole('button', { name: 'Reconcile it' }).click();
  await page.getByText(/One goes on already, asked for by test \(key \w+\), may repair: ask/).waitFor();
  expect(await browsing.flaws()).toEqual([]);
  await page.getByRole('button', { name: 'Refuse it' }).click();
  await page.getByText('why is not valid').waitFor();
  browsing.expectRefusals(400);
  await page.getByLabel('What is wrong with it').fill(SCRIPT);
  await page.getByRole('button', { name: 'Refuse it' }).click();
  await page.getByText('Refused.').waitFor();
  await page.getByRole('heading', { name: `${day} refused` }).or(page.getByRole('link', { name: 'Look again' })).first().waitFor();
  await bench.api.bench.client.workflow.getHandle(`reconcile/${day}`).result().catch(() => undefined);
  await browsing.go(`/pages/reconciliation?date=${day}`);
  await page.getByRole('heading', { name: `${day} refused` }).waitFor();
  expect(await fact('decided')).toContain(SCRIPT);
  expect(await browsing.cells('The newest first')).toHaveLength(1);
  expect(await browsing.foreignElements()).toBe(0);
  expect(await browsing.flaws()).toEqual([]);
  const [row] = await bench.api.bench.rows<{ amount: bigint }>(`select amount_cents as amount from curated_payments where payment_id = 'p1'`);
  expect(row!.amount).toBe(123457n);
  await bench.api.bench.asOwner(`update curated_payments set amount_cents = amount_cents - 1 where payment_id = 'p1'`);
});

test('every report is saved as CSV, JSON and Parquet, and the payments behind a number as CSV: what the API gives', async () => {
  const { browsing, day } = bench;
  const { page } = browsing;
  const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
  const saved = async (button: string): Promise<{ readonly name: string; readonly path: string }> => {
    const saving = page.waitForEvent('download');
    await page.getByRole('button', { name: button }).click();
    const file = await saving;
    return { name: file.suggestedFilename(), path: await file.path() };
  };
  for (const report of ['daily-recon', 'refund-rate', 'latency', 'declines']) {
    const days = report === 'daily-recon' ? `date=${day}` : `from=${day}&to=${day}`;
    await browsing.go(`/pages/reports?report=${report}&${days}&merchant=shop`);
    const asked = `/reports/${report}?${days}&merchant=shop`;
    const name = [report, ...(report === 'daily-recon' ? [day] : [day, day]), 'shop'].join('-');
    const csv = await saved('Save as CSV');
    expect({ name: csv.name, text: readFileSync(csv.path, 'utf8') }).toEqual({ name: `${name}.csv`, text: (await bench.api.get(`${asked}&format=csv`)).text });
    const json = await saved('Save as JSON');
    expect({ name: json.name, body: JSON.parse(readFileSync(json.path, 'utf8')) as unknown }).toEqual({ name: `${name}.json`, body: (await bench.api.get(asked)).body });
    const parquet = await saved('Save as Parquet');
    expect(parquet.name).toBe(`${name}.parquet`);
    const columns = readFileSync(csv.path, 'utf8').split('\r\n')[0]!.split(',');
    const rows = (await duckdb.runAndReadAll(`select * from read_parquet('${parquet.path}')`));
    expect({ columns: rows.columnNames(), rows: rows.currentRowCount }).toEqual({ columns, rows: readFileSync(csv.path, 'utf8').trimEnd().split('\r\n').length - 1 });
    expect(await browsing.flaws()).toEqual([]);
  }
  const cell = encodeURIComponent(`KWD/${SCRIPT}`);
  await browsing.go(`/pages/reports?report=declines&from=${day}&to=${day}&cell=${cell}`);
  const behind = await saved('Save all as CSV');
  expect(readFileSync(behind.path, 'utf8')).toBe((await bench.api.get(`/explain?report=declines&from=${day}&to=${day}&cell=${cell}&format=csv`)).text);
  expect(await browsing.flaws()).toEqual([]);
});
