/** The bytes of a local object, a mebibyte at a time: objects may be larger than memory. */
import { FollowedFile, type FollowedPath } from './followed-file';

const READ_BYTES = 1024 * 1024;

/** Whoever takes them may keep them. */
export async function* fileChunks(object: FollowedPath): AsyncGenerator<Buffer> {
  yield* readWith(object, (bytes) => Buffer.allocUnsafe(bytes));
}

/** Each is written over when the next one is asked for: a mebibyte a time for the collector of garbage costs more than reading it. */
export async function* passingChunks(object: FollowedPath): AsyncGenerator<Buffer> {
  let buffer: Buffer | null = null;
  yield* readWith(object, (bytes) => buffer ??= Buffer.allocUnsafe(bytes));
}

async function* readWith(object: FollowedPath, bufferOf: (bytes: number) => Buffer): AsyncGenerator<Buffer> {
  const file = await FollowedFile.open(object);
  try {
    for (let at = 0; at < file.size;) {
      const buffer = bufferOf(Math.min(READ_BYTES, file.size));
      const bytes = await file.read(buffer, at);
      yield buffer.subarray(0, bytes);
      at += bytes;
    }
  } finally {
    await file.close();
  }
}
