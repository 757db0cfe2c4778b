/** NDJSON as it comes from the lake or the disk: in pieces that end anywhere. */
import { Readable } from 'node:stream';
import { linesOf } from '../../contract/text-lines';

async function all(pieces: AsyncIterable<Buffer | string>): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(pieces)) lines.push(line);
  return lines;
}

const LINES = ['{"raw":"é € 😀"}', '{"raw":"a \u2028 b \u2029 c \u0085 d"}', '{"raw":"carriage\rreturn"}'];

test('wherever a piece ends, in the middle of a character too', async () => {
  const bytes = Buffer.from(`${LINES.join('\n')}\n`);
  for (let size = 1; size <= bytes.length; size += 1) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
    expect(await all(Readable.from(pieces, { objectMode: true }))).toEqual(LINES);
  }
});

test('the last line needs no line feed, and an empty one is none', async () => {
  expect(await all(Readable.from(['a\n\nb']))).toEqual(['a', 'b']);
  expect(await all(Readable.from([]))).toEqual([]);
  expect(await all(Readable.from(['\n']))).toEqual([]);
});

test('a stream that breaks off is an error and not an end', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('{"a":1}\n{"a":');
    throw new Error('the connection was reset');
  }
  await expect(all(Readable.from(broken()))).rejects.toThrow('the connection was reset');
});

test('left early, the stream is closed', async () => {
  const stream = Readable.from(['a\nb\n', 'c\n']);
  for await (const line of linesOf(stream)) if (line === 'a') break;
  expect(stream.destroyed).toBe(true);
});
