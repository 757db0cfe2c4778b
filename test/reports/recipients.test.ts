/** To whom reports may go, by the settings, and by what key each knows that it is from us. */
import { createHmac } from 'node:crypto';
import { ReportRecipients } from '../../activities/report-recipients';
import { readConfiguration } from '../../contract/configuration';
import { labelOf, readRecipients } from '../../contract/report-recipients';
import { signatureHeaders, webhookKeyOf, webhookKeyText } from '../../contract/webhook-signature';
import { createRedaction, secretsOf } from '../../workers/redaction';

const SECRET = Buffer.alloc(32, 7).toString('base64');
const SETTINGS = { SLUICE_REPORT_WEBHOOKS: undefined, SLUICE_REPORT_WEBHOOK_SECRET: SECRET, SLUICE_REPORT_MAIL_TO: undefined, SLUICE_REPORT_MAIL_FROM: undefined, SLUICE_REPORT_SMTP_URL: undefined };

test('an address that stands alone gets the report of all merchants, one behind a merchant’s id that merchant’s only', () => {
  const recipients = new ReportRecipients({ ...SETTINGS, SLUICE_REPORT_WEBHOOKS: 'https://finance.example/in?a=b shop-1=https://shop.example/in\n shop-1=https://shop.example/in' });
  expect(recipients.audiences).toEqual([null, 'shop-1']);
  expect(recipients.of({ merchant: null }).map(({ address }) => address)).toEqual(['https://finance.example/in?a=b']);
  expect(recipients.of({ merchant: 'shop-1' }).map(({ address }) => address)).toEqual(['https://shop.example/in']);
  expect(recipients.of({ merchant: 'shop-2' })).toEqual([]);
});

test.each([
  ['webhook', 'ftp://x.example'], ['webhook', 'shop 1=https://x.example'], ['webhook', 'https//x'], ['webhook', 'https://user:word@x.example'], ['mail', 'nobody'], ['mail', 'a@b,c@d'], ['mail', 'a@b\r\nbcc:c@d'], ['mail', 'shop=<a@b>'],
] as const)('a %s address that cannot be read is refused: %s', (channel, text) => {
  expect(readRecipients(channel, text)).toBeNull();
});

test('what is missing to reach them is told at the start, with the setting’s name', () => {
  expect(() => new ReportRecipients({ ...SETTINGS, SLUICE_REPORT_WEBHOOKS: 'https://x.example', SLUICE_REPORT_WEBHOOK_SECRET: undefined })).toThrow(/SLUICE_REPORT_WEBHOOK_SECRET/);
  expect(() => new ReportRecipients({ ...SETTINGS, SLUICE_REPORT_MAIL_TO: 'a@b.example' })).toThrow(/SLUICE_REPORT_SMTP_URL/);
  expect(() => new ReportRecipients({ ...SETTINGS, SLUICE_REPORT_MAIL_TO: 'a@b.example', SLUICE_REPORT_SMTP_URL: 'smtp://x' })).toThrow(/SLUICE_REPORT_MAIL_FROM/);
});

test('addresses are in no log and no error, whole or alone', () => {
  const configuration = readConfiguration({ ...process.env, SLUICE_REPORT_WEBHOOKS: 'https://hooks.example/T0/secret-path shop=https://shop.example/other', SLUICE_REPORT_WEBHOOK_SECRET: SECRET });
  const { text } = createRedaction(secretsOf(configuration));
  expect(text('posting to https://hooks.example/T0/secret-path and https://shop.example/other')).toBe('posting to [redacted] and [redacted]');
  expect(labelOf(readRecipients('webhook', 'https://hooks.example/T0/secret-path')![0]!)).toMatch(/^webhook hooks\.example [0-9a-f]{12}$/);
  expect(labelOf(readRecipients('mail', 'ann@example.com')![0]!)).toMatch(/^mail [0-9a-f]{12}$/);
  expect(() => readConfiguration({ ...process.env, SLUICE_REPORT_WEBHOOKS: 'ftp://secret-path' })).toThrow(/^(?!.*secret-path)/s);
});

test('a delivery is signed as Standard Webhooks has it, and each address has a key of its own', () => {
  const key = webhookKeyOf(SECRET, 'https://x.example/in');
  const headers = signatureHeaders(key, { id: 'report_1', at: new Date('2026-11-21T06:00:00.900Z'), body: '{"a":1}' });
  const shared = Buffer.from(webhookKeyText(key).replace('whsec_', ''), 'base64');
  expect(headers).toEqual({
    'webhook-id': 'report_1', 'webhook-timestamp': '1795240800', 'webhook-signature': `v1,${createHmac('sha256', shared).update('report_1.1795240800.{"a":1}').digest('base64')}`,
  });
  expect(webhookKeyOf(SECRET, 'https://y.example/in').equals(key)).toBe(false);
});
