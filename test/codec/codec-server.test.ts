import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { createPayloadCodec } from '../../stores/payload-codec';
import { startCodecServer, type CodecServer } from '../../workers/codec-server';

const TOKEN = 'token-of-the-test';
const UI = 'http://localhost:8233';
const codec = createPayloadCodec({ SLUICE_CODEC_KEY: randomBytes(32).toString('base64'), SLUICE_CODEC_KEY_ID: 'k', SLUICE_CODEC_OLD_KEYS: undefined });
let server: CodecServer;
beforeAll(async () => { server = await startCodecServer({ codec, token: TOKEN, origins: [UI], host: '127.0.0.1', port: 0 }); });
afterAll(() => server.close());

const wire = ({ metadata, data }: Payload): unknown => ({
  metadata: Object.fromEntries(Object.entries(metadata!).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
  data: Buffer.from(data!).toString('base64'),
});
const post = (path: string, body: unknown, headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` }): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
const sealed = async (value: unknown): Promise<unknown> => wire((await codec.encode([defaultPayloadConverter.toPayload(value)!]))[0]!);

test('opens a payload for who has the token, in the header or in the path of the endpoint', async () => {
  for (const answer of [await post('/decode', { payloads: [await sealed({ hour: 10 })] }), await post(`/${TOKEN}/decode`, { payloads: [await sealed({ hour: 10 })] }, {})]) {
    expect(answer.status).toBe(200);
    const { payloads } = await answer.json() as { payloads: { data: string; metadata: { encoding: string } }[] };
    expect(Buffer.from(payloads[0]!.data, 'base64').toString()).toBe('{"hour":10}');
    expect(Buffer.from(payloads[0]!.metadata.encoding, 'base64').toString()).toBe('json/plain');
  }
});

test('what is encoded here is decoded here', async () => {
  const plain = wire(defaultPayloadConverter.toPayload('x')!);
  const { payloads } = await (await post('/encode', { payloads: [plain] })).json() as { payloads: unknown[] };
  expect(payloads[0]).not.toEqual(plain);
  expect(await (await post('/decode', { payloads })).json()).toEqual({ payloads: [plain] });
});

test('opens nothing without the right token', async () => {
  const body = { payloads: [await sealed('secret text')] };
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Basic ${TOKEN}` }] as Record<string, string>[]) {
    const answer = await post('/decode', body, headers);
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain('secret text');
  }
  expect((await post('/wrong-token/decode', body, {})).status).toBe(401);
});

test('does not start without a token', async () => {
  await expect(startCodecServer({ codec, token: undefined, origins: [UI], host: '127.0.0.1', port: 0 })).rejects.toThrow(/SLUICE_CODEC_SERVER_TOKEN/);
});

test('lets the pages of the UI in and no others', async () => {
  const preflight = (origin: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}/decode`, { method: 'OPTIONS', headers: { origin } });
  const ui = await preflight(UI);
  expect([ui.status, ui.headers.get('access-control-allow-origin')]).toEqual([204, UI]);
  expect(ui.headers.get('access-control-allow-headers')).toMatch(/authorization.*x-namespace/);
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
});

test('broken requests are refused with a sentence', async () => {
  expect((await post('/decode', 'no json')).status).toBe(400);
  expect((await post('/decode', {})).status).toBe(400);
  expect((await post('/decode', { payloads: [{ metadata: { encoding: 1 } }] })).status).toBe(400);
  expect((await post('/other', { payloads: [] })).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${server.port}/${TOKEN}/decode`)).status).toBe(405);
  const foreign = createPayloadCodec({ SLUICE_CODEC_KEY: randomBytes(32).toString('base64'), SLUICE_CODEC_KEY_ID: 'other', SLUICE_CODEC_OLD_KEYS: undefined });
  const unknown = await post('/decode', { payloads: [wire((await foreign.encode([defaultPayloadConverter.toPayload(1)!]))[0]!)] });
  expect(unknown.status).toBe(422);
  expect(await unknown.text()).toContain('"other"');
});

test('a body beyond all measure is refused before it fills the memory', async () => {
  const answer = await post('/decode', 'x'.repeat(17 * 1024 * 1024)).then((response) => response.status, () => 'closed');
  expect([413, 'closed']).toContain(answer);
});
