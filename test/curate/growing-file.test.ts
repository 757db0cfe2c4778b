import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GrowingFile } from '../../engines/duckdb/lines/growing-file';

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'sluice-growing-')); });
afterEach(async () => rm(folder, { recursive: true }));

function put(file: GrowingFile, text: string): void {
  const at = file.room(text.length);
  file.endAt(at + file.bytes.write(text, at, 'latin1'));
}

// Beyond 64 KiB it writes to the disk.
test.each([['held', 10], ['written', 50_000], ['written many times over', 400_000]])('what came after a size is taken back, %s or not, and what comes then follows', async (_where, after) => {
  const file = new GrowingFile(join(folder, 'f'));
  put(file, 'a'.repeat(100_000));
  put(file, 'b');
  const { size } = file;
  for (let left: number = after; left > 0; left -= 10) put(file, 'taken back');
  file.cutTo(size);
  put(file, 'c');
  file.close();
  expect(file.size).toBe(100_002);
  expect((await readFile(file.path, 'latin1')).slice(-3)).toBe('abc');
});

test('back to nothing, and one that never had a byte, leave nothing to read', async () => {
  const [cut, empty] = [new GrowingFile(join(folder, 'cut')), new GrowingFile(join(folder, 'empty'))];
  for (let i = 0; i < 20_000; i += 1) put(cut, 'taken back');
  cut.cutTo(0);
  for (const file of [cut, empty]) file.close();
  expect([cut.size, empty.size]).toEqual([0, 0]);
  expect((await stat(cut.path)).size).toBe(0);
  await expect(stat(empty.path)).rejects.toThrow('ENOENT');
});
