/** Somebody removes a file that a commit names: the hour is broken at once and says which file, and is made again from raw. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { createProve } from '../../activities/prove';
import { readCommit } from '../../activities/committed';
import { freshHour, HourBench, line } from '../support/hour-bench';

let bench: HourBench;

beforeAll(async () => {
  bench = await HourBench.open();
  bench.startWorker();
});

afterAll(() => bench.close());

test('a committed file that is gone makes the hour broken, by name, and does not make anybody wait', async () => {
  const landingHour = freshHour();
  const { lake } = bench.parts;
  await bench.land(landingHour, 'a.ndjson', [line(landingHour, {}), line(landingHour, {})].join('\n'));
  const { revision } = await bench.ask(landingHour);
  const [file] = (await readCommit(lake, landingHour))!.commit.files;
  await lake.remove([file!.key]);
  const prove = createProve(bench.parts);
  expect(await new MockActivityEnvironment().run(prove, { landingHour, revision: revision! })).toMatchObject({
    state: 'broken', firstDifference: `lake_gone: the commit names ${file!.key}, which is no longer in the lake`,
  });
  expect(await bench.ask(landingHour, { publish: 'all' })).toMatchObject({ state: 'proven', revision: revision! + 1 });
});
