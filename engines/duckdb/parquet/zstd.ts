/** Packs by zstd (RFC 8878), which the lake's files are packed by. */
import * as zlib from 'node:zlib';
import type { FileBytes } from './file-bytes';

const FRAME_MAGIC = 0xfd2fb528;
/** The content's size in four bytes, all of it one segment, no checksum. */
const DESCRIPTOR = 0xa0;
const HEADER_BYTES = 9;
const LARGEST_BLOCK = 128 * 1024;
const BLOCK_HEADER_BYTES = 3;
/** The next ones take three times as long for a tenth less. */
const LEVEL = 1;
/** The smallest that Node takes. */
const LEAST_CHUNK_BYTES = 64;

/** Node has it from 22.15 on; the types are of the oldest one that is supported. */
const { zstdCompressSync, constants } = zlib as typeof zlib & {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: { readonly params: Readonly<Record<number, number>>; readonly pledgedSrcSize: number; readonly chunkSize: number }) => Buffer;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
};

/** Null: Node cannot. */
export const zstd = zstdCompressSync === undefined ? null : (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, {
  params: { [constants.ZSTD_c_compressionLevel]: LEVEL }, pledgedSrcSize: bytes.length, chunkSize: Math.max(LEAST_CHUNK_BYTES, bytes.length),
});

/** How long a frame is that holds so many bytes as they are. */
export function storedBytes(bytes: number): number {
  return HEADER_BYTES + blocksOf(bytes) * BLOCK_HEADER_BYTES + bytes;
}

/** A frame that holds the bytes as they are: for those that would not become smaller, and for few, of which packing takes longer than it saves. */
export function appendStored(to: FileBytes, bytes: Uint8Array): void {
  to.appendUint32(FRAME_MAGIC);
  to.appendUint8(DESCRIPTOR);
  to.appendUint32(bytes.length);
  const blocks = blocksOf(bytes.length);
  for (let block = 0; block < blocks; block += 1) {
    const part = blocks === 1 ? bytes : bytes.subarray(block * LARGEST_BLOCK, (block + 1) * LARGEST_BLOCK);
    const header = (part.length << 3) | (block === blocks - 1 ? 1 : 0);
    for (let n = 0; n < BLOCK_HEADER_BYTES; n += 1) to.appendUint8((header >> (8 * n)) & 0xff);
    to.appendBytes(part);
  }
}

function blocksOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / LARGEST_BLOCK));
}
