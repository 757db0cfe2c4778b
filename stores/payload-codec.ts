/**
 * Payloads of Temporal, encrypted with AES-256-GCM before they leave this process. Without a key it encrypts nothing but is
 * there all the same: an encrypted payload then fails with a sentence about the key and not with "unknown encoding".
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';

export const ENCRYPTED_ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** When it is first needed: most commands never seal a payload, and the messages take a fifth of their start. */
const payloadMessage = () => temporal.api.common.v1.Payload;

export interface CodecKeys {
  /** encodes and decodes; null: payloads are written plain */
  readonly current: { readonly id: string; readonly key: Buffer } | null;
  /** decode only */
  readonly old: ReadonlyMap<string, Buffer>;
}

export type CodecSettings = Pick<Configuration, 'SLUICE_CODEC_KEY' | 'SLUICE_CODEC_KEY_ID' | 'SLUICE_CODEC_OLD_KEYS'>;

export function createPayloadCodec(settings: CodecSettings): PayloadCodec {
  return payloadCodecOf(readCodecKeys(settings));
}

export function readCodecKeys(settings: CodecSettings): CodecKeys {
  const current = settings.SLUICE_CODEC_KEY === undefined
    ? null
    : { id: settings.SLUICE_CODEC_KEY_ID, key: Buffer.from(settings.SLUICE_CODEC_KEY, 'base64') };
  const old = new Map<string, Buffer>();
  for (const [index, entry] of (settings.SLUICE_CODEC_OLD_KEYS ?? '').split(',').map((text) => text.trim()).entries()) {
    if (entry === '') continue;
    // Base64 ends in `=`: only the first one separates.
    const at = entry.indexOf('=');
    const key = Buffer.from(entry.slice(at + 1), 'base64');
    if (at < 1 || key.length !== 32) {
      throw new SluiceError({
        kind: 'configuration',
        what: 'an old codec key cannot be read',
        on: `SLUICE_CODEC_OLD_KEYS, entry ${index + 1}`,
        fix: 'Write id=base64 of 32 bytes, entries separated by commas',
      });
    }
    old.set(entry.slice(0, at), key);
  }
  return { current, old };
}

export function payloadCodecOf(keys: CodecKeys): PayloadCodec {
  const { current } = keys;
  return {
    async encode(payloads: Payload[]): Promise<Payload[]> {
      return current === null ? payloads : payloads.map((payload) => encrypt(payload, current));
    },
    async decode(payloads: Payload[]): Promise<Payload[]> {
      return payloads.map((payload) => (isEncrypted(payload) ? decrypt(payload, keys) : payload));
    },
  };
}

function isEncrypted(payload: Payload): boolean {
  return textOf(payload, 'encoding') === ENCRYPTED_ENCODING;
}

function textOf(payload: Payload, name: string): string | undefined {
  const bytes = payload.metadata?.[name];
  return bytes == null ? undefined : Buffer.from(bytes).toString('utf8');
}

function encrypt(payload: Payload, { id, key }: { readonly id: string; readonly key: Buffer }): Payload {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  // The key's name is authenticated too, so that a payload cannot be passed off as one of another key.
  cipher.setAAD(Buffer.from(id));
  const sealed = Buffer.concat([cipher.update(payloadMessage().encode(payload).finish()), cipher.final()]);
  return {
    metadata: { encoding: Buffer.from(ENCRYPTED_ENCODING), [KEY_ID]: Buffer.from(id) },
    data: Buffer.concat([iv, sealed, cipher.getAuthTag()]),
  };
}

function decrypt(payload: Payload, keys: CodecKeys): Payload {
  const id = textOf(payload, KEY_ID) ?? '';
  const key = keys.current?.id === id ? keys.current.key : keys.old.get(id);
  if (key === undefined) {
    throw new SluiceError({
      kind: 'configuration',
      what: 'a payload is encrypted with a key that is not configured',
      on: `key ${JSON.stringify(id)}`,
      fix: 'Set SLUICE_CODEC_KEY and SLUICE_CODEC_KEY_ID, or add the key to SLUICE_CODEC_OLD_KEYS',
      fields: { keyId: id },
    });
  }
  const data = Buffer.from(payload.data ?? []);
  try {
    if (data.length < IV_BYTES + TAG_BYTES) throw new Error('it is cut short');
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(id));
    decipher.setAuthTag(data.subarray(data.length - TAG_BYTES));
    const plain = Buffer.concat([decipher.update(data.subarray(IV_BYTES, data.length - TAG_BYTES)), decipher.final()]);
    return payloadMessage().toObject(payloadMessage().decode(plain)) as Payload;
  } catch (cause) {
    throw new SluiceError({
      kind: 'data',
      what: 'an encrypted payload does not open: it was changed on the way, or its key has the same name as another',
      on: `key ${JSON.stringify(id)}`,
      fix: 'Compare SLUICE_CODEC_KEY with the key that wrote it',
      fields: { keyId: id },
      cause,
    });
  }
}
