/** zstd is read by Node's decoder where it has one, else by one in JavaScript: both give the same bytes, and refuse the same objects. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnreadableObject } from '../../engines/duckdb/lines/unreadable-object';
import { unzstd } from '../../engines/duckdb/lines/unzstd';
import { unzstdInJavaScript } from '../../engines/duckdb/lines/zstd-in-javascript';
import { Random } from '../../scripts/generate/random';
import { COMPRESSED, SKIPPED, storedFrame } from './zstd-frames';

let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'sluice-zstd-')); });
afterAll(async () => rm(folder, { recursive: true }));

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** null: it cannot be read to its end. */
async function allOf(chunks: AsyncIterable<Buffer>): Promise<Buffer | null> {
  const read: Buffer[] = [];
  try {
    for await (const chunk of chunks) read.push(Buffer.from(chunk));
  } catch (error) {
    if (error instanceof UnreadableObject) return null;
    throw error;
  }
  return Buffer.concat(read);
}

/** Byte by byte where that is soon done. */
async function read(bytes: Buffer, sizes = [bytes.length < 1_000 ? 1 : 977, bytes.length + 1]): Promise<Buffer | null> {
  const path = join(folder, 'object');
  await writeFile(path, bytes);
  const answers = [await allOf(unzstd({ path }))];
  for (const size of sizes) answers.push(await allOf(unzstdInJavaScript(inChunks(bytes, size))));
  for (const answer of answers) expect(answer?.toString('latin1')).toBe(answers[0]?.toString('latin1'));
  return answers[0]!;
}

const TEXT = Buffer.from('a line\n'.repeat(50_000));

test('what is whole', async () => {
  const [summed, unsummed, empty] = [await storedFrame(TEXT), await storedFrame(TEXT, false), await storedFrame(Buffer.alloc(0))];
  const lines = (await read(COMPRESSED))!;
  expect(lines.toString().split('\n')).toHaveLength(2_001);
  for (const [packed, text] of [
    [summed, TEXT], [unsummed, TEXT], [empty, Buffer.alloc(0)], [SKIPPED, Buffer.alloc(0)],
    [Buffer.concat([SKIPPED, unsummed, SKIPPED, SKIPPED, empty, COMPRESSED, SKIPPED]), Buffer.concat([TEXT, lines])],
  ] as const) expect((await read(packed))?.equals(text)).toBe(true);
});

test('cut wherever it may be, it is read only where a frame ended', async () => {
  const frames = [SKIPPED, await storedFrame(TEXT.subarray(0, 70)), await storedFrame(TEXT.subarray(0, 35), false), SKIPPED];
  const all = Buffer.concat(frames);
  const ends = frames.map((_, i) => Buffer.concat(frames.slice(0, i + 1)).length);
  for (let length = 4; length <= all.length; length += 1) expect([length, (await read(all.subarray(0, length))) !== null]).toEqual([length, ends.includes(length)]);
});

/** Of the fixture's header: its content size, four bytes. */
const SIZE_AT = 5;
const resized = Buffer.from(COMPRESSED);
resized.writeUInt32LE(resized.readUInt32LE(SIZE_AT) + 1, SIZE_AT);

test.each<readonly [string, () => Promise<Buffer> | Buffer]>([
  ['cut in a block', () => COMPRESSED.subarray(0, -20)],
  ['cut before its checksum', () => COMPRESSED.subarray(0, -4)],
  ['cut in its checksum', () => COMPRESSED.subarray(0, -1)],
  ['whose last frame is cut', async () => Buffer.concat([COMPRESSED, (await storedFrame(TEXT, false)).subarray(0, -1)])],
  ['whose last frame has no more than three bytes of its beginning', () => Buffer.concat([COMPRESSED, COMPRESSED.subarray(0, 3)])],
  ['whose last frame, of no data, is cut', () => Buffer.concat([COMPRESSED, SKIPPED.subarray(0, -1)])],
  ['with a wrong checksum', () => Buffer.concat([COMPRESSED.subarray(0, -1), Buffer.from([COMPRESSED[COMPRESSED.length - 1]! ^ 1])])],
  ['that holds less than it says', () => resized],
  ['with text behind', () => Buffer.concat([COMPRESSED, Buffer.from('text')])],
  ['with zeros behind', () => Buffer.concat([COMPRESSED, Buffer.alloc(700)])],
  ['that asks for too much memory', () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x01, 0, 0])],
  ['that needs a dictionary', () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x03, 0x58, 1, 0, 0, 0, 0x01, 0, 0])],
])('an object %s cannot be read', async (_, bytes) => {
  expect(await read(await bytes())).toBeNull();
});

test('of a damaged object both say the same', async () => {
  const random = new Random(13, 0);
  let refused = 0;
  for (let i = 0; i < 150; i += 1) {
    const damaged = Buffer.from(COMPRESSED);
    for (let left = 1 + random.whole(3); left > 0; left -= 1) damaged[random.whole(damaged.length)] = random.whole(256);
    if ((await read(damaged, [1_000])) === null) refused += 1;
  }
  expect(refused).toBeGreaterThan(140);
});
