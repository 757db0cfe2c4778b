/**
 * Cuts one object's decompressed bytes into runs of whole lines and keeps account of where each lies. Memory stays
 * bounded whatever comes: a line over the limit is hashed as it passes and only its beginning is kept.
 */
import { createHash, type Hash } from 'node:crypto';
import { MAX_LINE_BYTES } from '../../../contract/payment';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LF = 0x0a;
const CR = 0x0d;
/** Of a line too long: the first KiB, and some more in which a card number that begins in it ends. */
export const KEPT_OF_LONG_LINE = 1024;
const KEPT_WITH_OVERHANG = KEPT_OF_LONG_LINE + 64;

/** Whole lines, each with its ending; the object's last line may lack it. The bytes are there as long as the chunk is that was pushed. */
export interface LineRun {
  readonly kind: 'lines';
  readonly bytes: Buffer;
  readonly offset: number;
}

export interface LongLine {
  readonly kind: 'long';
  /** a line of white space is blank, however long */
  readonly blank: boolean;
  readonly beginning: Buffer;
  readonly length: number;
  readonly sha256: string;
  readonly offset: number;
}

export class ObjectLines {
  private carry: Buffer[] = [];
  private carried = 0;
  private started: boolean;
  private long: LongLineInProgress | null = null;

  /** `offset`: where a line begins in the object, and what will be pushed. */
  constructor(private offset = 0) {
    this.started = offset > 0;
  }

  *push(chunk: Buffer): Generator<LineRun | LongLine> {
    let bytes: Buffer = chunk;
    if (!this.started) {
      bytes = Buffer.concat([...this.carry, chunk]);
      this.carry = [];
      this.carried = 0;
      if (bytes.length < BYTE_ORDER_MARK.length) {
        this.keep(bytes);
        return;
      }
      bytes = this.start(bytes);
    }
    if (this.long !== null) {
      const end = bytes.indexOf(LF);
      if (end < 0) {
        this.long.add(bytes);
        return;
      }
      this.long.add(bytes.subarray(0, end));
      yield this.endLong(this.long, 1, true);
      bytes = bytes.subarray(end + 1);
    }
    if (this.carried > 0) {
      const end = bytes.indexOf(LF);
      if (end >= 0) {
        // Only the line that began in another chunk is copied.
        const line = Buffer.concat([...this.carry, bytes.subarray(0, end + 1)]);
        this.carry = [];
        this.carried = 0;
        yield* this.endRun(line);
        bytes = bytes.subarray(end + 1);
      }
    }
    const last = bytes.lastIndexOf(LF);
    if (last >= 0) {
      yield* this.endRun(bytes.subarray(0, last + 1));
      bytes = bytes.subarray(last + 1);
    }
    this.keep(bytes);
    // One byte over may still be the CR of an ending.
    if (this.carried > MAX_LINE_BYTES + 1) {
      this.long = new LongLineInProgress();
      for (const part of this.carry) this.long.add(part);
      this.carry = [];
      this.carried = 0;
    }
  }

  *end(): Generator<LineRun | LongLine> {
    let bytes: Buffer = Buffer.concat(this.carry);
    if (!this.started) bytes = this.start(bytes);
    if (this.long !== null) yield this.endLong(this.long, 0, false);
    else if (bytes.length > 0) yield* this.endRun(bytes);
  }

  private start(bytes: Buffer): Buffer {
    this.started = true;
    if (!bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)) return bytes;
    this.offset = BYTE_ORDER_MARK.length;
    return bytes.subarray(BYTE_ORDER_MARK.length);
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // Kept beyond this call, so it must be ours.
    this.carry.push(Buffer.from(bytes));
    this.carried += bytes.length;
  }

  private *endRun(bytes: Buffer): Generator<LineRun | LongLine> {
    // Only the first line can be longer than a chunk, but a chunk may be longer than a line may be.
    let from = 0;
    for (const { start, end, next } of overlongLines(bytes)) {
      if (start > from) yield this.run(bytes.subarray(from, start));
      const long = new LongLineInProgress();
      long.add(bytes.subarray(start, end));
      yield this.endLong(long, next - end, next > end);
      from = next;
    }
    if (from < bytes.length) yield this.run(bytes.subarray(from));
  }

  private run(bytes: Buffer): LineRun {
    const offset = this.offset;
    this.offset += bytes.length;
    return { kind: 'lines', bytes, offset };
  }

  private endLong(long: LongLineInProgress, endingBytes: number, ended: boolean): LongLine {
    const offset = this.offset;
    this.offset += long.bytes + endingBytes;
    this.long = null;
    return { kind: 'long', offset, ...long.result(ended) };
  }
}

function* overlongLines(bytes: Buffer): Generator<{ start: number; end: number; next: number }> {
  if (bytes.length <= MAX_LINE_BYTES) return;
  for (let start = 0; start < bytes.length;) {
    const lf = bytes.indexOf(LF, start);
    const end = lf < 0 ? bytes.length : lf;
    const next = lf < 0 ? end : lf + 1;
    const length = end - start - (lf > start && bytes[lf - 1] === CR ? 1 : 0);
    if (length > MAX_LINE_BYTES) yield { start, end, next };
    start = next;
  }
}

class LongLineInProgress {
  bytes = 0;
  private readonly hash: Hash = createHash('sha256');
  private beginning: Buffer = Buffer.alloc(0);
  private blank = true;
  /** a CR that may turn out to be part of the ending */
  private heldCr = false;

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.bytes += bytes.length;
    if (this.heldCr) this.take(Buffer.from([CR]));
    this.heldCr = bytes[bytes.length - 1] === CR;
    this.take(this.heldCr ? bytes.subarray(0, -1) : bytes);
  }

  result(ended: boolean): Pick<LongLine, 'blank' | 'beginning' | 'length' | 'sha256'> {
    if (this.heldCr && !ended) this.take(Buffer.from([CR]));
    return {
      blank: this.blank,
      beginning: this.beginning,
      length: this.bytes - (this.heldCr && ended ? 1 : 0),
      sha256: this.hash.digest('hex'),
    };
  }

  private take(bytes: Buffer): void {
    this.hash.update(bytes);
    if (this.blank) this.blank = isBlank(bytes);
    const missing = KEPT_WITH_OVERHANG - this.beginning.length;
    if (missing > 0) this.beginning = Buffer.concat([this.beginning, bytes.subarray(0, missing)]);
  }
}

/** Space, tab, CR, VT and FF only. */
export function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== CR && byte !== 0x0b && byte !== 0x0c) return false;
  }
  return true;
}
