/** A lane that takes the DuckDB of another finds nothing of it, and works within its own limits. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lane, type LaneSettings } from '../../engines/duckdb/lane';

const LARGER_THAN_MEMORY = "create temp table large as select range n, repeat('x', 200) as filler from range(2_000_000) order by hash(range)";

let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'sluice-lane-')); });
afterEach(async () => { await rm(folder, { recursive: true }); });

const within = (name: string, memory = 200_000_000, threads = 1): LaneSettings => ({ memory, threads, tempFolder: join(folder, name) });

async function settingsOf(lane: Lane): Promise<readonly unknown[]> {
  const [row] = await lane.rows("select current_setting('threads'), current_setting('memory_limit'), current_setting('temp_directory'), current_setting('TimeZone')");
  return row!;
}

test('nothing that was made is found again', async () => {
  const first = await Lane.open(within('first'));
  for (const made of ['table t as select 1 x', 'view v as select 1 x', 'temp table tt as select 1 x', 'macro m() as 1', 'schema s']) await first.run(`create ${made}`);
  const second = await Lane.open(within('second'), await first.handOver());
  for (const asked of ['from t', 'from v', 'from tt', 'select m()', 'create table s.x (y int)']) await expect(second.run(asked)).rejects.toThrow(/does not exist/);
  second.close();
});

test('the limits are those of the lane', async () => {
  const first = await Lane.open(within('first'));
  const second = await Lane.open(within('second', 300_000_000, 2), await first.handOver());
  expect(await settingsOf(second)).toEqual([2n, '286.1 MiB', join(folder, 'second'), 'UTC']);
  await second.run(LARGER_THAN_MEMORY);
  expect(await readdir(join(folder, 'first'))).toEqual([]);
  expect(await readdir(join(folder, 'second'))).not.toEqual([]);
  second.close();
});

test('one that has written temporary files is not taken, and the lane works all the same', async () => {
  const first = await Lane.open(within('first'));
  await first.run(LARGER_THAN_MEMORY);
  const spare = await first.handOver();
  await rm(join(folder, 'first'), { recursive: true });
  const second = await Lane.open(within('second'), spare);
  await second.run(LARGER_THAN_MEMORY);
  expect(await second.rows('select count(*) from large')).toEqual([[2_000_000n]]);
  expect(await readdir(folder)).toEqual(['second']);
  second.close();
});
