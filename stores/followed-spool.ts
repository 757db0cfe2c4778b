/**
 * The spool's frames while the engine still writes them, so that the difference and the sending share the machine's processors
 * instead of taking turns. What is written is never changed: whatever is in the file can be sent.
 */
import { open } from 'node:fs/promises';
import { withRoom } from '../contract/bytes';
import { Frames } from '../contract/record-frame';

const CHUNK_BYTES = 1024 * 1024;
/** The engine flushes a mebibyte a few hundred times a second at most. */
const LOOK_AGAIN_MS = 10;

/**
 * As many whole frames as there are, to be gone through before the next are asked for: their bytes are overwritten then. Ends when the file
 * does and `written` has answered, and fails with what `written` fails with.
 */
export async function* followedFrames(spool: string, written: Promise<unknown>, signal: AbortSignal): AsyncGenerator<Frames> {
  const end = new End(written);
  const file = await open(spool, 'r');
  try {
    let bytes: Buffer = Buffer.allocUnsafe(2 * CHUNK_BYTES);
    for (let left = 0; ;) {
      signal.throwIfAborted();
      // Asked before the file is read: what comes in between is not the end.
      const over = end.isOver();
      bytes = withRoom(bytes, left, CHUNK_BYTES);
      const { bytesRead } = await file.read(bytes, left, CHUNK_BYTES);
      if (bytesRead > 0) {
        const there = bytes.subarray(0, left + bytesRead);
        const frames = new Frames(there);
        yield frames;
        there.copyWithin(0, frames.at);
        left = there.length - frames.at;
      } else if (!over) {
        await end.orLater();
      } else if (left > 0) {
        throw new Error(`the spool ends in the middle of a record (${left} bytes left)`);
      } else {
        return;
      }
    }
  } finally {
    await file.close();
  }
}

class End {
  private over = false;
  private failure: { readonly error: unknown } | null = null;
  private readonly settled: Promise<void>;

  constructor(written: Promise<unknown>) {
    this.settled = written.then(() => { this.over = true; }, (error: unknown) => { this.failure = { error }; });
  }

  /** Throws what `written` failed with. */
  isOver(): boolean {
    if (this.failure !== null) throw this.failure.error;
    return this.over;
  }

  async orLater(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const later = new Promise<void>((resolve) => { timer = setTimeout(resolve, LOOK_AGAIN_MS); });
    await Promise.race([this.settled, later]);
    clearTimeout(timer);
  }
}
