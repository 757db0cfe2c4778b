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

export function encodeFrame(frame: RecordFrame): Buffer {
  const rest = 1 + 2 + frame.key.length + frame.value.length;
  const out = Buffer.allocUnsafe(4 + rest);
  out.writeUInt32LE(rest, 0);
  out.writeUInt8(frame.op === 'upsert' ? 1 : 2, 4);
  out.writeUInt16LE(frame.key.length, 5);
  frame.key.copy(out, 7);
  frame.value.copy(out, 7 + frame.key.length);
  return out;
}

/** Whole frames at the start of `bytes`, and how many bytes they took. */
export function decodeFrames(bytes: Buffer): { readonly frames: readonly RecordFrame[]; readonly consumed: number } {
  const frames: RecordFrame[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const rest = bytes.readUInt32LE(at);
    if (at + 4 + rest > bytes.length) break;
    const keyLength = bytes.readUInt16LE(at + 5);
    frames.push({
      op: bytes[at + 4] === 1 ? 'upsert' : 'retract',
      key: bytes.subarray(at + 7, at + 7 + keyLength),
      value: bytes.subarray(at + 7 + keyLength, at + 4 + rest),
    });
    at += 4 + rest;
  }
  return { frames, consumed: at };
}
