/** Reads gzip of any number of members, and says so where the bytes after the last one are not nothing. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UnreadableObject } from './unreadable-object';

const CHUNK_BYTES = 512 * 1024;

export async function* gunzipped(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of either stream reaches the loop below through `gunzip`.
  pipeline(file, gunzip, () => undefined);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw error;
    throw new UnreadableObject(`gzip: ${(error as Error).message}`);
  }
  await refuseRest(path, gunzip.bytesWritten);
}

/** zlib stops at a zero byte after a member and forgets what follows: lines behind such padding would be lost unseen. */
async function refuseRest(path: string, consumed: number): Promise<void> {
  const { size } = await stat(path);
  if (consumed >= size) return;
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (let at = consumed; at < size;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      if (buffer.subarray(0, bytesRead).some((byte) => byte !== 0)) {
        throw new UnreadableObject('gzip: there are bytes after the last member');
      }
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}
