/** `npm run parity`: twenty thousand good lines with damage, other ones each time, through both engines. PARITY_SEED repeats a run. */
import { expectSame, JOB_MS, SET_UP_MS, SparkBench } from './spark-bench';
import { mutations } from './hostile-objects';

const LINES = 20_000;
const SEED = Number(process.env.PARITY_SEED ?? Math.floor(Date.now() / 1000));

let bench: SparkBench;
beforeAll(async () => { bench = await SparkBench.open(); }, SET_UP_MS);
afterAll(async () => bench?.close());

test(`both engines judge ${LINES} damaged lines alike (PARITY_SEED=${SEED})`, async () => {
  const both = await bench.both(await bench.duckdb.objects({ 'damaged.ndjson': mutations(SEED, LINES) }));
  await expectSame(both);
  expect(both.duckdb.outcome.counts.lines).toBe(LINES);
}, JOB_MS);
