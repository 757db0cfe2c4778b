/**
 * deliverReport: gives one recipient a revision of a day's report, and writes down that it was taken. Killed after it was taken and before
 * that was written down, it is sent once more, under the same delivery id: at least once, and recognisable. What was written down as taken
 * is never sent again. A recipient that had an older revision gets a restatement of that one.
 */
import type { Configuration } from '../contract/configuration';
import type { DeliverReportInput, DeliverReportResult, ReportRef } from '../contract/daily-report';
import { SluiceError } from '../contract/errors';
import { labelOf, shownAddress, type Recipient } from '../contract/report-recipients';
import { webhookKeyOf } from '../contract/webhook-signature';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { Letter, Mail } from '../stores/mail';
import { postSigned } from '../stores/webhooks';
import { withHeartbeat } from './heartbeat';
import { lastTaken } from './plan-reports';
import { reportDocument, saveDocument, webhookDelivery, type ReportDocument } from './report-document';
import type { ReportRecipients } from './report-recipients';

export interface DeliverReportParts {
  readonly ledger: Pick<Ledger, 'reportRevisions' | 'reportDeliveries' | 'tryDelivery' | 'acknowledgeDelivery'>;
  readonly lake: Lake;
  readonly mail: Mail;
  readonly recipients: ReportRecipients;
  readonly configuration: Pick<Configuration, 'SLUICE_REPORT_WEBHOOK_SECRET'>;
}

export function createDeliverReport(parts: DeliverReportParts) {
  const { ledger, lake } = parts;
  return async function deliverReport({ date, merchant, revision, recipient: id }: DeliverReportInput): Promise<DeliverReportResult> {
    return withHeartbeat(async ({ signal }) => {
      const ref: ReportRef = { date, merchant };
      const recipient = configured(parts.recipients, ref, id);
      const { channel } = recipient;
      const deliveries = await ledger.reportDeliveries(ref);
      const after = lastTaken(deliveries, id);
      if (after !== null && after >= revision) return { recipient: id, channel, outcome: 'sent_before' };
      const history = await ledger.reportRevisions(ref);
      const document = await reportDocument(history, revision, after);
      const { deliveryId, body } = webhookDelivery(history.find((one) => one.revision === revision)!, id, document, lake.bucket);
      await ledger.tryDelivery({ ...ref, revision, recipient: id, deliveryId, channel, address: shownAddress(recipient), afterRevision: after });
      if (after !== null && document.changes.length === 0) {
        await ledger.acknowledgeDelivery(ref, revision, id, `nothing was sent: revision ${after} says the same`);
        return { recipient: id, channel, outcome: 'same_numbers' };
      }
      await saveDocument(lake, document);
      const former = deliveries.find((one) => one.recipient === id && one.revision === after)?.deliveryId ?? null;
      const answer = channel === 'webhook'
        ? await postSigned(
          { url: recipient.address, key: webhookKeyOf(parts.configuration.SLUICE_REPORT_WEBHOOK_SECRET!, recipient.address), label: labelOf(recipient), setting: 'SLUICE_REPORT_WEBHOOKS' },
          { id: deliveryId, at: new Date(), body }, signal,
        )
        : await parts.mail.send(letterOf(recipient, deliveryId, former, document), labelOf(recipient), signal);
      await ledger.acknowledgeDelivery(ref, revision, id, answer);
      return { recipient: id, channel, outcome: after === null ? 'report' : 'restatement' };
    });
  };
}

function configured(recipients: ReportRecipients, ref: ReportRef, id: string): Recipient {
  const found = recipients.of(ref).find((recipient) => recipient.id === id);
  if (found !== undefined) return found;
  throw new SluiceError({
    kind: 'configuration', what: 'this recipient is no longer configured for the report, or not on this worker', on: id,
    fix: 'Give every worker the same SLUICE_REPORT_WEBHOOKS and SLUICE_REPORT_MAIL_TO, then ask for the report again',
  });
}

function letterOf({ address }: Recipient, id: string, after: string | null, { subject, text, files }: ReportDocument): Letter {
  return {
    to: address, id, after, subject, text, html: files[0]!.body, attachments: files.map(({ name, body, contentType }) => ({ filename: name, content: body, contentType })),
  };
}
