import { withRoom } from './bytes';

const LONGEST_VARINT = 10;
/** A length below this is one byte, whatever the characters are: three bytes of UTF-8 each at most. */
const SURELY_SHORT = 21;

/** Avro's binary, value after value, one row after another in the same bytes. */
export class AvroWriter {
  /** The row's bytes are those from 0 to `at`. */
  private bytes: Buffer = Buffer.allocUnsafe(4096);
  private at = 0;
  /** an int64 as its two halves: arithmetic on bigints would make a new one at every step */
  private readonly int64 = new DataView(new ArrayBuffer(8));

  begin(): void {
    this.at = 0;
  }

  end(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at));
  }

  string(value: string): void {
    this.room(LONGEST_VARINT + value.length * 3);
    if (value.length > SURELY_SHORT) {
      this.varint(Buffer.byteLength(value, 'utf8'), 0);
      this.at += this.bytes.write(value, this.at, 'utf8');
      return;
    }
    const length = this.bytes.write(value, this.at + 1, 'utf8');
    this.bytes[this.at] = length << 1;
    this.at += 1 + length;
  }

  nullableString(value: string | null): void {
    if (this.branch(value !== null)) this.string(value!);
  }

  long(value: bigint): void {
    this.int64.setBigInt64(0, value, true);
    // Cut to 64 bits it would be another amount.
    if (this.int64.getBigInt64(0, true) !== value) throw new RangeError('not an int64');
    this.halves(this.int64.getInt32(0, true), this.int64.getInt32(4, true));
  }

  nullableLong(value: bigint | null): void {
    if (this.branch(value !== null)) this.long(value!);
  }

  int(value: number): void {
    if ((value | 0) !== value) throw new RangeError('not an int32');
    this.halves(value, value >> 31);
  }

  double(value: number): void {
    this.room(8);
    this.at = this.bytes.writeDoubleLE(value, this.at);
  }

  nullableDouble(value: number | null): void {
    if (this.branch(value !== null)) this.double(value!);
  }

  boolean(value: boolean): void {
    this.room(1);
    this.bytes[this.at++] = value ? 1 : 0;
  }

  /** Of the union with null, whose branch null is the first. */
  private branch(present: boolean): boolean {
    this.room(1);
    this.bytes[this.at++] = present ? 2 : 0;
    return present;
  }

  private halves(low: number, high: number): void {
    this.room(LONGEST_VARINT);
    this.varint(low, high);
  }

  /** Zigzag, then seven bits a byte, the least first. */
  private varint(low: number, high: number): void {
    const sign = high >> 31;
    const { bytes } = this;
    let { at } = this;
    let left = (low << 1) ^ sign;
    let above = ((high << 1) | (low >>> 31)) ^ sign;
    while (above !== 0 || (left & ~0x7f) !== 0) {
      bytes[at++] = (left & 0x7f) | 0x80;
      left = (left >>> 7) | (above << 25);
      above >>>= 7;
    }
    bytes[at++] = left;
    this.at = at;
  }

  private room(bytes: number): void {
    this.bytes = withRoom(this.bytes, this.at, bytes);
  }
}
