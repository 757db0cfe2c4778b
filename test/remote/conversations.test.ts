/** What is said to Glue and to EMR Serverless, over HTTP, with bad days in between; the emulator does what it can, the proxy the rest. */
import { randomBytes } from 'node:crypto';
import { CreateJobCommand, GlueClient } from '@aws-sdk/client-glue';
import { CreateApplicationCommand, EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { CancelledFailure } from '@temporalio/common';
import { readConfiguration } from '../../contract/configuration';
import type { RemoteWork } from '../../contract/remote-run';
import { openEmrJobRuns } from '../../stores/emr-job-runs';
import { openGlueJobRuns } from '../../stores/glue-job-runs';
import { noteOf, type JobRun } from '../../stores/job-runs';
import { endedBadly, followRun, type FollowedRun, type RemoteConversation } from '../../stores/remote-run';
import { freshHour } from '../support/hour-bench';
import { until } from '../support/until';
import { InterposedAws } from './interposed-aws';

const POLL_MS = 20;
jest.setTimeout(40_000);
const ROLE = 'arn:aws:iam::123456789012:role/sluice-job';
const configuration = readConfiguration(process.env);
const endpoint = configuration.SLUICE_AWS_ENDPOINT!;

/** Of either service: each calls it in its own way. */
interface Work extends Omit<RemoteWork<never>, 'call'> {
  readonly script: string;
  readonly description: string;
}

interface Service {
  readonly name: string;
  readonly stops: string;
  readonly missing: RegExp;
  /** what the service calls the identity in a start */
  readonly identityOf: (request: Readonly<Record<string, unknown>>) => unknown;
  /** makes the job; answers with the conversation about it, through the proxy */
  open(url: string, named?: string): Promise<{ readonly about: (work: Work) => RemoteConversation<JobRun>; close(): void }>;
}

const SERVICES: readonly Service[] = [
  {
    name: 'Glue',
    stops: 'BatchStopJobRun',
    missing: /no such Glue job \(nobody\).*SLUICE_GLUE_JOB/,
    identityOf: ({ Arguments }) => (Arguments as Record<string, string>)['--sluice-run'],
    async open(url, named) {
      const job = `job-${randomBytes(4).toString('hex')}`;
      const glue = new GlueClient({ endpoint, region: configuration.SLUICE_AWS_REGION });
      await glue.send(new CreateJobCommand({
        Name: job, Role: ROLE, Command: { Name: 'glueetl', ScriptLocation: 's3://b/k' }, ExecutionProperty: { MaxConcurrentRuns: 100 }, WorkerType: 'G.1X', NumberOfWorkers: 2,
      }));
      glue.destroy();
      const runs = openGlueJobRuns({ ...configuration, SLUICE_AWS_ENDPOINT: url }, { job: named ?? job, timeoutMinutes: 60 });
      return { about: (work) => runs.conversation({ ...work, call: { '--scriptLocation': work.script, '--job': work.description } }), close: () => runs.close() };
    },
  },
  {
    name: 'EMR Serverless',
    stops: 'CancelJobRun',
    missing: /no such EMR Serverless application \(nobody\).*SLUICE_EMR_APPLICATION_ID/,
    identityOf: ({ clientToken, name }) => (clientToken === name ? name : undefined),
    async open(url, named) {
      const emr = new EMRServerlessClient({ endpoint, region: configuration.SLUICE_AWS_REGION });
      const { applicationId } = await emr.send(new CreateApplicationCommand({ name: 'a', releaseLabel: 'emr-7.5.0', type: 'SPARK' }));
      emr.destroy();
      const runs = openEmrJobRuns({ ...configuration, SLUICE_AWS_ENDPOINT: url }, { applicationId: named ?? applicationId!, roleArn: ROLE, timeoutMinutes: 60 });
      return { about: (work) => runs.conversation({ ...work, call: { entryPoint: work.script, arguments: ['--job', work.description], parameters: '--conf a=b' } }), close: () => runs.close() };
    },
  },
];

describe.each(SERVICES)('$name', ({ stops, missing, identityOf, open }) => {
  let aws: InterposedAws;
  let url: string;
  let service: Awaited<ReturnType<Service['open']>>;

  beforeEach(async () => {
    aws = new InterposedAws(endpoint);
    url = await aws.start();
    service = await open(url);
  });
  afterEach(async () => {
    service.close();
    await aws.stop();
  });

  function newWork(): Work {
    const landingHour = freshHour();
    return {
      identity: `${landingHour}-r1-${randomBytes(8).toString('hex')}-1`, labels: { hour: landingHour }, script: 's3://lake/jobs/x/curate.py', description: 's3://lake/staging/d.json',
      claimedAt: new Date().toISOString(),
    };
  }

  interface Following {
    readonly done: Promise<FollowedRun<JobRun>>;
    readonly steps: { readonly step: string; readonly externalRun?: string }[];
    readonly abort: AbortController;
  }

  function follow(work: Work, externalRun?: string): Following {
    const abort = new AbortController();
    const steps: Following['steps'] = [];
    const done = followRun(service.about(work), { signal: abort.signal, progress: (step) => steps.push(step), externalRun, pollMs: POLL_MS });
    done.catch(() => undefined);
    return { done, steps, abort };
  }

  const told = (): string => `the calls were ${aws.calls.join(', ')}`;

  /** A run under way that nobody follows any more, as after a worker's death. */
  async function leftBehind(work: Work): Promise<string> {
    const { done, abort } = follow(work);
    await until('a look at the run', () => aws.started.length === 1 && aws.count('GetJobRun') > 0, { told });
    abort.abort(new CancelledFailure('WORKER_SHUTDOWN'));
    await expect(done).rejects.toThrow();
    return aws.started[0]!.id;
  }

  test('starts a run that carries whose it is, and follows it to its end, telling its id all the while', async () => {
    const work = newWork();
    const { done, steps } = follow(work);
    await until('two looks at the run', () => aws.started.length === 1 && aws.count('GetJobRun') > 1, { told });
    const [{ id, request }] = aws.started as [InterposedAws['started'][0]];
    aws.states.set(id, 'succeeded');
    expect(await done).toMatchObject({ attached: false, run: { id, state: 'succeeded' } });
    expect(identityOf(request)).toBe(work.identity);
    expect(JSON.stringify(request)).toContain(work.script);
    expect(JSON.stringify(request)).toContain(work.description);
    expect(steps.at(-1)).toMatchObject({ step: expect.stringContaining(`${id} of `), externalRun: id });
  });

  test.each([['by the id of the last heartbeat', true], ['by what the run carries, where no heartbeat came through', false]])('attaches to a run that is under way, found %s', async (_how, byHeartbeat) => {
    const work = newWork();
    const id = await leftBehind(work);
    expect(aws.count(stops)).toBe(0);
    const { done } = follow(work, byHeartbeat ? id : undefined);
    setTimeout(() => aws.states.set(id, 'succeeded'), 60);
    expect(await done).toMatchObject({ attached: true, run: { id } });
    expect(aws.count('StartJobRun')).toBe(1);
  });

  test('a run of other work is not taken for its own', async () => {
    const other = await leftBehind(newWork());
    aws.otherwise = 'succeeded';
    const { run } = await follow(newWork(), other).done;
    expect(run.id).not.toBe(other);
    expect(aws.started.map(({ id }) => id)).toEqual([other, run.id]);
  });

  test('an answer to a start that was lost is no second start', async () => {
    aws.faults.StartJobRun = ['lose the answer'];
    aws.otherwise = 'succeeded';
    const { run } = await follow(newWork()).done;
    expect(aws.started.map(({ id }) => id)).toEqual([run.id]);
    expect(aws.count('StartJobRun')).toBe(1);
  });

  test('asked to slow down, it waits and asks again, and the run is one', async () => {
    aws.faults.StartJobRun = [{ refuse: 'ThrottlingException', status: 429 }, { refuse: 'ThrottlingException', status: 429 }];
    aws.faults.GetJobRun = [{ refuse: 'ThrottlingException', status: 429 }, 'lose the answer'];
    aws.otherwise = 'succeeded';
    await follow(newWork()).done;
    expect(aws.started).toHaveLength(1);
    expect(aws.count('StartJobRun')).toBe(3);
  });

  test('throttled for long, the attempt ends as throttled, to be tried again later', async () => {
    aws.faults.StartJobRun = Array.from({ length: 20 }, () => ({ refuse: 'ThrottlingException', status: 429 }));
    await expect(follow(newWork()).done).rejects.toMatchObject({ kind: 'throttled' });
    expect(aws.started).toEqual([]);
  });

  test('expired credentials are told at once, with what to do', async () => {
    aws.faults.StartJobRun = [{ refuse: 'ExpiredTokenException' }];
    await expect(follow(newWork()).done).rejects.toMatchObject({ kind: 'configuration', message: expect.stringMatching(/ExpiredTokenException.*Renew the AWS credentials/) });
    expect(aws.count('StartJobRun')).toBe(1);
  });

  test.each([
    ['failed', 'transient', /failed \(FAILED\): the executor was lost.*log is https:\/\/.*cloudwatch/],
    ['timed_out', 'configuration', /took too long.*SLUICE_REMOTE_TIMEOUT_MINUTES.*log is https:/],
    ['stopped', 'transient', /somebody stopped the run.*cancel the workflow.*log is https:/],
  ] as const)('a run that %s is told in its own words, with where its log is', async (state, kind, message) => {
    aws.otherwise = state;
    const { run } = await follow(newWork()).done;
    expect(run.state).toBe(state);
    expect(endedBadly('the job', run, run.log, 'SLUICE_REMOTE_TIMEOUT_MINUTES')).toMatchObject({ kind, message: expect.stringMatching(message), fields: { state, externalRun: run.id } });
  });

  test('a run that vanishes is told as such', async () => {
    const { done } = follow(newWork());
    await until('two looks at the run', () => aws.started.length === 1 && aws.count('GetJobRun') > 1, { told });
    aws.states.set(aws.started[0]!.id, 'gone');
    await expect(done).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(/is gone/), fields: { state: 'vanished', externalRun: aws.started[0]!.id } });
  });

  test('a cancel stops the run, one that was found as well; a worker’s shutdown leaves it', async () => {
    const work = newWork();
    const id = await leftBehind(work);
    expect(aws.count(stops)).toBe(0);
    const { done, abort, steps } = follow(work);
    await until('a look at the run', () => steps.length > 1, { told });
    abort.abort(new CancelledFailure('CANCELLED'));
    await expect(done).rejects.toThrow();
    expect(aws.count(stops)).toBe(1);
    expect(aws.states.get(id)).toBe('stopped');
  });

  test('cancelled while the start is under way, the run is found and stopped', async () => {
    aws.faults.StartJobRun = ['lose the answer'];
    const { done, abort } = follow(newWork());
    await until('the start of a run', () => aws.started.length === 1, { told });
    abort.abort(new CancelledFailure('CANCELLED'));
    await expect(done).rejects.toThrow();
    expect(aws.states.get(aws.started[0]!.id)).toBe('stopped');
  });

  test('what is not there is named with its setting', async () => {
    const nobody = await open(url, 'nobody');
    try {
      await expect(followRun(nobody.about(newWork()), { signal: new AbortController().signal, progress: () => undefined, pollMs: POLL_MS }))
        .rejects.toMatchObject({ kind: 'configuration', message: expect.stringMatching(missing) });
    } finally {
      nobody.close();
    }
  });
});

test('what a run used is noted with what it costs at list prices', () => {
  const run: JobRun = { id: 'jr_1', state: 'succeeded', said: 'SUCCEEDED', reason: null, log: 'https://log', use: { dpuSeconds: 7200 } };
  expect(noteOf(run, false)).toEqual({ externalRun: 'jr_1', log: 'https://log', dpuSeconds: 7200, dollars: 0.88, attached: false });
  expect(noteOf({ ...run, use: { vcpuSeconds: 3600, gigabyteSeconds: 3600 } }, true)).toMatchObject({ dollars: 0.052624 + 0.0057785, attached: true });
  expect(noteOf({ ...run, use: {} }, false).dollars).toBeNull();
});
