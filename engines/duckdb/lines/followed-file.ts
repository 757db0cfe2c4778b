/**
 * An object on this machine that may still be fetched while it is read: its file grows at its end alone, to a length that is known before, and
 * whoever reads waits for bytes that are not there yet. That they come is the business of whoever fetches: where they do not, he ends the job.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalObject } from '../../engine';

/** In which a mebibyte or two arrive. */
const LOOK_AGAIN_MS = 5;

export type FollowedPath = Pick<LocalObject, 'path' | 'growsTo'>;

export class FollowedFile {
  private constructor(private readonly path: string, private readonly file: FileHandle, readonly size: number, private there: number) {}

  static async open({ path, growsTo }: FollowedPath): Promise<FollowedFile> {
    const file = growsTo === undefined ? await open(path) : await openOnceThere(path);
    const { size } = await file.stat();
    return new FollowedFile(path, file, growsTo ?? size, size);
  }

  /** Returns when so many bytes from the file's beginning are in it, or all that it will have. */
  async until(bytes: number): Promise<void> {
    const due = Math.min(bytes, this.size);
    for (;;) {
      if (this.there >= due) return;
      ({ size: this.there } = await this.file.stat());
      if (this.there < due) await sleep(LOOK_AGAIN_MS);
    }
  }

  /** As many bytes as the buffer takes, fewer only before the file's end; none at it. */
  async read(buffer: Buffer, at: number): Promise<number> {
    const due = Math.min(buffer.length, this.size - at);
    await this.until(at + due);
    let read = 0;
    while (read < due) {
      const { bytesRead } = await this.file.read(buffer, read, due - read, at + read);
      if (bytesRead === 0) throw new Error(`${this.path} ended at ${at + read}, before ${this.size}, while it was read`);
      read += bytesRead;
    }
    return read;
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

async function openOnceThere(path: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await sleep(LOOK_AGAIN_MS);
  }
}
