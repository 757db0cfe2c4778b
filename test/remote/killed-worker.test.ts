/** kill -9 of the worker while a run is at work at Glue or EMR Serverless: the next attempt takes the run over, and AWS was asked for one. */
import { CreateApplicationCommand, EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import { CreateJobCommand, GlueClient } from '@aws-sdk/client-glue';
import { randomBytes } from 'node:crypto';
import { hourStart, hourWorkflowId, type LandingHour } from '../../contract/landing-hour';
import { bury } from '../support/burial';
import { shownDetails } from '../support/details';
import { freshHour, HourBench, line, stopped } from '../support/hour-bench';
import { until } from '../support/until';
import { InterposedAws, type StartedRun } from './interposed-aws';
import { work } from './machines';

const endpoint = process.env.SLUICE_AWS_ENDPOINT!;
const region = process.env.SLUICE_AWS_REGION ?? 'eu-central-1';
/** Less than a test has: who waits in vain says for what. */
const PATIENCE_MS = 60_000;
const ROLE = 'arn:aws:iam::123456789012:role/sluice-job';

const SERVICES = [
  ['glue', 'BatchStopJobRun', async (): Promise<Record<string, string>> => {
    const job = `job-${randomBytes(4).toString('hex')}`;
    const glue = new GlueClient({ endpoint, region });
    await glue.send(new CreateJobCommand({
      Name: job, Role: ROLE, Command: { Name: 'glueetl', ScriptLocation: 's3://b/k' }, ExecutionProperty: { MaxConcurrentRuns: 100 }, MaxCapacity: 2,
    }));
    glue.destroy();
    return { SLUICE_ENGINE: 'glue', SLUICE_GLUE_JOB: job };
  }],
  ['emr-serverless', 'CancelJobRun', async (): Promise<Record<string, string>> => {
    const emr = new EMRServerlessClient({ endpoint, region });
    const { applicationId } = await emr.send(new CreateApplicationCommand({ name: 'a', releaseLabel: 'emr-7.5.0', type: 'SPARK' }));
    emr.destroy();
    return { SLUICE_ENGINE: 'emr-serverless', SLUICE_EMR_APPLICATION_ID: applicationId!, SLUICE_EMR_ROLE_ARN: ROLE };
  }],
] as const;

describe.each(SERVICES)('%s', (engine, stops, create) => {
  let aws: InterposedAws;
  let bench: HourBench;

  beforeAll(async () => {
    aws = new InterposedAws(endpoint);
    bench = await HourBench.open({ ...await create(), SLUICE_AWS_ENDPOINT: await aws.start(), SLUICE_REMOTE_POLL_SECONDS: '0.2', SLUICE_SHUTDOWN_GRACE_SECONDS: '1' });
  });
  afterAll(async () => {
    await bench.close();
    await aws.stop();
  });
  beforeEach(() => {
    aws.calls.length = 0;
    aws.started.length = 0;
  });

  const told = (): string => `the calls were ${aws.calls.join(', ')}; the worker says:\n${bench.lastLog()}`;

  async function landed(): Promise<LandingHour> {
    const landingHour = freshHour();
    await bench.land(landingHour, 'a.json', [
      ...Array.from({ length: 50 }, (_, i) => line(landingHour, { payment_id: `${landingHour}-${i}`, amount_cents: i })), 'no json', line(landingHour, { currency: 'XXQ' }),
    ].join('\n'));
    return landingHour;
  }

  async function underWay(): Promise<StartedRun> {
    await until('a run that is followed', () => aws.started.length > 0 && aws.count('GetJobRun') > 1, { ms: PATIENCE_MS, told });
    return aws.started[0]!;
  }

  async function through(landingHour: LandingHour, run: StartedRun): Promise<void> {
    const { processedAt } = (await bench.parts.ledger.revision(landingHour, 1))!;
    await work(bench.parts.lake, run, processedAt);
    aws.states.set(run.id, 'succeeded');
  }

  const stageOf = async (landingHour: LandingHour): Promise<unknown> => (await bench.rows<Record<string, unknown>>(
    `select engine, external_run, log_link, dpu_seconds is not null as dpu, vcpu_seconds is not null as vcpu, cost_dollars is not null as cost, attempt
     from ledger.stages where landing_hour = $1 and stage = 'curate'`, [hourStart(landingHour)]))[0];

  test('killed while the run is at work, the hour is proven by that one run, and the ledger names it', async () => {
    const landingHour = await landed();
    const first = bench.startWorker();
    const asked = bench.ask(landingHour, {}, 150_000);
    const run = await underWay();
    await stopped(first, 'SIGKILL');
    await bury(bench.client, bench.configuration.SLUICE_TASK_QUEUE, first.pid!);
    const second = bench.startWorker();
    const looks = aws.count('GetJobRun');
    await until('the second worker’s looks at the run', () => aws.count('GetJobRun') > looks + 1, { ms: PATIENCE_MS, told });
    await through(landingHour, run);
    expect(await asked).toMatchObject({ state: 'proven', revision: 1, proof: { terms: { lines: 52, deadLettered: 2, curated: 50 } } });
    expect({ starts: aws.count('StartJobRun'), stops: aws.count(stops) }).toEqual({ starts: 1, stops: 0 });
    expect(await stageOf(landingHour)).toEqual({
      engine, external_run: run.id, log_link: expect.stringMatching(/^https:\/\/.*cloudwatch/), dpu: engine === 'glue', vcpu: engine !== 'glue', cost: true, attempt: 2,
    });
    // And so does the Temporal UI: engine, run with a link to its log, what was used and what that costs.
    expect(await shownDetails(bench.client.workflow.getHandle(hourWorkflowId(landingHour)))).toMatch(new RegExp(
      `curate.*by ${engine}, run \\[${run.id}\\]\\(https://[^)]*cloudwatch[^)]*\\), taken over, ${engine === 'glue' ? '246 DPU-seconds, \\$0\\.0301' : '504 vCPU-seconds, \\$0\\.0106'} at list prices`));
    await stopped(second, 'SIGTERM');
  }, 180_000);

  test('told to stop while the run is at work, a worker leaves it, and the next one takes it over', async () => {
    const landingHour = await landed();
    const first = bench.startWorker();
    const asked = bench.ask(landingHour, {}, 150_000);
    const run = await underWay();
    await stopped(first, 'SIGTERM');
    expect(aws.count(stops)).toBe(0);
    const second = bench.startWorker();
    await through(landingHour, run);
    expect(await asked).toMatchObject({ state: 'proven', revision: 1 });
    expect({ starts: aws.count('StartJobRun'), stops: aws.count(stops) }).toEqual({ starts: 1, stops: 0 });
    await stopped(second, 'SIGTERM');
  }, 180_000);

  test('cancelled while the run is at work, the run is stopped and the hour rolled back', async () => {
    const landingHour = await landed();
    const worker = bench.startWorker();
    await bench.ask(landingHour, { waitFor: 'landed' });
    const run = await underWay();
    const handle = bench.client.workflow.getHandle(hourWorkflowId(landingHour));
    await handle.cancel();
    await until('the end of the hour’s run', async () => (await handle.describe()).status.name !== 'RUNNING', { ms: PATIENCE_MS, told });
    expect({ state: aws.states.get(run.id), starts: aws.count('StartJobRun'), stops: aws.count(stops) }).toEqual({ state: 'stopped', starts: 1, stops: 1 });
    expect((await bench.parts.ledger.revision(landingHour, 1))?.state).toBe('rolled_back');
    await stopped(worker, 'SIGTERM');
  }, 180_000);
});
