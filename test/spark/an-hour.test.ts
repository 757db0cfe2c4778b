/** An hour from raw to proven with Spark as its engine, on the real stack; and what the other engine then makes of it. */
import { gzipSync } from 'node:zlib';
import type { CurateResult } from '../../contract/stages';
import type { LandingHour } from '../../contract/landing-hour';
import { setUpSpark } from '../../scripts/setup/spark';
import { Terminal } from '../../scripts/terminal';
import { generateLines } from '../../scripts/generate/lines';
import { freshHour, HourBench, line } from '../support/hour-bench';
import { JOB_MS, SET_UP_MS } from './spark-bench';

let spark: HourBench;
let duckdb: HourBench;
beforeAll(async () => {
  const SLUICE_SPARK_PYTHON = await setUpSpark(new Terminal(false));
  // Above 2,000 bytes, so that one worker shows both choices.
  spark = await HourBench.open({ SLUICE_ENGINE: 'auto', SLUICE_ENGINE_SPARK_ABOVE_BYTES: '2000', SLUICE_SPARK_PYTHON, SLUICE_SPARK_MEMORY: '700MB' });
  duckdb = await HourBench.open();
  spark.startWorker();
  duckdb.startWorker();
}, SET_UP_MS);
afterAll(async () => {
  await spark?.close();
  await duckdb?.close();
});

async function engineOf(landingHour: LandingHour, revision: number): Promise<string | undefined> {
  const stage = (await spark.parts.ledger.stages({ landingHour, revision })).find((record) => record.stage === 'curate');
  return (stage?.result as CurateResult | undefined)?.engine;
}

test('an hour above the size is curated by Spark and proven; asked for again, of DuckDB, it is unchanged', async () => {
  const hour = freshHour();
  await spark.land(hour, 'a.json', Buffer.concat([...generateLines({ landingHour: hour, lines: 2000, merchants: 5, bad: 0.05, duplicates: 0.05, late: 0.05, seed: 7 })]));
  await spark.land(hour, 'b.json.gz', gzipSync(`${line(hour, { payment_id: `${hour}-b` })}\n\n{"broken\n`));
  const answer = await spark.ask(hour, {}, JOB_MS);
  expect(answer).toMatchObject({ state: 'proven', revision: 1, unchanged: false });
  expect(answer.proof!.terms).toMatchObject({ lines: 2003, blank: 1 });
  expect(answer.proof!.terms.deadLettered).toBeGreaterThan(90);
  expect(answer.proof!.terms.duplicates).toBeGreaterThan(80);
  expect(await engineOf(hour, 1)).toBe('spark-local');
  expect((await spark.rows('select 1 from curated_payments where payment_id = $1', [`${hour}-b`])).length).toBe(1);

  expect(await spark.ask(hour, {}, JOB_MS)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  expect(await duckdb.ask(hour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  // Curated anew by the other engine, every row is the one that was there: nothing is published.
  await spark.land(hour, 'c.json', `${line(hour, { payment_id: `${hour}-c` })}\n`);
  const again = await duckdb.ask(hour);
  expect(again.proof!.terms).toMatchObject({ new: 1, upserted: 1, retracted: 0, published: 1 });
  expect(await engineOf(hour, 2)).toBe('duckdb');
}, 2 * JOB_MS);

test('an hour below the size stays with DuckDB', async () => {
  const hour = freshHour();
  await spark.land(hour, 'a.json', line(hour, {}));
  expect(await spark.ask(hour)).toMatchObject({ state: 'proven' });
  expect(await engineOf(hour, 1)).toBe('duckdb');
});
