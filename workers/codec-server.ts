/**
 * Decodes payloads for the Temporal UI and its command line (their "codec server" over HTTP). It opens everything that the key
 * protects, so it answers nobody without the token, and no web page but the UI's.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { SluiceError } from '../contract/errors';

/** Temporal takes 2 MB a payload; a page of a history holds several. */
const MOST_BODY_BYTES = 16 * 1024 * 1024;

export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  readonly token: string | undefined;
  /** of the Temporal UI, like http://localhost:8233 */
  readonly origins: readonly string[];
  readonly host: string;
  readonly port: number;
}

export interface CodecServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Payloads as their JSON has them: bytes in base64. */
interface WirePayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export async function startCodecServer({ codec, token, origins, host, port }: CodecServerOptions): Promise<CodecServer> {
  if (token === undefined || token === '') {
    throw new SluiceError({
      kind: 'configuration', what: 'the codec server does not start without a token', on: 'SLUICE_CODEC_SERVER_TOKEN',
      fix: 'Set it to at least 16 characters, for example the output of `openssl rand -hex 24`',
    });
  }
  const server = createServer((request, response) => {
    allowOrigin(request, response, origins);
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    answer(request, codec, token).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => {
        const status = error instanceof Refusal ? error.status : error instanceof SluiceError ? 422 : 500;
        // What is not ours to say may quote the payload.
        const message = error instanceof Refusal || error instanceof SluiceError ? error.message : 'the payloads could not be read';
        response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' }).end(`${message}\n`);
      },
    );
  });
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new SluiceError({
      kind: 'configuration',
      what: error.code === 'EADDRINUSE' ? 'the port of the codec server is taken' : `the codec server cannot listen: ${error.message}`,
      on: `${host}:${port}`, fix: 'Set SLUICE_CODEC_SERVER_PORT to another port', cause: error,
    })));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

async function answer(request: IncomingMessage, codec: PayloadCodec, token: string): Promise<{ readonly payloads: readonly WirePayload[] }> {
  const path = request.url?.split('?')[0] ?? '';
  const [, inPath, verb] = /^\/(?:([^/]+)\/)?(encode|decode)$/.exec(path) ?? [];
  if (verb === undefined) throw new Refusal(404, 'there are /decode and /encode');
  // The UI of a development server can send no Authorization header: there the token stands in the endpoint's path.
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? inPath;
  if (given === undefined || !sameText(given, token)) throw new Refusal(401, 'the bearer token is missing or wrong');
  if (request.method !== 'POST') throw new Refusal(405, 'POST the payloads');
  const payloads = payloadsOf(await bodyOf(request));
  const done = verb === 'decode' ? await codec.decode(payloads) : await codec.encode(payloads);
  return { payloads: done.map(toWire) };
}

/** Takes as long for a wrong token as for a right one, whatever their lengths. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw new Refusal(413, `more than ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function payloadsOf(body: string): Payload[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new Refusal(400, 'the body is not JSON');
  }
  const payloads = (parsed as { readonly payloads?: unknown } | null)?.payloads;
  if (!Array.isArray(payloads)) throw new Refusal(400, 'the body is {"payloads": […]}');
  return payloads.map(fromWire);
}

function fromWire(given: unknown): Payload {
  const { metadata = {}, data } = (given ?? {}) as WirePayload;
  if (typeof metadata !== 'object' || !Object.values(metadata).every((value) => typeof value === 'string') || !(data === undefined || typeof data === 'string')) {
    throw new Refusal(400, 'a payload is {"metadata": {name: base64}, "data": base64}');
  }
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    data: Buffer.from(data ?? '', 'base64'),
  };
}

function toWire({ metadata, data }: Payload): WirePayload {
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
    data: Buffer.from(data ?? []).toString('base64'),
  };
}

function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: readonly string[]): void {
  const { origin } = request.headers;
  response.setHeader('Vary', 'Origin');
  response.setHeader('Cache-Control', 'no-store');
  if (origin === undefined || !origins.includes(origin)) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.setHeader('Access-Control-Allow-Methods', 'POST, OPTIONS');
  response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, x-namespace');
  response.setHeader('Access-Control-Allow-Credentials', 'true');
}
