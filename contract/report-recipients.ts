/**
 * To whom scheduled reports go. An address stands alone, or behind a merchant's id and `=`: then it gets that merchant's report and no
 * other, and an address that stands alone gets that of all merchants and no merchant's own.
 */
import { createHash } from 'node:crypto';

export type Channel = 'webhook' | 'mail';

export interface Recipient {
  /** of channel and address; in the ledger, the log and the Temporal UI in place of the address, which may hold a token or name a person */
  readonly id: string;
  readonly channel: Channel;
  readonly address: string;
  /** null: the report of all merchants */
  readonly merchant: string | null;
}

const MERCHANTS_OWN = /^([A-Za-z0-9_.:@-]{1,128})=(.+)$/s;
const MAIL = /^[^\s@=,:;<>()"\\]+@[^\s@=,:;<>()"\\]+$/;
const ID_DIGITS = 12;

/** Null: an address cannot be read. */
export function readRecipients(channel: Channel, text: string): readonly Recipient[] | null {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const read = words.map((word): Recipient | null => {
    const [, merchant, own] = MERCHANTS_OWN.exec(word) ?? [];
    const address = own ?? word;
    if (!(channel === 'mail' ? MAIL.test(address) : isWebAddress(address))) return null;
    return { id: recipientId(channel, address), channel, address, merchant: merchant ?? null };
  });
  return read.includes(null) ? null : read as readonly Recipient[];
}

/** Two merchants may share an address: it is the same recipient of two reports. */
function recipientId(channel: Channel, address: string): string {
  return createHash('sha256').update(`${channel} ${address}`).digest('hex').slice(0, ID_DIGITS);
}

/** Not with a user before the host: no request can be made to such an address. */
function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

/** For people: never the whole address of a webhook. */
export function labelOf({ channel, address, id }: Recipient): string {
  return channel === 'mail' ? `mail ${id}` : `webhook ${new URL(address).host} ${id}`;
}

/** For the ledger and the command line, whose readers must know which mailbox it is. */
export function shownAddress({ channel, address }: Recipient): string {
  return channel === 'mail' ? address : new URL(address).host;
}
