/** publish takes the difference and sends it at once: where either fails, the other ends with it, and the hour is as it was. */
import { appendFile, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createActivities, type Activities } from '../../activities/registry';
import type { ActivityParts } from '../../activities/registry';
import { SluiceError } from '../../contract/errors';
import type { LandingHour } from '../../contract/landing-hour';
import type { PublishInput, PublishResult } from '../../contract/stages';
import type { Engine, JobControl } from '../../engines/engine';
import { freshHour, HourBench, line } from '../support/hour-bench';
import { hasOpenTransaction } from '../support/open-transactions';
import { until } from '../support/until';

/** Several of the sender's requests. */
const LINES = 20_000;

let bench: HourBench;
let activities: Activities;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  // A topic of its own: on another one a transaction may be some other test's.
  bench = await HourBench.open({ SLUICE_KAFKA_TOPIC: `test.sent-while-taken.${process.pid}.${Date.now()}` });
  activities = createActivities(bench.parts);
});

afterAll(() => bench.close());

function attempt<Name extends keyof Activities>(of: Activities, name: Name, input: Parameters<Activities[Name]>[0], environment = new MockActivityEnvironment()): Promise<Awaited<ReturnType<Activities[Name]>>> {
  return environment.run(of[name] as (input: unknown) => Promise<never>, input);
}

async function untilCommitted(landingHour: LandingHour): Promise<PublishInput> {
  await bench.land(landingHour, 'a.json', Array.from({ length: LINES }, (_, i) => line(landingHour, { payment_id: `${landingHour}-${i}` })).join('\n'));
  const landed = await attempt(activities, 'land', { landingHour, round: 1, kind: 'manual', by: 'test', publish: 'changed', acceptGone: false });
  if (landed.outcome !== 'landed') throw new Error(`landed ${landed.outcome}`);
  const { revision, processedAt, manifestKey } = landed;
  const ref = { landingHour, revision };
  const curate = await attempt(activities, 'curate', { ...ref, processedAt, manifestKey });
  await attempt(activities, 'commit', { ...ref, processedAt, curate });
  return { ...ref, publish: 'changed' };
}

/** The real difference, of which half of the spool is there for a while before the other half. */
function inTwoParts(between: (control: JobControl, spool: string, rest: Buffer) => Promise<void>): Engine {
  const { engine } = bench.parts;
  return {
    ...engine,
    async difference(job, control) {
      const outcome = await engine.difference({ ...job, spool: `${job.spool}-whole` }, control);
      const frames = await readFile(`${job.spool}-whole`);
      const [half, rest] = [frames.subarray(0, frames.length / 2), frames.subarray(frames.length / 2)];
      await appendFile(job.spool, half);
      await between(control, job.spool, rest);
      await appendFile(job.spool, rest);
      return outcome;
    },
  };
}

function publishing(parts: Partial<ActivityParts>, input: PublishInput, environment?: MockActivityEnvironment): Promise<PublishResult> {
  return attempt(createActivities({ ...bench.parts, ...parts }), 'publish', input, environment);
}

const isOpen = (): Promise<boolean> => hasOpenTransaction(bench.configuration, bench.parts.topic);
/** The broker answers before its partitions have heard that it was given up; left alone it would be open for ten minutes. */
const untilNoneIsOpen = (): Promise<void> => until('no transaction is open', async () => !(await isOpen()));
const untilSent = (): Promise<void> => until('records are on their way', isOpen);

test('records are on their way before the difference is taken, and the hour is published once', async () => {
  const input = await untilCommitted(freshHour());
  const result = await publishing({ engine: inTwoParts(untilSent) }, input);
  expect(result).toMatchObject({ found: false, published: LINES, upserted: LINES, upsertsRead: { rows: LINES } });
  expect(await bench.keysInTopic(input.landingHour, 1)).toHaveLength(LINES);
});

test('a difference that fails midway publishes nothing and fails the attempt with its own error; the next attempt publishes all, once', async () => {
  const input = await untilCommitted(freshHour());
  const error = new Error('the base has a file that is no Parquet');
  await expect(publishing({ engine: inTwoParts(async () => { await untilSent(); throw error; }) }, input)).rejects.toBe(error);
  await untilNoneIsOpen();
  expect(await bench.keysInTopic(input.landingHour, 1)).toEqual([]);
  expect(await attempt(activities, 'publish', input)).toMatchObject({ found: false, published: LINES });
  expect(await bench.keysInTopic(input.landingHour, 1)).toHaveLength(LINES);
});

test('an attempt that is fenced while the difference is taken ends it before its files go', async () => {
  const input = await untilCommitted(freshHour());
  let ended = false;
  let there: unknown;
  const engine = inTwoParts(async (control, spool, rest) => {
    await untilSent();
    const result = await attempt(activities, 'publish', input);
    expect(result).toMatchObject({ found: false, published: LINES });
    // Enough that the sender sends again, and hears of it.
    await appendFile(spool, rest);
    await until('the difference is no longer wanted', () => control.signal.aborted);
    there = await stat(join(dirname(spool), 'now')).then(() => 'there', () => 'gone');
    ended = true;
    control.signal.throwIfAborted();
  });
  await expect(publishing({ engine }, input)).rejects.toMatchObject({ kind: 'transient', message: expect.stringContaining('It is tried again by itself') as string });
  expect({ ended, there }).toEqual({ ended: true, there: 'there' });
  expect(await bench.keysInTopic(input.landingHour, 1)).toHaveLength(LINES);
});

test('cancelled while the difference is taken, nothing is published and nothing is open', async () => {
  const input = await untilCommitted(freshHour());
  const environment = new MockActivityEnvironment();
  const engine = inTwoParts(async ({ signal }) => {
    await untilSent();
    environment.cancel();
    await until('it hears of it', () => signal.aborted);
    throw new SluiceError({ kind: 'transient', what: 'the engine was told to stop' });
  });
  await expect(publishing({ engine }, input, environment)).rejects.toMatchObject({ name: 'CancelledFailure' });
  await untilNoneIsOpen();
  expect(await bench.keysInTopic(input.landingHour, 1)).toEqual([]);
});
