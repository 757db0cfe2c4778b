/** Packs by zstd (RFC 8878), which the lake's files are packed by. */
import * as zlib from 'node:zlib';

/** The next ones take three times as long for a tenth less. */
const LEVEL = 1;
/** Smaller ones are parts of what Node keeps for many, which nobody can give back. */
const LEAST_CHUNK_BYTES = Buffer.poolSize >>> 1;

/** Node has it from 22.15 on; the types are of the oldest one that is supported. */
const { zstdCompressSync, constants } = zlib as typeof zlib & {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: { readonly params: Readonly<Record<number, number>>; readonly pledgedSrcSize: number; readonly chunkSize: number }) => Buffer;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
};

/** Null: Node cannot. */
export const zstd = zstdCompressSync === undefined ? null : (bytes: Uint8Array): Buffer => zstdCompressSync(bytes, {
  params: { [constants.ZSTD_c_compressionLevel]: LEVEL }, pledgedSrcSize: bytes.length, chunkSize: Math.max(LEAST_CHUNK_BYTES, bytes.length),
});
