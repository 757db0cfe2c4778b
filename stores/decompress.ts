/** The bytes of an object as they were before somebody compressed them: plain, gzip (any number of members) or zstd, by the first bytes. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';

/** Stop iterating and the source is closed: the head of a large object costs its head only. */
export async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const bytes = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let ended = false;
  while (head.length < 4 && !ended) {
    const next = await bytes.next();
    if (next.done === true) ended = true;
    else head = Buffer.concat([head, next.value]);
  }
  const all = withHead(head, bytes);
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(all);
  else if (isZstd(head)) yield* unzstd(all);
  else yield* all;
}

async function* withHead(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield Buffer.from(next.value);
  } finally {
    await rest.return?.();
  }
}

async function* gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // Its failure is the iteration's, too; here it would only be an unhandled rejection.
  const pumped = pipeline(Readable.from(source, { objectMode: false }), gunzip).catch(() => undefined);
  for await (const chunk of gunzip) yield chunk as Buffer;
  await pumped;
}

async function* unzstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let out: Buffer[] = [];
  const stream = new Decompress((chunk) => {
    // The decoder uses its window again.
    out.push(Buffer.from(chunk));
  });
  for await (const chunk of source) {
    stream.push(chunk);
    yield* out;
    out = [];
  }
  stream.push(new Uint8Array(0), true);
  yield* out;
}

function isZstd(head: Buffer): boolean {
  const frame = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  const skippable = (head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return frame || skippable;
}
