/** Packs by zstd (RFC 8878), which the lake's files are packed by. */
import * as zlib from 'node:zlib';

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

/** Where Node cannot, the bytes as they are. */
export const zstd = zstdCompressSync === undefined ? storedZstd : (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, {
  params: { [constants.ZSTD_c_compressionLevel]: LEVEL }, pledgedSrcSize: bytes.length, chunkSize: Math.max(LEAST_CHUNK_BYTES, bytes.length),
});

/** A frame that holds the bytes as they are: for those that would not become smaller, and for few, of which packing takes longer than it saves. */
export function storedZstd(bytes: Uint8Array): Buffer {
  const blocks = Math.max(1, Math.ceil(bytes.length / LARGEST_BLOCK));
  const frame = Buffer.allocUnsafe(HEADER_BYTES + blocks * BLOCK_HEADER_BYTES + bytes.length);
  frame.writeUInt32LE(FRAME_MAGIC, 0);
  frame.writeUInt8(DESCRIPTOR, 4);
  frame.writeUInt32LE(bytes.length, 5);
  let at = HEADER_BYTES;
  for (let block = 0; block < blocks; block += 1) {
    const part = bytes.subarray(block * LARGEST_BLOCK, (block + 1) * LARGEST_BLOCK);
    frame.writeUIntLE((part.length << 3) | (block === blocks - 1 ? 1 : 0), at, BLOCK_HEADER_BYTES);
    frame.set(part, at + BLOCK_HEADER_BYTES);
    at += BLOCK_HEADER_BYTES + part.length;
  }
  return frame;
}
