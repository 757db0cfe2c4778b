/**
 * Bytes put at the end of a file, some KiB at a time; the latest can be taken back. Written without waiting: whoever fills it does nothing else.
 * There is no file until there are so many bytes, or it is closed.
 */
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { withRoom } from '../../../contract/bytes';
import { writeAll } from './write-all';

const FIRST_BYTES = 4 * 1024;
const FLUSH_BYTES = 16 * 1024;

/** Bytes that are not in the file yet, from the beginning of `bytes` on. */
export interface Waiting {
  bytes: Buffer;
  held: number;
}

export class GrowingFile {
  private written = 0;
  private file: number | null = null;

  /** `waiting`: whoever gives it puts bytes there as well, and sees to it that they are flushed. */
  constructor(readonly path: string, private readonly waiting: Waiting = { bytes: Buffer.allocUnsafe(FIRST_BYTES), held: 0 }) {}

  get bytes(): Buffer {
    return this.waiting.bytes;
  }

  get size(): number {
    return this.written + this.waiting.held;
  }

  /** Answers with where in `bytes` there is room for so many. */
  room(bytes: number): number {
    const { waiting } = this;
    if (waiting.held >= FLUSH_BYTES) this.flush();
    waiting.bytes = withRoom(waiting.bytes, waiting.held, bytes);
    return waiting.held;
  }

  /** What stands in `bytes` before `end` is the file's. */
  endAt(end: number): void {
    this.waiting.held = end;
  }

  cutTo(size: number): void {
    if (size >= this.written) {
      this.waiting.held = size - this.written;
      return;
    }
    ftruncateSync(this.file!, size);
    this.written = size;
    this.waiting.held = 0;
  }

  close(): void {
    this.flush();
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }

  flush(): void {
    const { bytes, held } = this.waiting;
    if (held > 0) {
      // At its end, also after it was cut.
      this.file ??= openSync(this.path, 'a');
      writeAll(this.file, bytes, 0, held);
    }
    this.written += held;
    this.waiting.held = 0;
  }
}

export interface GrownFile {
  readonly path: string;
  readonly bytes: number;
}

/** Several of them, that grow and are cut together. */
export class GrowingFiles {
  private readonly files: readonly GrowingFile[];

  constructor(readonly count: number, pathOf: (n: number) => string, waitingOf: (n: number) => Waiting | undefined = () => undefined) {
    this.files = Array.from({ length: count }, (_, n) => new GrowingFile(pathOf(n), waitingOf(n)));
  }

  at(n: number): GrowingFile {
    return this.files[n]!;
  }

  sizes(): readonly number[] {
    return this.files.map((file) => file.size);
  }

  cutTo(sizes: readonly number[]): void {
    for (const [n, file] of this.files.entries()) file.cutTo(sizes[n]!);
  }

  /** Answers with what there is to read of each. */
  close(): readonly (GrownFile | null)[] {
    return this.files.map((file) => {
      file.close();
      return file.size === 0 ? null : { path: file.path, bytes: file.size };
    });
  }
}
