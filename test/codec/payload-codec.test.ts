import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { createPayloadCodec, type CodecSettings } from '../../stores/payload-codec';

const key = (): string => randomBytes(32).toString('base64');
const settings = (over: Partial<CodecSettings> = {}): CodecSettings => ({
  SLUICE_CODEC_KEY: undefined, SLUICE_CODEC_KEY_ID: 'default', SLUICE_CODEC_OLD_KEYS: undefined, ...over,
});
const plain = (value: unknown): Payload => defaultPayloadConverter.toPayload(value)!;
const valueOf = (payload: Payload): unknown => defaultPayloadConverter.fromPayload(payload);

test('a payload comes back as it was, and what is stored shows nothing of it', async () => {
  const codec = createPayloadCodec(settings({ SLUICE_CODEC_KEY: key() }));
  const [sealed] = await codec.encode([plain({ by: 'jane.doe' })]);
  expect(Buffer.from(sealed!.data!).includes('jane')).toBe(false);
  expect(Buffer.from(sealed!.metadata!['encryption-key-id']!).toString()).toBe('default');
  const [opened] = await codec.decode([sealed!]);
  expect(valueOf(opened!)).toEqual({ by: 'jane.doe' });
});

test('the same payload twice is not the same ciphertext', async () => {
  const codec = createPayloadCodec(settings({ SLUICE_CODEC_KEY: key() }));
  const [a, b] = await codec.encode([plain(1), plain(1)]);
  expect(Buffer.from(a!.data!).equals(Buffer.from(b!.data!))).toBe(false);
});

test('payloads without data or metadata survive', async () => {
  const codec = createPayloadCodec(settings({ SLUICE_CODEC_KEY: key() }));
  const [opened] = await codec.decode(await codec.encode([plain(undefined)]));
  expect(valueOf(opened!)).toBeUndefined();
});

test('payloads from before the key was set are still read', async () => {
  const codec = createPayloadCodec(settings({ SLUICE_CODEC_KEY: key() }));
  const [opened] = await codec.decode([plain('from before')]);
  expect(valueOf(opened!)).toBe('from before');
});

test('after a rotation old payloads are read and new ones carry the new key', async () => {
  const old = key();
  const [sealed] = await createPayloadCodec(settings({ SLUICE_CODEC_KEY: old, SLUICE_CODEC_KEY_ID: '2026' })).encode([plain('x')]);
  const rotated = createPayloadCodec(settings({ SLUICE_CODEC_KEY: key(), SLUICE_CODEC_KEY_ID: '2027', SLUICE_CODEC_OLD_KEYS: `2025=${key()}, 2026=${old}` }));
  expect(valueOf((await rotated.decode([sealed!]))[0]!)).toBe('x');
  const [fresh] = await rotated.encode([plain('y')]);
  expect(Buffer.from(fresh!.metadata!['encryption-key-id']!).toString()).toBe('2027');
});

test('a payload that was tampered with is refused, whatever byte was changed', async () => {
  const codec = createPayloadCodec(settings({ SLUICE_CODEC_KEY: key() }));
  const [sealed] = await codec.encode([plain('100')]);
  const data = Buffer.from(sealed!.data!);
  for (const at of [0, 13, data.length - 1]) {
    const changed = Buffer.from(data);
    changed[at] = changed[at]! ^ 1;
    await expect(codec.decode([{ ...sealed!, data: changed }])).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('does not open') });
  }
  await expect(codec.decode([{ ...sealed!, data: data.subarray(0, 5) }])).rejects.toMatchObject({ kind: 'data' });
});

test('a payload cannot be passed off as one of another key', async () => {
  const shared = key();
  const codec = createPayloadCodec(settings({ SLUICE_CODEC_KEY: shared, SLUICE_CODEC_KEY_ID: 'b', SLUICE_CODEC_OLD_KEYS: `a=${shared}` }));
  const [sealed] = await codec.encode([plain('x')]);
  await expect(codec.decode([{ ...sealed!, metadata: { ...sealed!.metadata, 'encryption-key-id': Buffer.from('a') } }])).rejects.toMatchObject({ kind: 'data' });
});

test('a payload of an unknown key names the key and the settings, also where no key is configured', async () => {
  const [sealed] = await createPayloadCodec(settings({ SLUICE_CODEC_KEY: key(), SLUICE_CODEC_KEY_ID: 'theirs' })).encode([plain('x')]);
  for (const codec of [createPayloadCodec(settings()), createPayloadCodec(settings({ SLUICE_CODEC_KEY: key() }))]) {
    await expect(codec.decode([sealed!])).rejects.toMatchObject({
      kind: 'configuration', message: expect.stringMatching(/"theirs".*SLUICE_CODEC_KEY/),
    });
  }
});

test('without a key payloads stay plain', async () => {
  const [payload] = await createPayloadCodec(settings()).encode([plain('x')]);
  expect(valueOf(payload!)).toBe('x');
});

test('a broken old key is named by its place, not by its value', () => {
  const broken = 'c2hvcnQ=';
  expect(() => createPayloadCodec(settings({ SLUICE_CODEC_OLD_KEYS: `a=${key()},b=${broken}` }))).toThrow(/SLUICE_CODEC_OLD_KEYS, entry 2/);
  expect(() => createPayloadCodec(settings({ SLUICE_CODEC_OLD_KEYS: `b=${broken}` }))).not.toThrow(new RegExp(broken));
});
