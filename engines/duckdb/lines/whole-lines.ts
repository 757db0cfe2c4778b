/**
 * The lines of a stream in which an id may stand: those with its bytes, and those with an escape, in which it may be written
 * otherwise. The others are passed over without a look at each, which is what makes reading a whole lake bearable.
 */
import { MAX_LINE_BYTES } from '../../../contract/payment';
import { idsIn } from '../../../contract/line-owner';
import { endOfText } from './inspect-line';

const LF = 0x0a;
const BACKSLASH = 0x5c;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** An id of 256 characters, each written as an escape or two, with room to spare. */
const OVERLAP = 8 * 1024;

export interface SeenLine {
  /** where its text begins and ends in the stream */
  readonly from: number;
  readonly to: number;
  /** null: longer than a line may be; then `holdsId` says whether the id stands in it */
  readonly bytes: Buffer | null;
  readonly holdsId: boolean;
}

export class WholeLines {
  private readonly id: Buffer;
  private carry: Buffer[] = [];
  private carried = 0;
  /** where the carried bytes begin */
  private offset = 0;
  private started = false;
  private long: { readonly from: number; tail: Buffer; holdsId: boolean; endsWithCr: boolean } | null = null;

  constructor(private readonly userId: string, private readonly seen: (line: SeenLine) => void) {
    this.id = Buffer.from(userId, 'utf8');
  }

  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.long !== null) {
      const end = bytes.indexOf(LF);
      this.lengthen(this.long, end < 0 ? bytes : bytes.subarray(0, end));
      if (end < 0) return;
      this.endLong(this.long, true);
      bytes = bytes.subarray(end + 1);
    }
    const last = bytes.lastIndexOf(LF);
    if (last >= 0) {
      this.look(this.taken(bytes.subarray(0, last + 1)));
      bytes = bytes.subarray(last + 1);
    }
    if (bytes.length === 0) return;
    // Kept beyond this call, so it must be ours.
    this.carry.push(Buffer.from(bytes));
    this.carried += bytes.length;
    if (this.carried <= MAX_LINE_BYTES + 1) return;
    const from = this.offset;
    this.long = { from, tail: Buffer.alloc(0), holdsId: false, endsWithCr: false };
    this.lengthen(this.long, this.taken(Buffer.alloc(0)), true);
  }

  end(): void {
    if (this.long !== null) this.endLong(this.long, false);
    else this.look(this.taken(Buffer.alloc(0)));
  }

  private taken(rest: Buffer): Buffer {
    const bytes = this.carry.length === 0 ? rest : Buffer.concat([...this.carry, rest]);
    this.carry = [];
    this.carried = 0;
    return bytes;
  }

  /** Whole lines; the last of them may lack its ending. */
  private look(bytes: Buffer): void {
    let at = 0;
    if (!this.started && bytes.length > 0) {
      this.started = true;
      if (bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) at = BYTE_ORDER_MARK.length;
    }
    let id = bytes.indexOf(this.id, at);
    let escape = bytes.indexOf(BACKSLASH, at);
    while (id >= 0 || escape >= 0) {
      const hit = id < 0 || (escape >= 0 && escape < id) ? escape : id;
      const start = Math.max(at, bytes.lastIndexOf(LF, hit) + 1);
      const lf = bytes.indexOf(LF, hit);
      const next = lf < 0 ? bytes.length : lf + 1;
      const end = endOfText(bytes, start, lf < 0 ? bytes.length : lf, lf >= 0);
      const line = bytes.subarray(start, end);
      this.seen({ from: this.offset + start, to: this.offset + end, ...(line.length <= MAX_LINE_BYTES ? { bytes: line, holdsId: false } : { bytes: null, holdsId: this.holds(line) }) });
      if (id >= 0 && id < next) id = bytes.indexOf(this.id, next);
      if (escape >= 0 && escape < next) escape = bytes.indexOf(BACKSLASH, next);
    }
    this.offset += bytes.length;
  }

  private lengthen(long: NonNullable<WholeLines['long']>, bytes: Buffer, first = false): void {
    if (bytes.length === 0) return;
    if (first) this.started = true;
    const window = Buffer.concat([long.tail, bytes]);
    long.holdsId ||= this.holds(window);
    long.tail = Buffer.from(window.subarray(Math.max(0, window.length - OVERLAP)));
    long.endsWithCr = bytes[bytes.length - 1] === 0x0d;
    this.offset += bytes.length;
  }

  private endLong(long: NonNullable<WholeLines['long']>, ended: boolean): void {
    this.seen({ from: long.from, to: this.offset - (ended && long.endsWithCr ? 1 : 0), bytes: null, holdsId: long.holdsId });
    if (ended) this.offset += 1;
    this.long = null;
  }

  /** In pieces, so that a window of any size stays a text of a size that can be taken apart. */
  private holds(bytes: Buffer): boolean {
    if (!bytes.includes(this.id) && !bytes.includes(BACKSLASH)) return false;
    for (let at = 0; at < bytes.length; at += MAX_LINE_BYTES) {
      if (idsIn(bytes.subarray(Math.max(0, at - OVERLAP), at + MAX_LINE_BYTES).toString('utf8')).includes(this.userId)) return true;
    }
    return false;
  }
}
