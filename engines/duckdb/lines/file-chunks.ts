/** The bytes of a local file, a mebibyte at a time: objects may be larger than memory. */
import { open, stat, type FileHandle } from 'node:fs/promises';

const READ_BYTES = 1024 * 1024;

/** Whoever takes them may keep them. */
export async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  yield* readWith(path, (bytes) => Buffer.allocUnsafe(bytes));
}

/** Each is written over when the next one is asked for: a mebibyte a time for the collector of garbage costs more than reading it. */
export async function* passingChunks(path: string): AsyncGenerator<Buffer> {
  let buffer: Buffer | null = null;
  yield* readWith(path, (bytes) => buffer ??= Buffer.allocUnsafe(bytes));
}

async function* readWith(path: string, bufferOf: (bytes: number) => Buffer): AsyncGenerator<Buffer> {
  const { size } = await stat(path);
  const file = await open(path);
  try {
    yield* handleChunks(file, () => bufferOf(Math.min(READ_BYTES, size + 1)));
  } finally {
    await file.close();
  }
}

async function* handleChunks(file: FileHandle, next: () => Buffer): AsyncGenerator<Buffer> {
  for (;;) {
    const buffer = next();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
