/**
 * curate by Glue and by EMR Serverless: claims, attempts that take over, and what of a run is believed. The service is the emulator behind
 * the proxy; what AWS's machines would leave in the lake, the test leaves there.
 */
import { createHash, randomBytes } from 'node:crypto';
import { CreateJobCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateApplicationCommand, EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { readConfiguration, type Configuration } from '../../contract/configuration';
import { ErasureKey } from '../../contract/erasure';
import { remoteClaimsPrefix } from '../../contract/lake-layout';
import type { LakeCurateControl, LakeCurateJob, LakeCurateOutcome } from '../../engines/engine';
import { openLake, type Lake } from '../../stores/lake';
import { openLakeEngine, type OpenLakeEngine } from '../../workers/lake-engine';
import { freshHour } from '../support/hour-bench';
import { until } from '../support/until';
import { InterposedAws, type StartedRun } from './interposed-aws';

const configuration = readConfiguration(process.env);
const endpoint = configuration.SLUICE_AWS_ENDPOINT!;
const ROLE = 'arn:aws:iam::123456789012:role/sluice-job';

/** Makes the job; answers with the settings that name it. */
const SERVICES = [
  ['glue', async (): Promise<Partial<Configuration>> => {
    const job = `job-${randomBytes(4).toString('hex')}`;
    const glue = new GlueClient({ endpoint, region: configuration.SLUICE_AWS_REGION });
    await glue.send(new CreateJobCommand({ Name: job, Role: ROLE, Command: { Name: 'glueetl', ScriptLocation: 's3://b/k' }, ExecutionProperty: { MaxConcurrentRuns: 100 } }));
    glue.destroy();
    return { SLUICE_ENGINE: 'glue', SLUICE_GLUE_JOB: job };
  }],
  ['emr-serverless', async (): Promise<Partial<Configuration>> => {
    const emr = new EMRServerlessClient({ endpoint, region: configuration.SLUICE_AWS_REGION });
    const { applicationId } = await emr.send(new CreateApplicationCommand({ name: 'a', releaseLabel: 'emr-7.5.0', type: 'SPARK' }));
    emr.destroy();
    return { SLUICE_ENGINE: 'emr-serverless', SLUICE_EMR_APPLICATION_ID: applicationId!, SLUICE_EMR_ROLE_ARN: ROLE, SLUICE_EMR_SPARK_PARAMETERS: '--conf spark.executor.cores=2' };
  }],
] as const;

const NOTHING = {
  counts: {
    lines: 0, blank: 0, dead: 0, erased: 0, duplicates: 0, curated: 0, quarantined: [], sums: { rows: 0, sumRowHash: '0', totals: [] }, reasons: {}, unknownFields: [], cards: 0,
  },
  files: [], deadLetterFiles: [],
};

let lake: Lake;
let aws: InterposedAws;
let elsewhere: OpenLakeEngine;
let settings: Configuration;

beforeAll(() => {
  lake = openLake(configuration);
});
afterAll(() => lake.close());

describe.each(SERVICES)('%s', (name, create) => {
  beforeEach(async () => {
    aws = new InterposedAws(endpoint);
    const url = await aws.start();
    settings = { ...configuration, ...await create(), SLUICE_AWS_ENDPOINT: url, SLUICE_REMOTE_POLL_SECONDS: 0.02 };
    elsewhere = openLakeEngine(settings, lake)!;
  });
  afterEach(async () => {
    elsewhere.close();
    await aws.stop();
  });

  function newJob(): LakeCurateJob {
    const landingHour = freshHour();
    return { landingHour, revision: 1, processedAt: '2026-11-20T11:10:00.123Z', objects: [{ key: `raw/payments/${landingHour}`, version: 'v', etag: '"e"', bytes: 1 }] };
  }

  function curate(job: LakeCurateJob, more: Partial<LakeCurateControl> = {}): Promise<LakeCurateOutcome> {
    return elsewhere.engine.curateInLake(job, { signal: new AbortController().signal, progress: () => undefined, ...more });
  }

  /** As the job does, whose description is where the run was told to look. */
  async function leave(run: StartedRun, file: 'summary.json' | 'failure.json', what: object, of?: string): Promise<void> {
    const key = descriptionOf(run);
    const text = (await lake.readText(key))!.text;
    await lake.put(key.replace(/job\.json$/, file), JSON.stringify({ job: of ?? createHash('sha256').update(text).digest('hex'), ...what }));
  }

  /** The run is over when what it leaves is there. */
  function working(file: 'summary.json' | 'failure.json' = 'summary.json', what: object = NOTHING, of?: string): void {
    aws.onStart = (run) => { void leave(run, file, what, of).then(() => aws.states.set(run.id, file === 'summary.json' ? 'succeeded' : 'failed')); };
  }

  const told = (): string => `the calls were ${aws.calls.join(', ')}`;

  const claims = async (job: LakeCurateJob): Promise<number> => (await lake.list(remoteClaimsPrefix(job.landingHour, job.revision))).filter(({ key }) => !key.includes('-starts/')).length;

  test('the run is given the job’s files and a description of the hour, and its summary is what it learned', async () => {
    const job = newJob();
    working();
    const outcome = await curate(job);
    expect(outcome).toMatchObject({ outcome: NOTHING, run: { externalRun: aws.started[0]!.id, attached: false }, stagingPrefix: `staging/${job.landingHour}/r1/${outcome.attempt}/` });
    const text = JSON.stringify(aws.started[0]!.request);
    const scripts = [...text.matchAll(/s3:\/\/[^/]+\/(jobs\/[0-9a-f]+\/[a-z_]+\.py)/g)].map(([, key]) => key!);
    expect(scripts.map((key) => key.split('/').at(-1))).toEqual(expect.arrayContaining(['curate.py', 'sluice_lines.py']));
    for (const key of scripts) expect(await lake.exists(key)).toBe(true);
    expect(JSON.parse((await lake.readText(descriptionOf(aws.started[0]!)))!.text)).toMatchObject({ landingHour: job.landingHour, revision: 1, out: `s3://${lake.bucket}/${outcome.stagingPrefix.slice(0, -1)}` });
  });

  test('an attempt after one that died takes over the run that is at work, and its prefix', async () => {
    const job = newJob();
    const died = new AbortController();
    const first = curate(job, { signal: died.signal });
    first.catch(() => undefined);
    await until('a look at the run', () => aws.count('GetJobRun') > 0, { told });
    died.abort(new Error('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow();
    const [run] = aws.started;
    // Not before it follows the run: what was through by then is another test's.
    const progress = ({ step }: { readonly step: string }): void => {
      if (/^(attached to|started) run/.test(step)) void leave(run!, 'summary.json', NOTHING).then(() => { aws.otherwise = 'succeeded'; });
    };
    expect(await curate(job, { progress })).toMatchObject({ run: { externalRun: run!.id, attached: true }, stagingPrefix: descriptionOf(run!).replace('job.json', '') });
    expect({ starts: aws.count('StartJobRun'), claims: await claims(job) }).toEqual({ starts: 1, claims: 1 });
  });

  // EMR Serverless takes a token: of two starts, it makes one run.
  if (name === 'glue') test('of two attempts that both look before either has started a run, one starts it and both have what it did', async () => {
    const job = newJob();
    working();
    // What Glue tells the second attempt, twice, is that there is no run: the first one's start is on its way.
    let looks = 0;
    aws.before = async (call) => {
      if (call === 'GetJobRuns') looks += 1;
      if (call === 'StartJobRun') await until('the other attempt has looked', () => looks >= 3, { told });
    };
    const first = curate(job);
    await until('the first attempt’s start', () => aws.count('StartJobRun') > 0, { told });
    const [one, other] = await Promise.all([first, curate(job)]);
    expect(aws.started).toHaveLength(1);
    expect(other).toMatchObject({ attempt: one.attempt, outcome: one.outcome, run: { externalRun: one.run.externalRun } });
    expect(aws.count('StartJobRun')).toBe(1);
  });

  test('a run that was through while nobody looked is not done again', async () => {
    const job = newJob();
    working();
    const first = await curate(job);
    expect(await curate(job)).toEqual({ ...first, run: { ...first.run, attached: true } });
    expect(aws.count('StartJobRun')).toBe(1);
  });

  test('a run that is said to have gone well and left no summary did not go well', async () => {
    aws.otherwise = 'succeeded';
    await expect(curate(newJob())).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(new RegExp(`left no summary.*infra/job-${name}\\.json`)) });
  });

  test('the summary of another job is not believed', async () => {
    working('summary.json', NOTHING, 'f'.repeat(64));
    await expect(curate(newJob())).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(/summary is of another Spark job/) });
  });

  test('a run that failed is followed by a new one in a prefix of its own, three in all', async () => {
    const job = newJob();
    aws.otherwise = 'failed';
    await expect(curate(job)).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(/failed.*executor was lost/) });
    await expect(curate(job)).rejects.toMatchObject({ kind: 'transient' });
    await expect(curate(job)).rejects.toMatchObject({ kind: 'data', message: expect.stringMatching(/^3 runs of the same work ended badly, the last: .*executor was lost.*log is https:/) });
    await expect(curate(job)).rejects.toMatchObject({ kind: 'data' });
    expect({ starts: aws.count('StartJobRun'), claims: await claims(job), prefixes: new Set(aws.started.map(descriptionOf)).size }).toEqual({ starts: 3, claims: 3, prefixes: 3 });
  });

  test('what the job knows of its failure comes before what the service says: an object that was overwritten makes the hour land again', async () => {
    working('failure.json', { kind: 'manifest_stale', what: 'the object is no longer the one that landed', on: 'raw/payments/x', fix: 'The hour lands again' });
    await expect(curate(newJob())).rejects.toMatchObject({ kind: 'manifest_stale', on: 'raw/payments/x' });
  });

  test('a run that took too long while nobody looked is not started anew', async () => {
    const job = newJob();
    const died = new AbortController();
    const first = curate(job, { signal: died.signal });
    first.catch(() => undefined);
    await until('a look at the run', () => aws.count('GetJobRun') > 0, { told });
    died.abort(new Error('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow();
    aws.otherwise = 'timed_out';
    await expect(curate(job)).rejects.toMatchObject({ kind: 'configuration', message: expect.stringContaining('SLUICE_REMOTE_TIMEOUT_MINUTES') });
    expect(aws.count('StartJobRun')).toBe(1);
  });

  test('a run that vanished after a heartbeat had named it is followed by another', async () => {
    const job = newJob();
    const died = new AbortController();
    let externalRun: string | undefined;
    const first = curate(job, { signal: died.signal, progress: (progress) => { externalRun = progress.externalRun ?? externalRun; } });
    first.catch(() => undefined);
    await until('two looks at the run', () => aws.count('GetJobRun') > 1, { told });
    died.abort(new Error('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow();
    aws.states.set(externalRun!, 'gone');
    working();
    const { run } = await curate(job, { externalRun: externalRun! });
    expect(aws.started.map(({ id }) => id)).toEqual([externalRun, run.externalRun]);
    expect(new Set(aws.started.map(descriptionOf)).size).toBe(2);
  });

  describe('where persons are erased', () => {
    const key = new ErasureKey(randomBytes(32));
    const { inner: innerPad, outer: outerPad } = key.pads();
    const suppression = { tokens: [key.token('somebody')], keyId: key.id, innerPad, outerPad };

    test('it is refused, with what to do', async () => {
      await expect(curate({ ...newJob(), suppression }))
        .rejects.toMatchObject({ kind: 'configuration', message: expect.stringMatching(/persons are erased.*SLUICE_ERASURE_SECRET.*SLUICE_ENGINE=duckdb/) });
      expect(aws.calls).toEqual([]);
    });

    test('and a secret is named, the run is told its name, and nothing of the key is in its arguments or in the lake', async () => {
      const named = openLakeEngine({ ...settings, SLUICE_ERASURE_SECRET: 'sluice/erasure#key' }, lake)!;
      try {
        const job = newJob();
        working();
        await named.engine.curateInLake({ ...job, suppression }, { signal: new AbortController().signal, progress: () => undefined });
        const [run] = aws.started as [StartedRun];
        const { text } = (await lake.readText(descriptionOf(run)))!;
        expect(JSON.parse(text)).toMatchObject({ suppression: { tokens: suppression.tokens, keyId: key.id, secret: { id: 'sluice/erasure', field: 'key', region: configuration.SLUICE_AWS_REGION } } });
        const written = await Promise.all([...await lake.list(`staging/${job.landingHour}/`), ...await lake.list('jobs/')].map(async (object) => (await lake.readText(object.key))!.text));
        expect(written.length).toBeGreaterThan(5);
        for (const secret of [innerPad, outerPad]) for (const each of [...written, JSON.stringify(run.request)]) expect(each.includes(secret)).toBe(false);
      } finally {
        named.close();
      }
    });
  });
});

test.each([
  ['glue', 'SLUICE_GLUE_JOB', {}],
  ['emr-serverless', 'SLUICE_EMR_APPLICATION_ID', {}],
  ['emr-serverless', 'SLUICE_EMR_ROLE_ARN', { SLUICE_EMR_APPLICATION_ID: '00f1' }],
] as const)('SLUICE_ENGINE=%s without %s is refused by name', (SLUICE_ENGINE, name, more) => {
  expect(() => openLakeEngine({ ...configuration, SLUICE_ENGINE, ...more }, lake)).toThrow(expect.objectContaining({ kind: 'configuration', on: name }) as Error);
});

/** Key of the description that the run was started with. */
function descriptionOf({ request }: StartedRun): string {
  return /s3:\/\/[^/]+\/(staging\/[^"]+\/job\.json)/.exec(JSON.stringify(request))![1]!;
}
