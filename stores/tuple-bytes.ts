/** Tuples of COPY's binary format as they are written, in chunks that can be sent while more are written behind them. */

const CHUNK = 256 * 1024;

export class TupleBytes {
  private readonly full: Buffer[] = [];
  protected chunk = Buffer.allocUnsafe(CHUNK);
  protected at = 0;
  /** where in the chunk the tuple begins that was begun last, in one piece */
  protected start = 0;
  /** where in the chunk begins what `chunks` has not answered with */
  private from = 0;

  /** of what `chunks` would answer with */
  get bytes(): number {
    return this.full.reduce((sum, { length }) => sum + length, 0) + this.at - this.from;
  }

  /** What came since it was last asked. */
  chunks(): readonly Buffer[] {
    const chunks = this.full.splice(0);
    if (this.at > this.from) chunks.push(this.chunk.subarray(this.from, this.at));
    this.from = this.at;
    return chunks;
  }

  /** Of a tuple with so many fields that takes so many bytes at most: there is room for all of it, and whoever writes a field looks no more. */
  protected begin(fields: number, bytes: number): void {
    this.room(bytes);
    this.start = this.at;
    this.chunk[this.at] = 0;
    this.chunk[this.at + 1] = fields;
    this.at += 2;
  }

  protected nothing(): void {
    this.word(-1);
  }

  protected word(value: number): void {
    const { chunk, at } = this;
    chunk[at] = value >>> 24;
    chunk[at + 1] = value >>> 16;
    chunk[at + 2] = value >>> 8;
    chunk[at + 3] = value;
    this.at = at + 4;
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.chunk.length) return;
    if (this.at > this.from) this.full.push(this.chunk.subarray(this.from, this.at));
    this.chunk = Buffer.allocUnsafe(Math.max(CHUNK, bytes));
    this.at = 0;
    this.from = 0;
  }
}
