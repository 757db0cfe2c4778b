/** The file of frames that the producer sends, written some mebibytes at a time. */
import type { FileHandle } from 'node:fs/promises';
import { withRoom } from '../../contract/bytes';
import type { ChangeOp } from '../../contract/payment';
import { beginFrame, frameLength } from '../../contract/record-frame';

const FLUSH_BYTES = 1024 * 1024;

export class Spool {
  private bytes: Buffer = Buffer.allocUnsafe(2 * FLUSH_BYTES);
  private at = 0;
  private appending: Promise<void> = Promise.resolve();

  /** `header` stands before every value. */
  constructor(private readonly file: FileHandle, readonly header: Buffer) {}

  add(op: ChangeOp, key: Buffer, value: Buffer): void {
    const { header } = this;
    const valueLength = header.length + value.length;
    this.bytes = withRoom(this.bytes, this.at, frameLength(key.length, valueLength));
    let at = beginFrame(this.bytes, this.at, op, key.length, valueLength);
    at += key.copy(this.bytes, at);
    at += header.copy(this.bytes, at);
    this.at = at + value.copy(this.bytes, at);
  }

  /**
   * Begins to write frames that somebody made, each with the header in it. Not waited for, so that the next rows can be asked for meanwhile;
   * until `appended` answers, the bytes must stay as they are, and nothing else may be written.
   */
  append(frames: Uint8Array): void {
    this.appending = this.file.writeFile(frames);
    // `appended` tells of it. Without this a disk that is full would end the process before anybody asks.
    this.appending.catch(() => undefined);
  }

  async appended(): Promise<void> {
    await this.appending;
  }

  async flushIfFull(): Promise<void> {
    if (this.at >= FLUSH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    await this.appended();
    // write() may take less than it is given; writeFile goes on from the file's position until all is written.
    if (this.at > 0) await this.file.writeFile(this.bytes.subarray(0, this.at));
    this.at = 0;
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
