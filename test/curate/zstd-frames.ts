/** zstd objects for tests, without a zstd on the machine: a frame that its command line made, and frames of blocks that are not compressed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** 2,000 payments, ids p0 to p1999, by `zstd` 1.5.4: compressed blocks, content size, checksum. */
export const COMPRESSED = readFileSync(join(__dirname, 'fixtures', '2000-payments.ndjson.zst'));

const BLOCK_BYTES = 128 * 1024;
/** A frame that carries no data. */
export const SKIPPED = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0]), Buffer.from('abc')]);

/** A frame as RFC 8878 has it: magic number, a window of 8 MiB, blocks, and the low half of the content's XXH64. */
export async function storedFrame(bytes: Buffer, checksum = true): Promise<Buffer> {
  const { default: xxhash } = await import('xxhash-wasm');
  const { create64 } = await xxhash();
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, checksum ? 0x04 : 0x00, 13 << 3])];
  for (let at = 0; at === 0 || at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (at + BLOCK_BYTES >= bytes.length ? 1 : 0), 0, 3);
    parts.push(header, block);
  }
  if (checksum) {
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(Number(create64(0n).update(bytes).digest() & 0xffffffffn));
    parts.push(sum);
  }
  return Buffer.concat(parts);
}
