/** Who is configured to get which report, and how they are reached. Read once, at start: what is missing is told then. */
import type { Configuration } from '../contract/configuration';
import type { ReportRef } from '../contract/daily-report';
import { SluiceError } from '../contract/errors';
import { readRecipients, type Recipient } from '../contract/report-recipients';
import { notConfigured } from '../stores/mail';

export type RecipientSettings = Pick<Configuration, 'SLUICE_REPORT_WEBHOOKS' | 'SLUICE_REPORT_WEBHOOK_SECRET' | 'SLUICE_REPORT_MAIL_TO' | 'SLUICE_REPORT_MAIL_FROM' | 'SLUICE_REPORT_SMTP_URL'>;

export class ReportRecipients {
  readonly all: readonly Recipient[];

  constructor(settings: RecipientSettings) {
    const webhooks = readRecipients('webhook', settings.SLUICE_REPORT_WEBHOOKS ?? '')!;
    const mailboxes = readRecipients('mail', settings.SLUICE_REPORT_MAIL_TO ?? '')!;
    if (webhooks.length > 0 && settings.SLUICE_REPORT_WEBHOOK_SECRET === undefined) {
      throw new SluiceError({
        kind: 'configuration', what: 'report webhooks are configured and nothing to sign with', on: 'SLUICE_REPORT_WEBHOOK_SECRET',
        fix: 'Set it to 32 bytes in base64 (openssl rand -base64 32), the same for every worker',
      });
    }
    for (const needed of mailboxes.length === 0 ? [] : ['SLUICE_REPORT_SMTP_URL', 'SLUICE_REPORT_MAIL_FROM'] as const) {
      if (settings[needed] === undefined) throw notConfigured(needed);
    }
    this.all = distinct([...webhooks, ...mailboxes]);
  }

  /** A merchant's own addresses get that merchant's report, and no address gets another's. */
  of({ merchant }: Pick<ReportRef, 'merchant'>): readonly Recipient[] {
    return this.all.filter((recipient) => recipient.merchant === merchant);
  }

  /** Those that somebody is to be told of; null is all merchants. */
  get audiences(): readonly (string | null)[] {
    return [...new Set(this.all.map(({ merchant }) => merchant))];
  }
}

/** Written down twice is sent to once. */
function distinct(recipients: readonly Recipient[]): readonly Recipient[] {
  return [...new Map(recipients.map((recipient) => [`${recipient.merchant ?? '*'} ${recipient.id}`, recipient])).values()];
}
