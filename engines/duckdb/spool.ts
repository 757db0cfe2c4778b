/** The file of frames that the producer sends, written some mebibytes at a time. */
import type { FileHandle } from 'node:fs/promises';
import { copyPart, withRoom } from '../../contract/bytes';
import type { ChangeOp } from '../../contract/payment';
import { beginFrame, frameLength } from '../../contract/record-frame';

const FLUSH_BYTES = 1024 * 1024;

export class Spool {
  private bytes: Buffer = Buffer.allocUnsafe(2 * FLUSH_BYTES);
  private at = 0;

  /** `header` stands before every value. */
  constructor(private readonly file: FileHandle, private readonly header: Buffer) {}

  add(op: ChangeOp, key: Buffer, value: Buffer): void {
    this.addPart(op, key, 0, key.length, value, value.length);
  }

  /** The key is a part of `keys`, the value the beginning of `values`: a million records need no object for either. */
  addPart(op: ChangeOp, keys: Buffer, keyStart: number, keyEnd: number, values: Buffer, valueEnd: number): void {
    const { header } = this;
    const keyLength = keyEnd - keyStart;
    const valueLength = header.length + valueEnd;
    this.bytes = withRoom(this.bytes, this.at, frameLength(keyLength, valueLength));
    let at = beginFrame(this.bytes, this.at, op, keyLength, valueLength);
    at = copyPart(keys, keyStart, keyEnd, this.bytes, at);
    at += header.copy(this.bytes, at);
    this.at = copyPart(values, 0, valueEnd, this.bytes, at);
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
