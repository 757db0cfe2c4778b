/**
 * Reads zstd (RFC 8878), any number of frames. The library decodes blocks and looks at nothing else: this finds where
 * frames end, and checks their checksum, their size and that nothing is cut, or a damaged amount would pass for a good one.
 */
import { Decompress } from 'fzstd';
import { UnreadableObject } from './unreadable-object';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** What the zstd command line takes without being told otherwise; a larger window is a way to eat our memory. */
const LARGEST_WINDOW = 128 * 1024 * 1024;
const LARGEST_BLOCK = 128 * 1024;

interface Hash64 {
  update(bytes: Uint8Array): unknown;
  digest(): bigint;
}

interface FrameHeader {
  readonly bytes: number;
  readonly checksum: boolean;
  readonly contentSize: bigint | null;
}

interface Frame {
  readonly header: FrameHeader;
  readonly decoder: Decompress;
  readonly hash: Hash64 | null;
  size: bigint;
}

export class ZstdReader {
  private pending: Buffer = Buffer.alloc(0);
  private frame: Frame | null = null;
  private lastBlockSeen = false;
  private skip = 0;
  private out: Buffer[] = [];

  private constructor(private readonly newHash: () => Hash64) {}

  static async create(): Promise<ZstdReader> {
    const { default: xxhash } = await import('xxhash-wasm');
    const { create64 } = await xxhash();
    return new ZstdReader(() => create64(0n));
  }

  *push(chunk: Buffer): Generator<Buffer> {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.step()) {
      yield* this.out;
      this.out = [];
    }
  }

  end(): void {
    if (this.frame !== null || this.pending.length > 0 || this.skip > 0) throw new UnreadableObject('zstd: the object is cut');
  }

  /** Takes one header, block or checksum off the pending bytes; false where more bytes are needed. */
  private step(): boolean {
    if (this.skip > 0) return this.skipBytes();
    if (this.frame === null) return this.startFrame();
    return this.lastBlockSeen ? this.endFrame(this.frame) : this.decodeBlock(this.frame);
  }

  private skipBytes(): boolean {
    const bytes = Math.min(this.skip, this.pending.length);
    this.take(bytes);
    this.skip -= bytes;
    return bytes > 0;
  }

  private startFrame(): boolean {
    if (this.pending.length < 4) return false;
    const magic = this.pending.readUInt32LE(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (this.pending.length < 8) return false;
      this.skip = this.pending.readUInt32LE(4);
      this.take(8);
      return true;
    }
    if (magic !== FRAME_MAGIC) throw new UnreadableObject('zstd: there are bytes that are no frame');
    const header = readFrameHeader(this.pending);
    if (header === null) return false;
    const decoder = new Decompress((data) => this.decoded(data));
    this.frame = { header, decoder, hash: header.checksum ? this.newHash() : null, size: 0n };
    this.lastBlockSeen = false;
    this.decode(decoder, this.take(header.bytes), false);
    return true;
  }

  private decodeBlock(frame: Frame): boolean {
    if (this.pending.length < 3) return false;
    const blockHeader = this.pending.readUIntLE(0, 3);
    const type = (blockHeader >> 1) & 3;
    const size = blockHeader >> 3;
    if (type === 3 || size > LARGEST_BLOCK) throw new UnreadableObject('zstd: a block is not valid');
    // A run-length block has one byte, whatever its size.
    const bytes = 3 + (type === 1 ? 1 : size);
    if (this.pending.length < bytes) return false;
    this.lastBlockSeen = (blockHeader & 1) === 1;
    this.decode(frame.decoder, this.take(bytes), this.lastBlockSeen && !frame.header.checksum);
    return true;
  }

  private endFrame(frame: Frame): boolean {
    if (frame.hash !== null) {
      if (this.pending.length < 4) return false;
      const checksum = this.take(4);
      // The decoder holds small frames back until it has seen this too.
      this.decode(frame.decoder, checksum, true);
      if (checksum.readUInt32LE(0) !== Number(frame.hash.digest() & 0xffffffffn)) {
        throw new UnreadableObject('zstd: a checksum does not match');
      }
    }
    if (frame.header.contentSize !== null && frame.header.contentSize !== frame.size) {
      throw new UnreadableObject('zstd: a frame holds more or less than it says');
    }
    this.frame = null;
    return true;
  }

  private decode(decoder: Decompress, bytes: Buffer, final: boolean): void {
    try {
      decoder.push(bytes, final);
    } catch (error) {
      throw new UnreadableObject(`zstd: ${(error as Error).message}`);
    }
  }

  private decoded(data: Uint8Array): void {
    if (data.length === 0 || this.frame === null) return;
    // The decoder goes on writing into its window; what is handed on must be ours.
    const bytes = Buffer.from(data);
    this.frame.hash?.update(bytes);
    this.frame.size += BigInt(bytes.length);
    this.out.push(bytes);
  }

  private take(bytes: number): Buffer {
    const taken = this.pending.subarray(0, bytes);
    this.pending = this.pending.subarray(bytes);
    return taken;
  }
}

/** null where the header is not all there yet. */
function readFrameHeader(bytes: Buffer): FrameHeader | null {
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
  return { bytes: length, checksum: (flags & 4) !== 0, contentSize };
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
