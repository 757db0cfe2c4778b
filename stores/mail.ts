/** E-mail over SMTP, one letter to one mailbox. A server that refuses for good is told apart from one that cannot take it now. */
import { createTransport } from 'nodemailer';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';

const CONNECT_WITHIN_MS = 20_000;
const ANSWER_WITHIN_MS = 60_000;

export interface Letter {
  readonly to: string;
  /** the same for each attempt: mail servers and readers know a letter by it */
  readonly id: string;
  /** of the letter that this one corrects, so that both stand together */
  readonly after: string | null;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attachments: readonly { readonly filename: string; readonly content: string; readonly contentType: string }[];
}

export interface Mail {
  /** what the server answered; errors call the mailbox by `label` */
  send(letter: Letter, label: string, signal: AbortSignal): Promise<string>;
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
}

export function openMail(configuration: Pick<Configuration, 'SLUICE_REPORT_SMTP_URL' | 'SLUICE_REPORT_MAIL_FROM'>): Mail {
  const { SLUICE_REPORT_SMTP_URL: url, SLUICE_REPORT_MAIL_FROM: from } = configuration;
  return {
    async send(letter, label, signal) {
      if (url === undefined || from === undefined) throw notConfigured(url === undefined ? 'SLUICE_REPORT_SMTP_URL' : 'SLUICE_REPORT_MAIL_FROM');
      signal.throwIfAborted();
      const transport = createTransport({
        url, connectionTimeout: CONNECT_WITHIN_MS, greetingTimeout: CONNECT_WITHIN_MS, socketTimeout: ANSWER_WITHIN_MS,
        // What is sent is what was rendered, and no file or page that some text of it names.
        disableFileAccess: true, disableUrlAccess: true,
      });
      const close = (): void => { transport.close(); };
      signal.addEventListener('abort', close, { once: true });
      try {
        const idOf = (id: string): string => `<${id}@${from.slice(from.lastIndexOf('@') + 1)}>`;
        const { response } = await transport.sendMail({
          from, to: letter.to, messageId: idOf(letter.id), subject: letter.subject, text: letter.text, html: letter.html, attachments: [...letter.attachments],
          headers: { 'auto-submitted': 'auto-generated' },
          ...(letter.after === null ? {} : { inReplyTo: idOf(letter.after), references: idOf(letter.after) }),
        });
        return String(response);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw mailError(error as SmtpError, label);
      } finally {
        signal.removeEventListener('abort', close);
        transport.close();
      }
    },
  };
}

export function notConfigured(setting: string): SluiceError {
  return new SluiceError({ kind: 'configuration', what: 'reports are to go out by e-mail and a setting is missing', on: setting, fix: `Set ${setting}, or empty SLUICE_REPORT_MAIL_TO` });
}

/** The server's words may name the mailbox, so they stay in the cause. */
function mailError(error: SmtpError, label: string): SluiceError {
  const { code, responseCode } = error;
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    return new SluiceError({ kind: 'configuration', what: 'the mail server refused user or password', on: label, fix: 'Correct SLUICE_REPORT_SMTP_URL', cause: error });
  }
  if (responseCode !== undefined && responseCode >= 500) {
    return new SluiceError({
      kind: 'configuration', what: `the mail server refused the letter: it answered ${responseCode}`, on: label,
      fix: 'See to the mailbox, or correct SLUICE_REPORT_MAIL_TO or SLUICE_REPORT_MAIL_FROM; the next look sends it again', fields: { responseCode }, cause: error,
    });
  }
  return new SluiceError({
    kind: 'transient', what: `the mail server could not take the letter: ${responseCode === undefined ? (code ?? error.name) : `it answered ${responseCode}`}`, on: label, cause: error,
  });
}
