/**
 * The night's jobs on EMR Serverless: what the application is asked for on its bad days, and a day that is scanned and compacted there
 * while workers are killed. AWS is the emulator behind the proxy; the runs' work is done by the uploaded jobs on Spark.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { CreateApplicationCommand, EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { CancelledFailure } from '@temporalio/common';
import { readCommit } from '../../activities/committed';
import { readConfiguration } from '../../contract/configuration';
import { NIGHTLY_PREFIX } from '../../contract/lake-layout';
import type { LandingHour } from '../../contract/landing-hour';
import type { StoreComparison } from '../../contract/reconciliation';
import type { CompactResult } from '../../contract/stages';
import type { LakeCurateControl } from '../../engines/engine';
import type { ScanJob, ScanOutcome } from '../../engines/nightly';
import { openLake, type Lake } from '../../stores/lake';
import { openNightlyEngine, type OpenNightlyEngine } from '../../workers/nightly-engine';
import { ComparedDay } from '../reconcile/compared-day';
import { JOB_MS, SET_UP_MS } from '../spark/spark-bench';
import { bury } from '../support/burial';
import { shownDetails } from '../support/details';
import { freshHour, stopped } from '../support/hour-bench';
import { until } from '../support/until';
import { InterposedAws, type StartedRun } from './interposed-aws';
import { descriptionOf, nightBySpark } from './machines';
import { WarmSpark } from './warm-spark';

const environment = readConfiguration(process.env);
const endpoint = environment.SLUICE_AWS_ENDPOINT!;
const ROLE = 'arn:aws:iam::123456789012:role/sluice-nightly-job';

let aws: InterposedAws;
let settings: Readonly<Record<string, string>>;

beforeAll(async () => {
  aws = new InterposedAws(endpoint);
  const emr = new EMRServerlessClient({ endpoint, region: environment.SLUICE_AWS_REGION });
  const { applicationId } = await emr.send(new CreateApplicationCommand({ name: 'a', releaseLabel: 'emr-7.5.0', type: 'SPARK' }));
  emr.destroy();
  settings = {
    SLUICE_NIGHTLY_ENGINE: 'emr-serverless', SLUICE_EMR_APPLICATION_ID: applicationId!, SLUICE_NIGHTLY_EMR_ROLE_ARN: ROLE, SLUICE_AWS_ENDPOINT: await aws.start(),
    SLUICE_EMR_SPARK_PARAMETERS: '--conf spark.executor.cores=2',
  };
});
afterAll(() => aws.stop());
afterEach(() => {
  aws.calls.length = 0;
  aws.started.length = 0;
  aws.states.clear();
  aws.otherwise = 'running';
  aws.onStart = () => undefined;
});

const told = (): string => `the calls were ${aws.calls.join(', ')}`;

describe('what the application is asked for', () => {
  let lake: Lake;
  let nightly: OpenNightlyEngine;
  beforeAll(() => {
    const configuration = readConfiguration({ ...process.env, ...settings, SLUICE_REMOTE_POLL_SECONDS: '0.02' });
    lake = openLake(configuration);
    nightly = openNightlyEngine(configuration, lake, '/nowhere')!;
  });
  afterAll(() => {
    nightly.close();
    lake.close();
  });

  const SUMS = ['EUR', 'CAPTURED', 3, '42', '7', '8', 0] as const;

  function newJob(): ScanJob {
    const landingHour = freshHour();
    return {
      date: landingHour.slice(0, 10), askedAs: randomUUID(),
      hours: [{ landingHour, revision: 1, processedAt: '2026-11-20T11:10:00Z', files: [{ key: `curated/payments/${landingHour}`, etag: '"e"', bytes: 1, landingHours: null }] }],
    };
  }

  function scan(job: ScanJob, more: Partial<LakeCurateControl> = {}): Promise<ScanOutcome> {
    return nightly.engine.scan(job, { signal: new AbortController().signal, progress: () => undefined, ...more });
  }

  async function leave(run: StartedRun, hours: readonly LandingHour[], of?: string): Promise<void> {
    const key = descriptionOf(run);
    const { text } = (await lake.readText(key))!;
    const job = of ?? createHash('sha256').update(text).digest('hex');
    await lake.put(key.replace('job.json', 'summary.json'), JSON.stringify({ job, hours: hours.map((landingHour) => ({ landingHour, rows: [[17, ...SUMS]] })) }));
    aws.states.set(run.id, 'succeeded');
  }

  const working = ({ hours }: ScanJob): void => { aws.onStart = (run) => { void leave(run, hours.map(({ landingHour }) => landingHour)); }; };

  const leavings = async ({ date }: ScanJob): Promise<readonly string[]> => (await lake.list(`${NIGHTLY_PREFIX}${date}/`)).map(({ key }) => key);

  test('a run with a role of its own, which reads committed files and writes below staging/nightly/; what it left is what it learned', async () => {
    const job = newJob();
    working(job);
    expect(await scan(job)).toMatchObject({
      hours: [{ held: { sums: { rows: 3, sumRowHash: '7', totals: [{ currency: 'EUR', amountCents: '42' }] }, buckets: [{ bucket: 17, content: '8' }] } }], run: { attached: false },
    });
    const [{ request }] = aws.started as [StartedRun];
    expect(request).toMatchObject({
      executionRoleArn: ROLE,
      jobDriver: { sparkSubmit: {
        entryPoint: expect.stringMatching(/\/jobs\/[0-9a-f]+\/scan_hours\.py$/) as string, entryPointArguments: ['--job', expect.stringContaining(`/${NIGHTLY_PREFIX}${job.date}/`) as string],
        sparkSubmitParameters: expect.stringMatching(/^--py-files s3:.*sluice_curated\.py.* --conf spark\.executor\.cores=2$/) as string,
      } },
    });
    expect(request.clientToken).toBe(request.name);
    expect(String(request.name).length).toBeLessThanOrEqual(64);
  });

  test('throttled, and with the answer to its start lost, it is one run', async () => {
    const job = newJob();
    working(job);
    aws.faults.StartJobRun = [{ refuse: 'ThrottlingException', status: 429 }, 'lose the answer'];
    aws.faults.GetJobRun = ['lose the answer', { refuse: 'ThrottlingException', status: 429 }];
    expect((await scan(job)).run).toMatchObject({ externalRun: aws.started[0]!.id });
    expect(aws.started).toHaveLength(1);
  });

  test('an attempt after one that died takes the run over; another night’s reading of the same files is another run', async () => {
    const job = newJob();
    const died = new AbortController();
    const first = scan(job, { signal: died.signal });
    first.catch(() => undefined);
    await until('a look at the run', () => aws.count('GetJobRun') > 0, { told });
    died.abort(new CancelledFailure('WORKER_SHUTDOWN'));
    await expect(first).rejects.toThrow();
    await leave(aws.started[0]!, [job.hours[0]!.landingHour]);
    expect(await scan(job)).toMatchObject({ run: { externalRun: aws.started[0]!.id, attached: true } });
    expect(aws.count('StartJobRun')).toBe(1);
    const again = { ...job, askedAs: randomUUID() };
    working(again);
    expect(await scan(again)).toMatchObject({ run: { attached: false } });
    expect(aws.count('StartJobRun')).toBe(2);
  });

  test('a cancel stops the run', async () => {
    const cancelled = new AbortController();
    const asked = scan(newJob(), { signal: cancelled.signal });
    asked.catch(() => undefined);
    await until('a look at the run', () => aws.count('GetJobRun') > 0, { told });
    cancelled.abort(new CancelledFailure('CANCELLED'));
    await expect(asked).rejects.toThrow();
    expect(aws.states.get(aws.started[0]!.id)).toBe('stopped');
  });

  test('runs that fail are three, each in a prefix of its own; given up, nothing of them is left to stand in the way of another night', async () => {
    const job = newJob();
    aws.otherwise = 'failed';
    for (const kind of ['transient', 'transient', 'data']) await expect(scan(job)).rejects.toMatchObject({ kind, message: expect.stringContaining('executor was lost') });
    expect(new Set(aws.started.map(descriptionOf)).size).toBe(3);
    expect(await leavings(job)).toEqual([]);
    aws.otherwise = 'running';
    working(job);
    expect(await scan(job)).toMatchObject({ hours: [{ held: { sums: { rows: 3 } } }] });
  });

  test('a run that vanishes is followed by another', async () => {
    const job = newJob();
    const first = scan(job);
    first.catch(() => undefined);
    await until('two looks at the run', () => aws.count('GetJobRun') > 1, { told });
    const { id } = aws.started[0]!;
    aws.states.set(id, 'gone');
    await expect(first).rejects.toMatchObject({ kind: 'transient', message: expect.stringContaining('is gone') });
    working(job);
    const { run } = await scan(job, { externalRun: id });
    expect(aws.started.map((started) => started.id)).toEqual([id, run!.externalRun]);
  });

  test('what is believed is the summary, of this job and of every hour', async () => {
    aws.otherwise = 'succeeded';
    await expect(scan(newJob())).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(/left no summary.*infra\/job-emr-nightly\.json/) });
    aws.onStart = (run) => { void leave(run, [], 'f'.repeat(64)); };
    aws.otherwise = 'running';
    await expect(scan(newJob())).rejects.toMatchObject({ kind: 'transient', message: expect.stringContaining('of another Spark job') });
    aws.onStart = (run) => { void leave(run, []); };
    await expect(scan(newJob())).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('1 hours were to be scanned') });
  });

  test('a role that is missing is named', () => {
    expect(() => openNightlyEngine({ ...readConfiguration({ ...process.env, ...settings }), SLUICE_NIGHTLY_EMR_ROLE_ARN: undefined }, lake, '/nowhere'))
      .toThrow(expect.objectContaining({ kind: 'configuration', on: 'SLUICE_NIGHTLY_EMR_ROLE_ARN' }) as Error);
  });
});

describe('a day', () => {
  let spark: WarmSpark;
  let day: ComparedDay;
  /** of runs whose work went wrong */
  const failures: unknown[] = [];

  beforeAll(async () => {
    spark = await WarmSpark.open();
    day = await ComparedDay.open({ ...settings, SLUICE_REMOTE_POLL_SECONDS: '0.5', SLUICE_SHUTDOWN_GRACE_SECONDS: '1' });
  }, SET_UP_MS);
  afterAll(async () => {
    await day?.close();
    await spark?.close();
  });
  afterEach(() => expect(failures).toEqual([]));

  const doTheWork = (run: StartedRun): void => {
    void nightBySpark(day.bench.parts.lake, run, spark).then(() => aws.states.set(run.id, 'succeeded'), (error: unknown) => {
      failures.push(error);
      aws.states.set(run.id, 'failed');
    });
  };

  /** What the workflow answers and shows, with the worker killed while the run is at work. */
  async function withTheWorkerKilled(workflow: string, input: unknown): Promise<{ readonly answer: unknown; readonly shown: string }> {
    const { client, configuration } = day.bench;
    const first = day.bench.startWorker();
    const handle = await client.workflow.start(workflow, { workflowId: randomUUID(), taskQueue: configuration.SLUICE_TASK_QUEUE, args: [input] });
    const result = handle.result() as Promise<unknown>;
    result.catch(() => undefined);
    await until('a run that is followed', () => aws.started.length > 0 && aws.count('GetJobRun') > 1, { ms: 60_000, told: () => `${told()}; the worker says:\n${day.bench.lastLog()}` });
    await stopped(first, 'SIGKILL');
    await bury(client, configuration.SLUICE_TASK_QUEUE, first.pid!);
    const second = day.bench.startWorker();
    doTheWork(aws.started[0]!);
    const answer = await result;
    const shown = await shownDetails(handle);
    await stopped(second, 'SIGTERM');
    return { answer, shown };
  }

  const takenOver = (before: string): RegExp => new RegExp(`${before}run \\[${aws.started[0]!.id}\\]\\(https://[^)]*cloudwatch[^)]*\\), taken over, 504 vCPU-seconds, \\$0\\.0106 at list prices`);

  const prove = async (): Promise<void> => {
    for (const hour of day.hours) expect(await day.do('prove', { landingHour: hour, revision: (await readCommit(day.bench.parts.lake, hour))!.commit.revision })).toMatchObject({ state: 'proven' });
  };

  test('is scanned by one run, and what was planted is named as DuckDB names it', async () => {
    aws.onStart = doTheWork;
    const [hour] = day.hours;
    const right = await day.compare(['lake'], { deep: true });
    expect(right.named).toEqual([]);
    expect(right.comparisons[0]).toMatchObject({ rows: 183, run: { externalRun: aws.started[0]!.id } });
    const file = await day.rewriteFile(hour, `${hour}-11`, `update payments set amount_cents = amount_cents + 1 where payment_id = '${hour}-11'`, `delete from payments where payment_id = '${hour}-14'`);
    const { named } = await day.compare(['lake']);
    await file.undo();
    expect(named.map(({ paymentId, cause }) => `${paymentId} ${cause}`).sort()).toEqual([`${hour}-11 mutated`, `${hour}-14 missing`]);
    // Only what is not as it was when it was right is read: the first time everything, then one hour.
    expect(aws.started).toHaveLength(2);
  }, JOB_MS);

  test('a reconciliation whose worker is killed while the scan is at work takes the scan over', async () => {
    const { answer, shown } = await withTheWorkerKilled('reconcile', { date: day.date, deep: true });
    expect(answer).toMatchObject({ state: 'agrees' });
    expect(shown).toMatch(takenOver('lake: 183 rows.*equal, '));
    expect(aws.count('StartJobRun')).toBe(1);
  }, JOB_MS);

  test('is compacted by one run though the worker is killed, the hours stay proven, and nothing of the work is left', async () => {
    const { answer, shown } = await withTheWorkerKilled('compact', { date: day.date });
    const result = answer as CompactResult;
    expect(shown).toMatch(takenOver('merged by '));
    expect(result).toMatchObject({ hours: 3, left: 0, run: { externalRun: aws.started[0]!.id, attached: true } });
    expect({ starts: aws.count('StartJobRun'), stops: aws.count('CancelJobRun') }).toEqual({ starts: 1, stops: 0 });
    expect(result.filesAfter).toBeLessThan(result.filesBefore);
    expect((await day.bench.parts.lake.list(`${NIGHTLY_PREFIX}${day.date}/`)).filter(({ key }) => key.endsWith('.parquet'))).toEqual([]);
    await prove();
    aws.onStart = doTheWork;
    const { comparisons, named } = await day.compare(['lake'], { deep: true });
    expect({ named, rows: (comparisons[0] as StoreComparison).rows }).toEqual({ named: [], rows: 183 });
  }, JOB_MS);

  test('merged files that do not hold what the old ones held are not swapped in, and not found again', async () => {
    const [, hour] = day.hours;
    const { lake } = day.bench.parts;
    await day.bench.land(hour, 'late.json', `{"payment_id":"${hour}-late-${randomBytes(3).toString('hex')}","merchant_id":"m1","amount_cents":5,"currency":"EUR","status":"CAPTURED","created_at":"${hour}:30:00Z"}`);
    await day.run(hour);
    const before = await Promise.all(day.hours.map(async (each) => (await readCommit(lake, each))!.commit.files));
    // The run does its work and lies about it: the file that it leaves is another one's.
    aws.onStart = (run) => {
      void nightBySpark(lake, run, spark).then(async () => {
        const prefix = descriptionOf(run).replace('job.json', 'merged/');
        const [first, ...others] = (await lake.list(prefix)).map(({ key }) => key);
        await lake.copyAll([{ from: others[0] ?? before[0]![0]!.key, to: first! }]);
        aws.states.set(run.id, 'succeeded');
      }, (error: unknown) => { failures.push(error); });
    };
    await expect(day.do('compactDay', { date: day.date })).rejects.toMatchObject({ kind: 'data', message: expect.stringContaining('the day was left as it was') });
    expect(await Promise.all(day.hours.map(async (each) => (await readCommit(lake, each))!.commit.files))).toEqual(before);
    aws.onStart = doTheWork;
    expect(await day.do('compactDay', { date: day.date })).toMatchObject({ left: 0 });
    await prove();
  }, JOB_MS);
});
