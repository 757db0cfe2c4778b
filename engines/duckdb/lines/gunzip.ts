/** Reads gzip of any number of members, and says so where the bytes after the last one are not nothing. */
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { fileChunks } from './file-chunks';
import { FollowedFile, type FollowedPath } from './followed-file';
import { givenBack } from './given-back';
import { UnreadableObject } from './unreadable-object';

const CHUNK_BYTES = 512 * 1024;

export async function* gunzipped(object: FollowedPath): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  // An error of either of them reaches the loop below through `gunzip`.
  pipeline(fileChunks(object), gunzip, () => undefined);
  try {
    yield* givenBack(gunzip);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw error;
    throw new UnreadableObject(`gzip: ${(error as Error).message}`);
  }
  await refuseRest(object, gunzip.bytesWritten);
}

/** zlib stops at a zero byte after a member and forgets what follows: lines behind such padding would be lost unseen. */
async function refuseRest(object: FollowedPath, consumed: number): Promise<void> {
  const file = await FollowedFile.open(object);
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (let at = consumed; at < file.size;) {
      const bytes = await file.read(buffer, at);
      if (buffer.subarray(0, bytes).some((byte) => byte !== 0)) {
        throw new UnreadableObject('gzip: there are bytes after the last member');
      }
      at += bytes;
    }
  } finally {
    await file.close();
  }
}
