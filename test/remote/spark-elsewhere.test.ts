/** An hour from raw to proven with Glue as its engine: AWS is the emulator, and the run's work is done by the uploaded job on Spark, over S3. */
import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CreateJobCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readCommit } from '../../activities/committed';
import { ErasureKey } from '../../contract/erasure';
import type { LandingHour } from '../../contract/landing-hour';
import type { CurateResult } from '../../contract/stages';
import { generateLines } from '../../scripts/generate/lines';
import { suppress } from '../../stores/erasures';
import { ownLake } from '../erasure/erasing';
import { JOB_MS, SET_UP_MS } from '../spark/spark-bench';
import { freshHour, HourBench, line } from '../support/hour-bench';
import { InterposedAws } from './interposed-aws';
import { workBySpark } from './machines';
import { WarmSpark } from './warm-spark';

const endpoint = process.env.SLUICE_AWS_ENDPOINT!;

let spark: WarmSpark;
let aws: InterposedAws;
let elsewhere: Readonly<Record<string, string>>;
let glue: HourBench;
let duckdb: HourBench;

beforeAll(async () => {
  spark = await WarmSpark.open();
  aws = new InterposedAws(endpoint);
  const job = `job-${randomBytes(4).toString('hex')}`;
  const client = new GlueClient({ endpoint, region: process.env.SLUICE_AWS_REGION ?? 'eu-central-1' });
  await client.send(new CreateJobCommand({
    Name: job, Role: 'arn:aws:iam::123456789012:role/sluice-job', Command: { Name: 'glueetl', ScriptLocation: 's3://b/k' }, ExecutionProperty: { MaxConcurrentRuns: 100 }, MaxCapacity: 2,
  }));
  client.destroy();
  // Above 2,000 bytes, so that one worker shows both choices.
  elsewhere = { SLUICE_ENGINE_SPARK: 'glue', SLUICE_GLUE_JOB: job, SLUICE_AWS_ENDPOINT: await aws.start(), SLUICE_REMOTE_POLL_SECONDS: '0.5' };
  glue = await HourBench.open({ ...elsewhere, SLUICE_ENGINE: 'auto', SLUICE_ENGINE_SPARK_ABOVE_BYTES: '2000' });
  duckdb = await HourBench.open();
  glue.startWorker();
  duckdb.startWorker();
}, SET_UP_MS);
afterAll(async () => {
  await glue?.close();
  await duckdb?.close();
  await aws?.stop();
  await spark?.close();
});

test('an hour that is curated elsewhere is proven, its dead letters are shown, and DuckDB finds nothing to change in it', async () => {
  const hour = freshHour();
  let failure: unknown = null;
  aws.onStart = (run) => {
    void workBySpark(glue.parts.lake, run, spark).then(() => aws.states.set(run.id, 'succeeded'), (error: unknown) => {
      failure = error;
      aws.states.set(run.id, 'failed');
    });
  };
  await glue.land(hour, 'a.json', Buffer.concat([...generateLines({ landingHour: hour, lines: 2000, merchants: 5, bad: 0.05, duplicates: 0.05, late: 0.05, seed: 7 })]));
  await glue.land(hour, 'b + c%.json.gz', gzipSync(`${line(hour, { payment_id: `${hour}-b` })}\n\n{"broken\n`));
  const answer = await glue.ask(hour, {}, JOB_MS);
  expect(failure).toBeNull();
  expect(answer).toMatchObject({ state: 'proven', revision: 1, proof: { terms: { lines: 2003, blank: 1 } } });
  expect(answer.proof!.terms.deadLettered).toBeGreaterThan(90);
  const stage = (await glue.parts.ledger.stages({ landingHour: hour, revision: 1 })).find((record) => record.stage === 'curate')!.result as CurateResult;
  expect(stage).toMatchObject({ engine: 'glue', run: { externalRun: aws.started[0]!.id, dpuSeconds: 246 } });
  expect((await glue.rows('select 1 from ledger.dead_letters where landing_hour = $1', [`${hour}:00:00Z`])).length).toBeGreaterThan(5);
  // The staging of the run goes with the commit, the claim too.
  expect(await glue.parts.lake.list(`staging/${hour}/`)).toEqual([]);
  expect(await duckdb.ask(hour)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  // Curated anew by DuckDB, every row is the one that was there: nothing of it is published.
  await glue.land(hour, 'd.json', `${line(hour, { payment_id: `${hour}-d` })}\n`);
  expect((await duckdb.ask(hour)).proof!.terms).toMatchObject({ new: 1, upserted: 1, retracted: 0, published: 1 });
}, 2 * JOB_MS);

test('an hour below the size stays with DuckDB', async () => {
  const hour = freshHour();
  const before = aws.count('StartJobRun');
  await glue.land(hour, 'a.json', line(hour, {}));
  expect(await glue.ask(hour)).toMatchObject({ state: 'proven' });
  expect(aws.count('StartJobRun')).toBe(before);
});

describe('while a person is erased', () => {
  const own = ownLake();
  const key = new ErasureKey(Buffer.from(own.SLUICE_ERASURE_KEY!, 'base64'));
  const secret = `sluice/erasure-${randomBytes(4).toString('hex')}`;
  const person = `person-${randomUUID()}`;
  let bench: HourBench;
  let secrets: SecretsManagerClient;

  beforeAll(async () => {
    secrets = new SecretsManagerClient({ endpoint, region: process.env.SLUICE_AWS_REGION ?? 'eu-central-1' });
    await secrets.send(new CreateSecretCommand({ Name: secret, SecretString: JSON.stringify({ key: own.SLUICE_ERASURE_KEY }) }));
    bench = await HourBench.open({ ...own, ...elsewhere, SLUICE_ENGINE: 'glue', SLUICE_ERASURE_SECRET: `${secret}#key` });
    await suppress(bench.parts.lake, key, { token: key.token(person), since: new Date().toISOString(), receiptId: 'test' });
    bench.startWorker();
  });
  afterAll(async () => {
    secrets?.destroy();
    await bench?.close();
  });

  /** Whatever the key could be written as. */
  const secretTexts = (): readonly string[] => {
    const { inner, outer } = key.pads();
    return [own.SLUICE_ERASURE_KEY!, Buffer.from(own.SLUICE_ERASURE_KEY!, 'base64').toString('hex'), inner, outer, inner.toUpperCase(), outer.toUpperCase()];
  };

  async function landed(): Promise<LandingHour> {
    const hour = freshHour();
    await bench.land(hour, 'a.json', [
      ...Array.from({ length: 10 }, (_, n) => line(hour, { payment_id: `${hour}-${n}`, user_id: n < 4 ? person : 'neighbour' })), `{"user_id":"${person}"`,
    ].join('\n'));
    return hour;
  }

  test('their lines are left out by a job that reads the key itself; it lies neither in the lake nor in the run’s arguments or log', async () => {
    const seen: string[] = [];
    aws.onStart = (run) => {
      void workBySpark(bench.parts.lake, run, spark).then(async (said) => {
        seen.push(said, JSON.stringify(run.request));
        for (const { key: object } of await bench.parts.lake.list('')) seen.push((await bench.parts.lake.readText(object))!.text);
        aws.states.set(run.id, 'succeeded');
      }, () => aws.states.set(run.id, 'failed'));
    };
    const hour = await landed();
    expect(await bench.ask(hour, {}, JOB_MS)).toMatchObject({ state: 'proven', proof: { terms: { lines: 11, erased: 5, curated: 6, deadLettered: 0 } } });
    expect(seen.length).toBeGreaterThan(15);
    expect(seen.some((text) => text.includes(key.id))).toBe(true);
    for (const text of secretTexts()) expect(seen.filter((each) => each.includes(text)).length).toBe(0);
  }, 2 * JOB_MS);

  test('another key in the secret is refused before a line is curated', async () => {
    await secrets.send(new PutSecretValueCommand({ SecretId: secret, SecretString: JSON.stringify({ key: randomBytes(32).toString('base64') }) }));
    aws.onStart = (run) => { void workBySpark(bench.parts.lake, run, spark).then(() => aws.states.set(run.id, 'succeeded'), () => aws.states.set(run.id, 'failed')); };
    const hour = await landed();
    expect(await bench.ask(hour, {}, JOB_MS)).toMatchObject({ state: 'open', message: expect.stringMatching(/not the key by which persons were erased.*SLUICE_ERASURE_KEY/) });
    expect((await readCommit(bench.parts.lake, hour))?.commit.files ?? []).toEqual([]);
  }, 2 * JOB_MS);
});
