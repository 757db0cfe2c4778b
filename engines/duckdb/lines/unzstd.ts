/** Reads zstd of any number of frames, with Node's own decoder where it has one. */
import { pipeline, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { fileChunks } from './file-chunks';
import type { FollowedPath } from './followed-file';
import { givenBack } from './given-back';
import { UnreadableObject } from './unreadable-object';
import { ZstdFrames } from './zstd-frames';
import { unzstdInJavaScript } from './zstd-in-javascript';

const CHUNK_BYTES = 512 * 1024;
/** Node has it from 22.15 on; the types are of the oldest one that is supported. */
const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: (options: zlib.ZlibOptions) => Transform };

export function unzstd(object: FollowedPath): AsyncGenerator<Buffer> {
  return createZstdDecompress === undefined ? unzstdInJavaScript(fileChunks(object)) : unzstdWith(createZstdDecompress, object);
}

async function* unzstdWith(create: NonNullable<typeof createZstdDecompress>, object: FollowedPath): AsyncGenerator<Buffer> {
  // Not before somebody reads: an object is also opened to see how it is packed.
  const decoder = create({ chunkSize: CHUNK_BYTES });
  // An error of whichever of them reaches the loop below through the decoder.
  pipeline(fileChunks(object), wholeFrames, decoder, () => undefined);
  try {
    yield* givenBack(decoder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('ZSTD_') && !code.startsWith('Z_')) throw error;
    throw new UnreadableObject(`zstd: ${(error as Error).message}`);
  }
}

/** The same bytes, and an error where they are not whole frames and nothing else. */
async function* wholeFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const frames = new ZstdFrames();
  for await (const chunk of chunks) {
    for (const part of frames.push(chunk)) void part;
    yield chunk;
  }
  frames.end();
}
