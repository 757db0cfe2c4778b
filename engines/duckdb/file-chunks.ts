/** The bytes of a local file, a mebibyte at a time: objects may be larger than memory. */
import { open, stat, type FileHandle } from 'node:fs/promises';

const READ_BYTES = 1024 * 1024;

export async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  const { size } = await stat(path);
  const file = await open(path);
  try {
    yield* handleChunks(file, Math.min(READ_BYTES, size + 1));
  } finally {
    await file.close();
  }
}

async function* handleChunks(file: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for (;;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}
