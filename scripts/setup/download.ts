/** A file from the network, known by its checksum before it has its name. An interrupted one goes on where it stopped. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable, Transform } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { pipeline } from 'node:stream/promises';
import { SluiceError } from '../../contract/errors';

export interface Download {
  readonly url: string;
  readonly path: string;
  readonly algorithm: 'sha256' | 'sha512';
  /** hex */
  readonly digest: string;
  /** ms until the server must have begun to answer */
  readonly answerMs?: number;
  /** bytes that came in */
  readonly progress?: (bytes: number) => void;
}

const ATTEMPTS = 3;

export async function download(file: Download): Promise<void> {
  if (sizeOf(file.path) !== null && (await digestOf(file.path, file.algorithm)) === file.digest) return;
  mkdirSync(dirname(file.path), { recursive: true });
  const part = `${file.path}.part`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await fetchInto(part, file);
      break;
    } catch (error) {
      if (error instanceof SluiceError && !error.retryable) throw error;
      if (attempt === ATTEMPTS) {
        throw new SluiceError({
          kind: 'transient', what: `the download failed: ${reasonOf(error)}`, on: file.url,
          fix: 'Check the network and start again: it goes on where it stopped', cause: error,
        });
      }
    }
  }
  const digest = await digestOf(part, file.algorithm);
  if (digest !== file.digest) {
    rmSync(part, { force: true });
    throw new SluiceError({
      kind: 'data',
      what: `the downloaded file is not the one expected: ${file.algorithm} ${digest} instead of ${file.digest}`,
      on: file.url,
      fix: 'Nothing was installed. Start again; if it stays, something between here and the server changes files',
      fields: { expected: file.digest, found: digest },
    });
  }
  renameSync(part, file.path);
}

async function fetchInto(part: string, file: Download): Promise<void> {
  const have = sizeOf(part) ?? 0;
  const deadline = new AbortController();
  const timer = setTimeout(() => { deadline.abort(new Error('no answer in time')); }, file.answerMs ?? 15_000);
  let response: Response;
  try {
    response = await fetch(file.url, { headers: have > 0 ? { range: `bytes=${have}-` } : {}, signal: deadline.signal });
  } finally {
    clearTimeout(timer);
  }
  if (response.status === 416) {
    // All of it was there already, or more than there is: the checksum tells which.
    if ((await digestOf(part, file.algorithm)) === file.digest) return;
    rmSync(part, { force: true });
    throw new Error('what had been downloaded before was not the beginning of the file');
  }
  if (!response.ok || response.body === null) {
    const gone = response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429;
    throw new SluiceError({
      kind: gone ? 'configuration' : 'transient',
      what: `the server answered ${response.status}`, on: file.url,
      fix: 'Check whether a proxy or a mirror stands in between',
    });
  }
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      file.progress?.(chunk.length);
      done(null, chunk);
    },
  });
  await pipeline(
    Readable.fromWeb(response.body as ReadableStream),
    counted,
    createWriteStream(part, { flags: response.status === 206 ? 'a' : 'w' }),
  );
}

async function digestOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function sizeOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch {
    return null;
  }
}

/** fetch wraps what happened: "fetch failed" alone helps nobody. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { readonly message?: string; readonly cause?: { readonly message?: string; readonly code?: string } };
  const why = cause?.message === undefined || cause.message === '' ? cause?.code : cause.message;
  return `${message ?? String(error)}${why === undefined ? '' : ` (${why})`}`;
}
