const NONE = Buffer.alloc(0);
/** from 1970 on, either way: what a Date holds */
const LAST_DAY = 100_000_000;

/** Avro's binary, value after value, for who knows what comes. Throws where the bytes are something else. */
export class AvroReader {
  /** of the int64 that was read last */
  low = 0;
  high = 0;
  /** where the text that was read last begins */
  start = 0;
  /** where the next value begins */
  at = 0;
  bytes: Buffer = NONE;
  /** where the row's bytes are over: behind them may lie another's */
  private over = 0;
  private readonly int64 = new DataView(new ArrayBuffer(8));

  begin(bytes: Buffer, start = 0, end = bytes.length): void {
    this.bytes = bytes;
    this.at = start;
    this.over = end;
  }

  end(): void {
    if (this.at !== this.over) throw new Error(`${this.over - this.at} bytes after the row`);
    // The batch it came from need not stay in memory.
    this.bytes = NONE;
  }

  /** A text that nobody needs as one: its bytes are those from `start` to `at`. */
  text(): void {
    const length = this.int();
    this.start = this.at;
    this.at += length;
    if (length < 0 || this.at > this.over) throw cut();
  }

  string(): string {
    this.text();
    return this.bytes.toString('utf8', this.start, this.at);
  }

  long(): bigint {
    this.halves();
    this.int64.setInt32(0, this.low, true);
    this.int64.setInt32(4, this.high, true);
    return this.int64.getBigInt64(0, true);
  }

  int(): number {
    this.halves();
    if (this.high !== this.low >> 31) throw new RangeError('not an int32');
    return this.low;
  }

  day(): number {
    const day = this.int();
    if (Math.abs(day) > LAST_DAY) throw new RangeError('not a day');
    return day;
  }

  double(): number {
    this.at += 8;
    if (this.at > this.over) throw cut();
    return this.bytes.readDoubleLE(this.at - 8);
  }

  boolean(): boolean {
    return this.oneOf(0, 1) === 1;
  }

  /** Of the union with null. */
  present(): boolean {
    return this.oneOf(0, 2) === 2;
  }

  /** An int64 as its two halves: arithmetic on bigints would make a new one at every step. */
  halves(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (this.at >= this.over) throw cut();
      const byte = this.bytes[this.at++]!;
      const bits = byte & 0x7f;
      if (shift < 28) {
        low |= bits << shift;
      } else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else {
        if (shift === 63 && byte > 1) throw new RangeError('not an int64');
        high |= bits << (shift - 32);
      }
      if (byte < 0x80) break;
    }
    const sign = -(low & 1);
    this.low = ((low >>> 1) | (high << 31)) ^ sign;
    this.high = (high >>> 1) ^ sign;
  }

  private oneOf(no: number, yes: number): number {
    if (this.at >= this.over) throw cut();
    const byte = this.bytes[this.at++]!;
    if (byte !== no && byte !== yes) throw new RangeError(`a byte ${byte} where ${no} or ${yes} is due`);
    return byte;
  }
}

function cut(): Error {
  return new RangeError('the row is cut');
}
