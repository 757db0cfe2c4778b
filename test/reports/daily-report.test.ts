/** A day's report from raw lines to the receivers: real hours, a real SMTP server, a real HTTP server, and what the ledger says afterwards. */
import { spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { DailyReportAnswer, DailyReportInput } from '../../contract/daily-report';
import type { Change, DayNumbers } from '../../contract/day-numbers';
import { hoursAfter, hoursOfDay, type LandingHour } from '../../contract/landing-hour';
import { readRecipients } from '../../contract/report-recipients';
import { webhookKeyOf } from '../../contract/webhook-signature';
import { DailyReports } from '../../stores/daily-reports';
import { Days } from '../../stores/days';
import { calling } from '../support/calling';
import { freshHour, HourBench, line } from '../support/hour-bench';
import { attachmentOf, headerOf, Mailbox } from './mailbox';
import { Receiver, type Got } from './receiver';

const CLI = join(__dirname, '../../dist/scripts/sluice.js');
const SECRET = randomBytes(32).toString('base64');
jest.setTimeout(120_000);

interface Body {
  readonly type: 'report' | 'restatement';
  readonly delivery: string;
  readonly date: string;
  readonly merchant: string | null;
  readonly revision: number;
  readonly restates: number | null;
  readonly totals: readonly { readonly currency: string; readonly payments: number; readonly amount_cents: string }[];
  readonly reports: DayNumbers;
  readonly hours: readonly { readonly landing_hour: string; readonly state: string; readonly revision: number | null }[];
  readonly changes?: readonly Change[];
  readonly brought_by?: readonly { readonly landing_hour: string; readonly why: string; readonly before: number | null; readonly after: number | null }[];
  readonly files: { readonly bucket: string; readonly objects: readonly { readonly name: string; readonly key: string; readonly bytes: number }[] };
}

let receiver: Receiver;
let mailbox: Mailbox;
let bench: HourBench;
let reports: DailyReports;

beforeAll(async () => {
  [receiver, mailbox] = await Promise.all([Receiver.open(), Mailbox.open()]);
  bench = await HourBench.open({
    SLUICE_REPORT_WEBHOOKS: `${receiver.address}finance shop-1=${receiver.address}shop-1 shop-2=${receiver.address}shop-2`, SLUICE_REPORT_WEBHOOK_SECRET: SECRET,
    SLUICE_REPORT_MAIL_TO: 'finance@example.com shop-1=owner@shop-1.example', SLUICE_REPORT_MAIL_FROM: 'sluice@wallet.example', SLUICE_REPORT_SMTP_URL: mailbox.url,
    SLUICE_REPORT_LOOK_BACK_DAYS: '1', SLUICE_REPAIR_MAX_ROWS_SHARE: '1',
  });
  bench.startWorker();
  reports = new DailyReports(bench.client, bench.configuration.SLUICE_TASK_QUEUE);
});

afterAll(async () => {
  await bench.close();
  await Promise.all([receiver.close(), mailbox.close()]);
});

beforeEach(() => {
  receiver.got.length = 0;
  mailbox.received.length = 0;
});

async function ask(date: string, more: Partial<DailyReportInput> = {}): Promise<DailyReportAnswer> {
  return reports.answer(await reports.ask({ date, by: 'test', deadlineHours: 0, ...more }));
}

/** Two merchants, and a payment that a spreadsheet would execute. */
async function landedDay(): Promise<{ readonly hour: LandingHour; readonly date: string }> {
  const hour = freshHour();
  await bench.land(hour, 'a.json', [
    line(hour, { payment_id: `${hour}-1`, merchant_id: 'shop-1', status: 'CAPTURED', amount_cents: 1000 }),
    line(hour, { payment_id: `${hour}-2`, merchant_id: 'shop-1', status: 'DECLINED', amount_cents: 70, decline_reason: '=cmd|/c calc' }),
    line(hour, { payment_id: `${hour}-3`, merchant_id: 'shop-2', status: 'CAPTURED', currency: 'KWD', amount_cents: '9223372036854775807' }),
  ].join('\n'));
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven' });
  return { hour, date: hour.slice(0, 10) };
}

test('a day whose hours are not all proven is not sent: the hours are named, and people are told', async () => {
  const { hour, date } = await landedDay();
  const broken = hour.endsWith('T00') ? hoursAfter(hour, 1) : hoursAfter(hour, -1);
  await bench.land(broken, 'cut.json.gz', Buffer.from('1f8b0800000000000003', 'hex'));
  expect(await bench.ask(broken)).toMatchObject({ state: 'broken' });
  await expect(ask(date)).rejects.toMatchObject({ what: expect.stringContaining('is not asked for') });
  // What has no object may be accepted; what is broken may not.
  await expect(ask(date, { acceptMissing: true })).rejects.toMatchObject({ what: `nothing was sent, since not all of it is proven: ${broken} is broken. `
    + `Get these hours proven and ask again, or accept those without any object: npx sluice report --date ${date} --accept-missing` });
  expect(receiver.got).toEqual([]);
  expect(mailbox.received).toEqual([]);
  expect(await bench.parts.ledger.reportRevisions({ date, merchant: null })).toEqual([]);
  expect(bench.wholeLog()).toContain(`ALARM report of ${date}: held back: nothing was sent, since not all of it is proven: ${broken} is broken`);
});

test('a proven day goes to everybody who is configured, once, signed, with the numbers of the API; the lake has its files', async () => {
  const { hour, date } = await landedDay();
  const answer = await ask(date, { acceptMissing: true });
  expect(answer).toMatchObject({ date, merchant: null, outcome: 'sent', revision: 1, sent: 2 });
  expect(receiver.got).toHaveLength(1);
  const [{ headers, body: sent }] = receiver.got as [Got];
  const body = JSON.parse(sent) as Body;
  expect(body).toMatchObject({
    type: 'report', date, merchant: null, revision: 1, restates: null, delivery: headers['webhook-id'],
    totals: [{ currency: 'EUR', minor_units: 2, payments: 2, amount_cents: '1070' }, { currency: 'KWD', minor_units: 3, payments: 1, amount_cents: '9223372036854775807' }],
  });
  expect(body.hours).toHaveLength(24);
  expect(body.hours.filter(({ state }) => state === 'proven')).toEqual([{ landing_hour: hour, state: 'proven', revision: 1 }]);
  expect(body.hours.filter(({ state }) => state === 'accepted_missing')).toHaveLength(23);
  const key = webhookKeyOf(SECRET, `${receiver.address}finance`);
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${sent}`).digest('base64')}`);
  for (const { key: objectKey, bytes } of body.files.objects) expect(Buffer.byteLength((await bench.parts.lake.readText(objectKey))!.text)).toBe(bytes);
  expect((await bench.parts.lake.readText(answer.htmlKey))!.text).toContain('9,223,372,036,854,775.807');

  const [letter] = mailbox.to('finance@example.com');
  expect(headerOf(letter!, 'subject')).toBe(`Payments of ${date}`);
  expect(headerOf(letter!, 'message-id')).toMatch(/^<report_[0-9a-f]{32}@wallet\.example>$/);
  expect(attachmentOf(letter!, 'declines.csv')).toBe(`from,to,reason,currency,minor_units,payments,amount_cents\r\n${date},${date},"'=cmd|/c calc",EUR,2,1,70\r\n`);
  expect(mailbox.received).toHaveLength(1);

  // Asked again, nothing has changed: nobody hears of it, and the 23 hours need not be accepted twice.
  expect(await ask(date)).toMatchObject({ outcome: 'unchanged', revision: 1, sent: 0 });
  expect([receiver.got.length, mailbox.received.length]).toEqual([1, 1]);
  const [audit] = await bench.rows<{ count: bigint }>(`select count(*) from ledger.audit where what = 'accept missing hour' and who = 'test' and detail ->> 'landingHour' like $1`, [`${date}%`]);
  expect(audit!.count).toBe(23n);
});

test('a merchant’s report has that merchant’s numbers only and goes to that merchant’s addresses only', async () => {
  const { date } = await landedDay();
  expect(await ask(date, { merchant: 'shop-1', acceptMissing: true })).toMatchObject({ merchant: 'shop-1', outcome: 'sent', sent: 2 });
  expect(receiver.got.map(({ path }) => path)).toEqual(['/shop-1']);
  const [body] = receiver.sent<Body>('/shop-1');
  expect(body).toMatchObject({ merchant: 'shop-1', totals: [{ currency: 'EUR', payments: 2, amount_cents: '1070' }] });
  expect(mailbox.received.map(({ to }) => to)).toEqual([['owner@shop-1.example']]);
  const everything = [receiver.got[0]!.body, ...await Promise.all(body!.files.objects.map(async ({ key }) => (await bench.parts.lake.readText(key))!.text)), mailbox.received[0]!.raw];
  expect(everything.filter((one) => /KWD|shop-2|9223372036854775807/.test(one))).toEqual([]);
  // The other one has no mailbox, and its own numbers.
  expect(await ask(date, { merchant: 'shop-2' })).toMatchObject({ outcome: 'sent', sent: 1 });
  expect(receiver.sent<Body>('/shop-2')).toMatchObject([{ merchant: 'shop-2', totals: [{ currency: 'KWD', payments: 1 }] }]);
  // A session that reads for one merchant does not see what another was sent.
  const seen = await bench.parts.reports.read('shop-1', ({ session }) => session.rows<{ merchant_id: string }>('select merchant_id from ledger.report_revisions where date = $1', [date]));
  expect(seen).toEqual([{ merchant_id: 'shop-1' }]);
});

test('a merchant that nobody knows has no report', async () => {
  await expect(ask(freshHour().slice(0, 10), { merchant: 'shop-l' })).rejects.toMatchObject({ what: expect.stringContaining('no payment of this merchant was ever loaded') });
});

test('late data sends a restatement that names each changed number and the hours that brought it; a run that changes none sends nothing', async () => {
  const { hour, date } = await landedDay();
  await ask(date, { acceptMissing: true });
  await bench.ask(hour, { publish: 'all' });
  expect(await ask(date)).toMatchObject({ outcome: 'unchanged', revision: 1 });

  // A day later a line comes in for this day, and the hour itself is corrected.
  const late = hoursAfter(hoursOfDay(date)[23]!, 1 + ((Number(hour.slice(11)) + 13) % 24));
  await bench.land(late, 'late.json', line(late, { payment_id: `${hour}-late`, merchant_id: 'shop-1', status: 'CAPTURED', amount_cents: 5, created_at: `${hour}:59:00Z` }));
  await bench.land(hour, 'b.json', line(hour, { payment_id: `${hour}-1`, merchant_id: 'shop-1', status: 'REFUNDED', amount_cents: 1000, created_at: `${hour}:30:00Z` }));
  await Promise.all([bench.ask(late), bench.ask(hour)]);
  expect(await ask(date)).toMatchObject({ outcome: 'sent', revision: 2, sent: 2 });

  const [first, second] = receiver.sent<Body>('/finance') as [Body, Body];
  expect(second).toMatchObject({ type: 'restatement', revision: 2, restates: 1 });
  expect(second.delivery).not.toBe(first.delivery);
  expect(second.changes).toEqual(expect.arrayContaining([
    { report: 'daily-recon', cell: 'EUR', number: 'amount_cents', unit: 'money', currency: 'EUR', before: '1070', after: '1075', difference: '5' },
    { report: 'daily-recon', cell: 'EUR/CAPTURED', number: 'amount_cents', unit: 'money', currency: 'EUR', before: '1000', after: '5', difference: '-995' },
    { report: 'daily-recon', cell: 'EUR/REFUNDED', number: 'payments', unit: 'payments', currency: null, before: null, after: '1', difference: '1' },
  ]));
  expect(second.changes!.filter(({ currency, cell }) => currency === 'KWD' || cell.startsWith('KWD'))).toEqual([]);
  expect(second.brought_by).toEqual([
    { landing_hour: hour, why: 'revision', before: 2, after: 3 },
    { landing_hour: late, why: 'came', before: null, after: 1 },
  ]);
  const [original, restatement] = mailbox.to('finance@example.com');
  expect(headerOf(restatement!, 'subject')).toBe(`Restatement: payments of ${date}, revision 2`);
  expect(headerOf(restatement!, 'in-reply-to')).toBe(headerOf(original!, 'message-id'));
  expect(attachmentOf(restatement!, 'changes.csv')).toContain('daily-recon,EUR,amount_cents,money,EUR,1070,1075,5\r\n');
  expect(await ask(date)).toMatchObject({ outcome: 'unchanged', revision: 2 });
});

test('rows that somebody else wrote are said to be unexplained, and the repair of them is named as the reason', async () => {
  const { hour, date } = await landedDay();
  await ask(date, { acceptMissing: true });
  await bench.asOwner('update curated_payments set amount_cents = 999 where payment_id = $1', [`${hour}-1`]);
  expect(await ask(date)).toMatchObject({ outcome: 'sent', revision: 2 });
  expect(receiver.sent<Body>('/finance')[1]).toMatchObject({ type: 'restatement', brought_by: [] });
  const days = new Days(bench.client, bench.configuration.SLUICE_TASK_QUEUE);
  expect(await days.answer((await days.start({ date, repair: 'auto', by: 'test' })).handle)).toMatchObject({ state: 'repaired' });
  expect(await ask(date)).toMatchObject({ outcome: 'sent', revision: 3 });
  expect(receiver.sent<Body>('/finance')[2]).toMatchObject({ totals: [{ currency: 'EUR', amount_cents: '1070' }, {}], brought_by: [{ landing_hour: hour, why: 'repaired' }] });
});

test('a receiver that cannot take it now is tried again under the same id; one that refuses is named and hinders nobody, and the next look reaches it', async () => {
  const { date } = await landedDay();
  receiver.answers.push(503, 429);
  mailbox.busy = 1;
  expect(await ask(date, { acceptMissing: true })).toMatchObject({ outcome: 'sent', sent: 2 });
  expect(receiver.got).toHaveLength(3);
  expect(new Set(receiver.got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(receiver.got.map(({ body }) => body)).size).toBe(1);
  expect(mailbox.received).toHaveLength(1);

  const other = (await landedDay()).date;
  receiver.answers.push(307);
  mailbox.unknown.add('finance@example.com');
  const [webhook] = readRecipients('webhook', `${receiver.address}finance`)!;
  await expect(ask(other, { acceptMissing: true })).rejects.toMatchObject({
    what: expect.stringMatching(new RegExp(`^revision 1 is not with .*webhook 127\\.0\\.0\\.1:\\d+ ${webhook!.id}: the webhook refused it: it answered 307`)),
  });
  expect(receiver.got.filter(({ path }) => path === '/elsewhere')).toEqual([]);
  expect(bench.wholeLog()).toContain(`ALARM report of ${other}: not delivered`);
  expect(bench.wholeLog()).not.toContain(`${receiver.address}finance`);
  mailbox.unknown.clear();
  expect(await ask(other)).toMatchObject({ outcome: 'sent', revision: 1, sent: 2 });
});

test('the morning’s look finds a day that was never sent and one that has moved, and no other', async () => {
  const { hour, date } = await landedDay();
  const { call, close } = await calling(bench);
  try {
    const whole = { date, merchant: null };
    expect(await call('planReports', { date })).toEqual([whole, { date, merchant: 'shop-1' }, { date, merchant: 'shop-2' }]);
    await ask(date, { acceptMissing: true });
    await Promise.all(['shop-1', 'shop-2'].map((merchant) => ask(date, { merchant })));
    expect(await call('planReports', { date })).toEqual([]);
    await bench.land(hour, 'b.json', line(hour, { merchant_id: 'shop-1' }));
    await bench.ask(hour);
    expect(await call('planReports', { date })).toContainEqual(whole);
    await Promise.all([ask(date), ...['shop-1', 'shop-2'].map((merchant) => ask(date, { merchant }))]);
    expect(await call('planReports', { date })).toEqual([]);
    // Of three who were looked at, the one whose numbers did not move heard nothing.
    expect(receiver.got.map(({ path }) => path).sort()).toEqual(['/finance', '/finance', '/shop-1', '/shop-1', '/shop-2']);
  } finally {
    await close();
  }
});

test('the command sends, waits and shows who took what; exit codes tell', async () => {
  const { date } = await landedDay();
  expect(await sluice('show', '--date', date)).toMatchObject({ code: 1, out: expect.stringContaining(`npx sluice report --date ${date}`) });
  expect(await sluice('--date', date, '--wait', '--deadline-hours', '0')).toMatchObject({ code: 1, err: expect.stringContaining('is not asked for') });
  expect(receiver.got).toEqual([]);
  const sent = await sluice('--date', date, '--wait', '--accept-missing', '--by', 'ann');
  expect(sent).toMatchObject({ code: 0, out: expect.stringContaining(`${date}, revision 1: sent to 2\nreport: reports/${date}/all/r1/report-`) });
  expect(await sluice('--date', date, '--wait')).toMatchObject({ code: 0, out: expect.stringContaining('everybody has it, nothing was sent') });
  const shown = await sluice('show', '--date', date);
  expect(shown).toMatchObject({ code: 0, out: expect.stringMatching(/revision 1, made .*, asked for by ann\n.*finance@example\.com +\d{4}-/s) });
  expect(JSON.parse((await sluice('show', '--date', date, '--json')).out)).toMatchObject({ revisions: [{ revision: 1, by: 'ann', hours: 24 }], deliveries: [{ attempts: 1 }, { attempts: 1 }] });
  expect((await sluice('recipients')).out).toContain('owner@shop-1.example');
  expect((await sluice('recipients')).out).not.toContain('whsec_');
  expect((await sluice('recipients', '--keys')).out).toContain('whsec_');
  expect(await sluice()).toMatchObject({ code: 2, err: expect.stringContaining('--date 2026-11-20') });
});

/** Not by spawnSync: the receivers are of this process, and must answer meanwhile. */
async function sluice(...args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [CLI, 'report', ...args], { env: bench.environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), new Promise<number | null>((resolve) => { child.once('exit', resolve); })]);
  return { code, out, err };
}
