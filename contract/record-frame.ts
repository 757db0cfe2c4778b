/**
 * Frames of the spool between the difference and the producer: the engine's child process writes them, the worker reads
 * them into Kafka. Binary, because a million rows as JSON objects through a pipe cost more than the producing itself.
 *
 *   u32 LE length of the rest · u8 op (1 upsert, 2 retract) · u16 LE key length · key · value
 */
import type { ChangeOp } from './payment';

export interface RecordFrame {
  readonly op: ChangeOp;
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Of a frame, what is neither key nor value. */
const AROUND = 4 + 1 + 2;

export function frameLength(keyLength: number, valueLength: number): number {
  return AROUND + keyLength + valueLength;
}

export function opByte(op: ChangeOp): number {
  return op === 'upsert' ? 1 : 2;
}

/** Writes what stands before the key; answers with where that begins. */
export function beginFrame(out: Buffer, at: number, op: ChangeOp, keyLength: number, valueLength: number): number {
  out.writeUInt32LE(frameLength(keyLength, valueLength) - 4, at);
  out.writeUInt8(opByte(op), at + 4);
  out.writeUInt16LE(keyLength, at + 5);
  return at + AROUND;
}

export function encodeFrame({ op, key, value }: RecordFrame): Buffer {
  const out = Buffer.allocUnsafe(frameLength(key.length, value.length));
  const at = beginFrame(out, 0, op, key.length, value.length);
  key.copy(out, at);
  value.copy(out, at + key.length);
  return out;
}

/** The whole frames at the start of `bytes`, one after the other, read where they lie: a million records need no object each. */
export class Frames {
  op: ChangeOp = 'upsert';
  keyStart = 0;
  /** where the value begins */
  keyEnd = 0;
  valueEnd = 0;
  /** where the next frame begins */
  at = 0;

  constructor(readonly bytes: Buffer) {}

  /** False: there is no whole frame any more. */
  next(): boolean {
    const { bytes, at } = this;
    if (at + AROUND > bytes.length) return false;
    const end = at + 4 + bytes.readUInt32LE(at);
    if (end > bytes.length) return false;
    this.op = bytes[at + 4] === 1 ? 'upsert' : 'retract';
    this.keyStart = at + AROUND;
    this.keyEnd = this.keyStart + bytes.readUInt16LE(at + 5);
    this.valueEnd = end;
    this.at = end;
    return true;
  }
}

/** Whole frames at the start of `bytes`, and how many bytes they took. */
export function decodeFrames(bytes: Buffer): { readonly frames: readonly RecordFrame[]; readonly consumed: number } {
  const decoded: RecordFrame[] = [];
  const frames = new Frames(bytes);
  while (frames.next()) {
    decoded.push({ op: frames.op, key: bytes.subarray(frames.keyStart, frames.keyEnd), value: bytes.subarray(frames.keyEnd, frames.valueEnd) });
  }
  return { frames: decoded, consumed: frames.at };
}
