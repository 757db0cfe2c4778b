/** zstd's frames (RFC 8878) that hold bytes as they are: of those that would not become smaller, and of few, of which packing takes longer than it saves. */
import { putAll } from './thrift';

const MAGIC: u32 = 0xfd2fb528;
/** The content's size in four bytes, all of it one segment, no checksum. */
const DESCRIPTOR: u8 = 0xa0;
const HEADER_BYTES: u32 = 9;
const BLOCK_HEADER_BYTES: u32 = 3;
const LARGEST_BLOCK: u32 = 128 * 1024;

export function storedBytes(bytes: u32): u32 {
  return HEADER_BYTES + blocksOf(bytes) * BLOCK_HEADER_BYTES + bytes;
}

export function putStored(to: usize, start: usize, bytes: u32): usize {
  store<u32>(to, MAGIC);
  store<u8>(to, DESCRIPTOR, 4);
  store<u32>(to, bytes, 5);
  let at = to + HEADER_BYTES;
  const blocks = blocksOf(bytes);
  for (let block: u32 = 0; block < blocks; block += 1) {
    const isLast = block == blocks - 1;
    const length = isLast ? bytes - block * LARGEST_BLOCK : LARGEST_BLOCK;
    // Its fourth byte is written over.
    store<u32>(at, (length << 3) | (isLast ? 1 : 0));
    at = putAll(at + BLOCK_HEADER_BYTES, start + block * LARGEST_BLOCK, length);
  }
  return at;
}

function blocksOf(bytes: u32): u32 {
  return max(1, (bytes + LARGEST_BLOCK - 1) / LARGEST_BLOCK);
}
