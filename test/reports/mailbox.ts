/** A real SMTP server that keeps what it is given. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly to: readonly string[];
  readonly raw: string;
}

export class Mailbox {
  readonly received: Received[] = [];
  /** mailboxes that the server refuses for good, and how often it is too busy for anybody */
  readonly unknown = new Set<string>();
  busy = 0;

  private constructor(private readonly server: SMTPServer) {}

  static async open(): Promise<Mailbox> {
    const server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      logger: false,
      onRcptTo: ({ address }, _session, done) => {
        if (mailbox.busy > 0) {
          mailbox.busy -= 1;
          done(Object.assign(new Error('busy'), { responseCode: 451 }));
          return;
        }
        done(mailbox.unknown.has(address) ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : undefined);
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => { chunks.push(chunk); });
        stream.on('end', () => {
          mailbox.received.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString() });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', () => { resolve(); }); });
    const mailbox = new Mailbox(server);
    return mailbox;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  to(address: string): readonly Received[] {
    return this.received.filter(({ to }) => to.includes(address));
  }

  close(): Promise<void> {
    return new Promise((resolve) => { this.server.close(() => { resolve(); }); });
  }
}

export function headerOf({ raw }: Received, name: string): string | null {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim() ?? null;
}

export function attachmentOf({ raw }: Received, filename: string): string {
  const part = raw.split(/\r\n--[^\r\n]+\r\n/).find((one) => one.includes(`filename=${filename}`) || one.includes(`filename="${filename}"`));
  if (part === undefined) throw new Error(`${filename} is not attached`);
  const [head, body] = [part.slice(0, part.indexOf('\r\n\r\n')), part.slice(part.indexOf('\r\n\r\n') + 4)];
  if (/transfer-encoding: base64/i.test(head)) return Buffer.from(body, 'base64').toString();
  if (/transfer-encoding: quoted-printable/i.test(head)) {
    return Buffer.from(body.replaceAll('=\r\n', '').replaceAll(/=([0-9A-F]{2})/g, (_text, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString();
  }
  return body;
}
