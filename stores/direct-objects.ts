/**
 * Whole objects put, copied and read with one request each, without what AWS' client puts around each of its own: that is three quarters of the
 * processor time of such a request, and an hour of 60 merchants asks 300 times. Where the bucket is, who signs and what sends are the client's,
 * seen and taken from it. Here is only what goes right: after any other answer the caller asks by the client, which knows what to retry, what to
 * wait for and what to call the error. So nothing here may carry a condition: an answer that was lost would be asked for twice.
 */
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { crc32 } from '@node-rs/crc32';
import type { S3Client } from '@aws-sdk/client-s3';

type Signer = Awaited<ReturnType<S3Client['config']['signer']>>;

/** What the client's own handler answers, as far as it is looked at here. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readable;
}

/** Of a request of the client's, where it goes. */
interface Seen {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
}

interface Place {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  /** of the path, in front of the key */
  readonly prefix: string;
}

/** As the client says what an object is to be encrypted with. */
export interface Encryption {
  readonly ServerSideEncryption?: 'aws:kms';
  readonly SSEKMSKeyId?: string;
}

export class DirectObjects {
  private place: Place | undefined;
  private signer: Signer | undefined;

  constructor(private readonly s3: S3Client, private readonly smallBytes: number) {
    // Settings, environment and profiles have a say in where a bucket is: we look where the client goes.
    s3.middlewareStack.add((next) => (args) => {
      this.place ??= placeIn(args.request as Seen, (args.input as { readonly Key?: string }).Key);
      return next(args);
    }, { step: 'build', name: 'seenByDirectObjects' });
  }

  /** Answers with the new ETag; null: ask by the client. */
  async put(key: string, body: Buffer, encryption: Encryption, signal?: AbortSignal): Promise<string | null> {
    const answer = await this.answerTo('PUT', key, {
      'content-type': 'application/octet-stream', 'content-length': String(body.length), 'x-amz-checksum-crc32': checksum(crc32(body)), ...headersOf(encryption),
    }, signal, body);
    if (answer === null || await whole(answer) === null) return null;
    return answer.headers.etag ?? null;
  }

  /** Whether it is copied; false: ask by the client. `source`: the bucket and the key, as the client takes them. */
  async copy(source: string, key: string, encryption: Encryption): Promise<boolean> {
    const answer = await this.answerTo('PUT', key, { 'x-amz-copy-source': source, 'content-length': '0', ...headersOf(encryption) });
    const text = answer === null ? null : await whole(answer);
    // A copy that fails on its way has begun to answer with 200.
    return text !== null && text.includes('<CopyObjectResult');
  }

  /** Whether the object is in the file, held against its checksum; false: ask by the client. */
  async save(key: string, path: string, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.answerTo('GET', key, { 'x-amz-checksum-mode': 'ENABLED' }, signal);
    if (answer === null) return false;
    const { body, headers } = answer;
    const [bytes, due] = [Number(headers['content-length']), headers['x-amz-checksum-crc32']];
    // We write no other checksum; the client knows more kinds.
    if (due === undefined && hasChecksum(headers)) {
      body.destroy();
      return false;
    }
    try {
      const found = bytes <= this.smallBytes ? await intoFile(body, path, signal) : await throughFile(body, bytes, path, signal);
      return found !== null && (due === undefined || checksum(found) === due);
    } catch {
      return false;
    }
  }

  /** Null: it did not go right. */
  private async answerTo(
    method: 'GET' | 'PUT', key: string, headers: Readonly<Record<string, string>>, signal?: AbortSignal, body?: Buffer,
  ): Promise<Answer | null> {
    const { place } = this;
    if (place === undefined) return null;
    try {
      this.signer ??= await this.s3.config.signer();
      const { prefix, ...where } = place;
      const host = where.port === undefined ? where.hostname : `${where.hostname}:${where.port}`;
      const request = await this.signer.sign({ ...where, method, path: prefix + encoded(key), query: {}, headers: { host, ...headers }, ...(body === undefined ? {} : { body }) });
      const { response } = await this.s3.config.requestHandler.handle(request, signal === undefined ? {} : { abortSignal: signal }) as { readonly response: Answer };
      if (response.statusCode === 200) return response;
      response.body.destroy();
    } catch {
      // The client will see it too, and say what it is.
    }
    return null;
  }
}

/** Only where the client's path ends with the key as it would be written here. */
function placeIn({ protocol, hostname, port, path }: Seen, key: string | undefined): Place | undefined {
  if (key === undefined || !path.endsWith(`/${encoded(key)}`)) return undefined;
  return { protocol, hostname, ...(port === undefined ? {} : { port }), prefix: path.slice(0, path.length - encoded(key).length) };
}

function encoded(key: string): string {
  return key.split('/').map((part) => encodeURIComponent(part).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)).join('/');
}

function headersOf({ ServerSideEncryption, SSEKMSKeyId }: Encryption): Readonly<Record<string, string>> {
  return {
    ...(ServerSideEncryption === undefined ? {} : { 'x-amz-server-side-encryption': ServerSideEncryption }),
    ...(SSEKMSKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId }),
  };
}

function hasChecksum(headers: Answer['headers']): boolean {
  return Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-') && name !== 'x-amz-checksum-type');
}

function checksum(crc: number): string {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}

/** Of a short answer; null where it broke off. */
async function whole({ body }: Answer): Promise<string | null> {
  try {
    return Buffer.concat(await body.toArray() as Buffer[]).toString('utf8');
  } catch {
    return null;
  }
}

/** Answers with the checksum of what is in the file. */
async function intoFile(body: Readable, path: string, signal: AbortSignal | undefined): Promise<number> {
  const content = Buffer.concat(await body.toArray(signal === undefined ? {} : { signal }) as Buffer[]);
  await writeFile(path, content, signal === undefined ? {} : { signal });
  return crc32(content);
}

/** Null: nobody said how long it would be, so that it may be cut. */
async function throughFile(body: Readable, bytes: number, path: string, signal: AbortSignal | undefined): Promise<number | null> {
  let [crc, seen] = [0, 0];
  const passed = async function* (parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const part of parts) {
      crc = crc32(part, crc);
      seen += part.length;
      yield part;
    }
  };
  await pipeline(body, passed, createWriteStream(path), signal === undefined ? {} : { signal });
  return seen === bytes ? crc : null;
}
