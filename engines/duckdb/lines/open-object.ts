/** Opens a local object as a stream of decompressed bytes, told apart by its first bytes, not by its name. */
import { passingChunks } from './file-chunks';
import { filePartsOf, PARTS_FROM, type FilePart } from './file-parts';
import { FollowedFile, type FollowedPath } from './followed-file';
import { gunzipped } from './gunzip';
import { unzstd } from './unzstd';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

export interface OpenedObject {
  /** in bytes, as it is packed */
  readonly size: number;
  /** false where only the end of the stream will tell whether the object is whole */
  readonly sureToEnd: boolean;
  /** each there until the next one is asked for */
  readonly chunks: AsyncIterable<Buffer>;
  /** The same in parts, of a large object that is not packed. */
  readonly parts: AsyncIterable<FilePart> | null;
}

export async function openObject(object: FollowedPath): Promise<OpenedObject> {
  const { head, size } = await beginningOf(object);
  if (head.subarray(0, 2).equals(GZIP_MAGIC)) return { size, sureToEnd: false, chunks: gunzipped(object), parts: null };
  if (head.equals(ZSTD_MAGIC) || isSkippableFrame(head)) return { size, sureToEnd: false, chunks: unzstd(object), parts: null };
  return { size, sureToEnd: true, chunks: passingChunks(object), parts: size < PARTS_FROM ? null : filePartsOf(object) };
}

async function beginningOf(object: FollowedPath): Promise<{ readonly head: Buffer; readonly size: number }> {
  const file = await FollowedFile.open(object);
  try {
    const buffer = Buffer.alloc(4);
    return { head: buffer.subarray(0, await file.read(buffer, 0)), size: file.size };
  } finally {
    await file.close();
  }
}

/** zstd may begin with a frame that carries no data. */
function isSkippableFrame(head: Buffer): boolean {
  return head.length === 4 && head[0]! >= 0x50 && head[0]! <= 0x5f && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
}
