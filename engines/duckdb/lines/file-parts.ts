/**
 * Parts of a large file of lines that lies open, some mebibytes each, cut where a line ends: whoever reads one needs no other, and its bytes need
 * not go through the hands of whoever deals them out. A part is dealt out once its bytes are in the file, which may still grow behind it.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { FollowedFile, type FollowedPath } from './followed-file';

const LF = 0x0a;
/** Small enough that no thread is left with the last one while the others have nothing to do. */
const PART_BYTES = 4 * 1024 * 1024;
/** Below it an object goes with others (line-batch.ts). */
export const PARTS_FROM = 1024 * 1024;
const READ_BYTES = 1024 * 1024;
/** In which a line ends, mostly. */
const LOOKED_AT = 4 * 1024;

export interface FilePart {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

export async function* filePartsOf(object: FollowedPath): AsyncGenerator<FilePart> {
  const file = await FollowedFile.open(object);
  try {
    for (let start = 0; start < file.size;) {
      const end = start + PART_BYTES < file.size ? await endOfLine(file, start + PART_BYTES - 1) : file.size;
      await file.until(end);
      yield { path: object.path, start, end };
      start = end;
    }
  } finally {
    await file.close();
  }
}

/** Behind the first line feed from `at` on; where there is none, the file's end. */
async function endOfLine(file: FollowedFile, at: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(LOOKED_AT);
  for (let from = at; from < file.size;) {
    const bytes = await file.read(buffer, from);
    const lf = buffer.subarray(0, bytes).indexOf(LF);
    if (lf >= 0) return from + lf + 1;
    from += bytes;
  }
  return file.size;
}

/** Of a thread that does nothing else meanwhile, and so without waiting. Each chunk is written over when the next one is asked for. */
export class PartReader {
  private buffer: Buffer | null = null;

  *chunks({ path, start, end }: FilePart): Generator<Buffer> {
    const buffer = this.buffer ??= Buffer.allocUnsafe(READ_BYTES);
    const file = openSync(path, 'r');
    try {
      for (let at = start; at < end;) {
        const bytes = readSync(file, buffer, 0, Math.min(buffer.length, end - at), at);
        if (bytes === 0) throw new Error(`${path} ended at ${at}, before ${end}, while it was read`);
        yield buffer.subarray(0, bytes);
        at += bytes;
      }
    } finally {
      closeSync(file);
    }
  }
}
