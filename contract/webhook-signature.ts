/**
 * How a webhook of ours is signed: as Standard Webhooks has it (headers webhook-id, webhook-timestamp, webhook-signature), so that whoever
 * gets one can check it with a library. Each address has a key of its own, or one merchant could sign what another believes.
 */
import { createHmac, hkdfSync } from 'node:crypto';

const KEY_BYTES = 32;

/** `secret`: base64, of the setting. */
export function webhookKeyOf(secret: string, address: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64'), '', `sluice webhook ${address}`, KEY_BYTES));
}

/** As the libraries take it. */
export function webhookKeyText(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}

export interface SignedDelivery {
  /** the same for each attempt, so that a second one is known */
  readonly id: string;
  readonly at: Date;
  readonly body: string;
}

export function signatureHeaders(key: Buffer, { id, at, body }: SignedDelivery): Readonly<Record<string, string>> {
  const timestamp = Math.floor(at.getTime() / 1000).toString();
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
