/**
 * Takes zstd (RFC 8878) apart into frames and blocks, any number of them, and says where something is missing or left over. What decodes them
 * looks at less: Node's own decoder passes over what stands behind a frame, and the one in JavaScript decodes blocks and looks at nothing else.
 */
import { UnreadableObject } from './unreadable-object';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** What the zstd command line takes without being told otherwise; a larger window is a way to eat our memory. */
const LARGEST_WINDOW = 128 * 1024 * 1024;
const LARGEST_BLOCK = 128 * 1024;

export interface FrameHeader {
  readonly checksum: boolean;
  readonly contentSize: bigint | null;
}

/** Frames that carry no data are passed over. */
export type FramePart =
  | { readonly kind: 'header'; readonly header: FrameHeader; readonly bytes: Buffer }
  | { readonly kind: 'block'; readonly isLast: boolean; readonly bytes: Buffer }
  | { readonly kind: 'end'; /** its checksum, where it has one */ readonly bytes: Buffer | null };

export class ZstdFrames {
  private pending: Buffer = Buffer.alloc(0);
  private frame: FrameHeader | null = null;
  private lastBlockSeen = false;
  private skip = 0;

  /** What is whole by now. */
  *push(chunk: Buffer): Generator<FramePart> {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.passSkippable()) {
      const part = this.next();
      if (part === null) return;
      yield part;
    }
  }

  end(): void {
    if (this.frame !== null || this.pending.length > 0 || this.skip > 0) throw new UnreadableObject('zstd: the object is cut');
  }

  /** Whether what comes next is known to be something else. */
  private passSkippable(): boolean {
    if (this.frame !== null) return true;
    for (;;) {
      this.skip -= this.take(Math.min(this.skip, this.pending.length)).length;
      if (this.pending.length < 4) return false;
      if ((this.pending.readUInt32LE(0) & 0xfffffff0) >>> 0 !== SKIPPABLE_MAGIC) return true;
      if (this.pending.length < 8) return false;
      this.skip = this.pending.readUInt32LE(4);
      this.take(8);
    }
  }

  /** One header, block or end off the pending bytes; null where more bytes are needed. */
  private next(): FramePart | null {
    if (this.frame === null) return this.header();
    return this.lastBlockSeen ? this.frameEnd(this.frame) : this.block();
  }

  private header(): FramePart | null {
    if (this.pending.readUInt32LE(0) !== FRAME_MAGIC) throw new UnreadableObject('zstd: there are bytes that are no frame');
    const read = readFrameHeader(this.pending);
    if (read === null) return null;
    this.frame = read.header;
    this.lastBlockSeen = false;
    return { kind: 'header', header: read.header, bytes: this.take(read.bytes) };
  }

  private block(): FramePart | null {
    if (this.pending.length < 3) return null;
    const blockHeader = this.pending.readUIntLE(0, 3);
    const type = (blockHeader >> 1) & 3;
    const size = blockHeader >> 3;
    if (type === 3 || size > LARGEST_BLOCK) throw new UnreadableObject('zstd: a block is not valid');
    // A run-length block has one byte, whatever its size.
    const bytes = 3 + (type === 1 ? 1 : size);
    if (this.pending.length < bytes) return null;
    this.lastBlockSeen = (blockHeader & 1) === 1;
    return { kind: 'block', isLast: this.lastBlockSeen, bytes: this.take(bytes) };
  }

  private frameEnd({ checksum }: FrameHeader): FramePart | null {
    if (checksum && this.pending.length < 4) return null;
    this.frame = null;
    return { kind: 'end', bytes: checksum ? this.take(4) : null };
  }

  private take(bytes: number): Buffer {
    const taken = this.pending.subarray(0, bytes);
    this.pending = this.pending.subarray(bytes);
    return taken;
  }
}

/** null where the header is not all there yet. */
function readFrameHeader(bytes: Buffer): { readonly header: FrameHeader; readonly bytes: number } | null {
  if (bytes.length < 5) return null;
  const flags = bytes[4]!;
  const singleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3]!;
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][flags >> 6]!;
  const length = 5 + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
  if (bytes.length < length) return null;
  if ((flags & 8) !== 0) throw new UnreadableObject('zstd: a frame header is not valid');
  const dictionaryAt = singleSegment ? 5 : 6;
  if (dictionaryBytes > 0 && bytes.readUIntLE(dictionaryAt, dictionaryBytes) !== 0) {
    throw new UnreadableObject('zstd: a frame needs a dictionary');
  }
  const contentSize = readContentSize(bytes, dictionaryAt + dictionaryBytes, sizeBytes);
  const window = singleSegment ? contentSize! : windowSize(bytes[5]!);
  if (window > LARGEST_WINDOW) throw new UnreadableObject(`zstd: a frame needs a window of ${window} bytes`);
  return { header: { checksum: (flags & 4) !== 0, contentSize }, bytes: length };
}

function readContentSize(bytes: Buffer, at: number, length: number): bigint | null {
  if (length === 0) return null;
  if (length === 8) return bytes.readBigUInt64LE(at);
  return BigInt(bytes.readUIntLE(at, length)) + (length === 2 ? 256n : 0n);
}

function windowSize(descriptor: number): bigint {
  const base = 1n << BigInt(10 + (descriptor >> 3));
  return base + (base >> 3n) * BigInt(descriptor & 7);
}
