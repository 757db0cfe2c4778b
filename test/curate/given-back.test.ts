/** Memory of what was read goes, and nothing goes before it was read. */
import { giveBack, givenBack } from '../../engines/duckdb/lines/given-back';

async function* of(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}

test('a chunk is there until the next one is asked for, and those that share its memory until the last of them', async () => {
  const [shared, other] = [Buffer.from(new ArrayBuffer(8)).fill('a'), Buffer.from(new ArrayBuffer(4)).fill('b')];
  const read: string[] = [];
  const lengths: number[] = [];
  for await (const chunk of givenBack(of([shared.subarray(0, 5), shared.subarray(5), other]))) {
    read.push(chunk.toString());
    lengths.push(shared.buffer.byteLength);
  }
  expect(read).toEqual(['aaaaa', 'aaa', 'bbbb']);
  expect(lengths).toEqual([8, 8, 0]);
});

test('what the chunks fail with is what their reader hears', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('a');
    throw new Error('cut');
  }
  await expect((async () => {
    for await (const chunk of givenBack(broken())) void chunk;
  })()).rejects.toThrow('cut');
});

test('bytes that are given back are gone; what Node keeps for many is not', () => {
  const own = Buffer.alloc(2 * Buffer.poolSize);
  giveBack(own);
  expect(own.buffer.byteLength).toBe(0);
  const [one, other] = [Buffer.from('one'), Buffer.from('other')];
  giveBack(one);
  expect(`${one} ${other}`).toBe('one other');
});
