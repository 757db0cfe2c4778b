/**
 * Decodes zstd where Node cannot. The library decodes blocks and looks at nothing else: a frame's checksum and size are held against what came
 * of it here, or a damaged amount would pass for a good one.
 */
import { Decompress } from 'fzstd';
import { UnreadableObject } from './unreadable-object';
import { ZstdFrames, type FrameHeader, type FramePart } from './zstd-frames';

interface Hash64 {
  update(bytes: Uint8Array): unknown;
  digest(): bigint;
}

export async function* unzstdInJavaScript(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { default: xxhash } = await import('xxhash-wasm');
  const { create64 } = await xxhash();
  const frames = new ZstdFrames();
  let frame: FrameInProgress | null = null;
  for await (const chunk of chunks) {
    for (const part of frames.push(chunk)) {
      if (part.kind === 'header') frame = new FrameInProgress(part.header, part.header.checksum ? create64(0n) : null);
      yield* frame!.take(part);
    }
  }
  frames.end();
}

class FrameInProgress {
  private readonly decoder = new Decompress((data) => this.decoded(data));
  private size = 0n;
  private out: Buffer[] = [];

  constructor(private readonly header: FrameHeader, private readonly hash: Hash64 | null) {}

  take(part: FramePart): readonly Buffer[] {
    const { checksum, contentSize } = this.header;
    if (part.kind !== 'end') {
      this.decode(part.bytes, part.kind === 'block' && part.isLast && !checksum);
    } else {
      // The decoder holds small frames back until it has seen this too.
      if (part.bytes !== null) this.decode(part.bytes, true);
      if (part.bytes !== null && part.bytes.readUInt32LE(0) !== Number(this.hash!.digest() & 0xffffffffn)) throw new UnreadableObject('zstd: a checksum does not match');
      if (contentSize !== null && contentSize !== this.size) throw new UnreadableObject('zstd: a frame holds more or less than it says');
    }
    const { out } = this;
    this.out = [];
    return out;
  }

  private decode(bytes: Buffer, final: boolean): void {
    try {
      this.decoder.push(bytes, final);
    } catch (error) {
      throw new UnreadableObject(`zstd: ${(error as Error).message}`);
    }
  }

  private decoded(data: Uint8Array): void {
    if (data.length === 0) return;
    // The decoder goes on writing into its window; what is handed on must be ours.
    const bytes = Buffer.from(data);
    this.hash?.update(bytes);
    this.size += BigInt(bytes.length);
    this.out.push(bytes);
  }
}
