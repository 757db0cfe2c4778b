/** The file of frames that the producer sends, written some mebibytes at a time. */
import type { FileHandle } from 'node:fs/promises';
import { withRoom } from '../../contract/bytes';
import type { ChangeOp } from '../../contract/payment';
import { beginFrame, frameLength } from '../../contract/record-frame';

const FLUSH_BYTES = 1024 * 1024;

export class Spool {
  private bytes: Buffer = Buffer.allocUnsafe(2 * FLUSH_BYTES);
  private at = 0;

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

  /** Frames that somebody made, each with the header in it: written behind those that wait. */
  async append(frames: Uint8Array): Promise<void> {
    await this.flush();
    await this.file.writeFile(frames);
  }

  async flushIfFull(): Promise<void> {
    if (this.at >= FLUSH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    // write() may take less than it is given; writeFile goes on from the file's position until all is written.
    if (this.at > 0) await this.file.writeFile(this.bytes.subarray(0, this.at));
    this.at = 0;
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
