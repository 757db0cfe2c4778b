import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Context } from '@temporalio/activity';
import { SluiceError } from '../../contract/errors';
import { createActivityInterceptor } from '../../workers/activity-interceptor';
import { createFaults } from '../../workers/faults';
import { Metrics } from '../../workers/metrics';
import { createRedaction } from '../../workers/redaction';

const INPUT = { landingHour: '2026-11-20T10', revision: 1 };

function environment(activityType: string, faultsFile?: string): { readonly env: MockActivityEnvironment; readonly metrics: Metrics } {
  const metrics = new Metrics();
  const env = new MockActivityEnvironment({ activityType }, {
    interceptors: [createActivityInterceptor({
      log: pino({ level: 'silent' }), metrics, redaction: createRedaction(['hunter2-hunter2']), faults: createFaults(faultsFile),
    })],
  });
  return { env, metrics };
}

async function failureOf(error: unknown): Promise<ApplicationFailure> {
  const { env } = environment('load');
  return env.run(async () => { throw error; }, INPUT).then(() => { throw new Error('it did not fail'); }, (failure: ApplicationFailure) => failure);
}

test('wrong data and wrong settings are not tried again; throttles and outages are', async () => {
  for (const kind of ['data', 'configuration', 'usage', 'fenced', 'manifest_stale'] as const) {
    expect(await failureOf(new SluiceError({ kind, what: 'x', fields: { offset: 12n } }))).toMatchObject({ type: kind, nonRetryable: true, details: [{ offset: '12' }] });
  }
  for (const kind of ['throttled', 'transient'] as const) {
    expect(await failureOf(new SluiceError({ kind, what: 'x' }))).toMatchObject({ type: kind, nonRetryable: false });
  }
  expect(await failureOf(new TypeError('a bug'))).toMatchObject({ type: 'TypeError', nonRetryable: false, message: 'a bug' });
});

test('what Temporal is told of a failure holds no secret, no card number and no cause', async () => {
  const failure = await failureOf(new SluiceError({
    kind: 'data', what: 'hunter2-hunter2 at 4111111111111111', fields: { url: 'postgres://u:hunter2-hunter2@h/d' }, cause: new Error('hunter2-hunter2'),
  }));
  const all = JSON.stringify([failure.message, failure.stack, failure.details, failure.cause]);
  expect(all).not.toContain('hunter2');
  expect(all).not.toContain('4111111111111111');
  expect(failure.cause).toBeUndefined();
});

test('cancellation and failures of Temporal’s own pass as they are', async () => {
  const cancelled = new CancelledFailure('stop');
  expect(await failureOf(cancelled)).toBe(cancelled);
  const own = ApplicationFailure.nonRetryable('mine', 'mine');
  expect(await failureOf(own)).toBe(own);
});

test('a finished stage is counted: lines by outcome, seconds, and dead letters by reason', async () => {
  const { env, metrics } = environment('curate');
  await env.run(async () => ({ summaryKey: 's', lines: 10, blank: 1, dead: 3, duplicates: 2, curated: 4, cards: 1, reasons: { malformed_json: 2, currency_invalid: 1 }, quarantined: 0, bytes: 99, files: 1 }), INPUT);
  const text = await metrics.registry.metrics();
  expect(text).toContain('sluice_lines_total{outcome="curated"} 4');
  expect(text).toContain('sluice_lines_total{outcome="dead"} 3');
  expect(text).toContain('sluice_dead_letters_total{reason="malformed_json"} 2');
  expect(text).toContain('sluice_bytes_total{stage="curate"} 99');
  expect(text).toContain('sluice_stage_seconds_count{stage="curate",outcome="done"} 1');
});

test('broken proofs and missing hours are counted, and are there as zero before the first', async () => {
  const { env, metrics } = environment('prove');
  expect(await metrics.registry.metrics()).toContain('sluice_proofs_total{state="broken"} 0');
  expect(await metrics.registry.metrics()).toContain('sluice_missing_hours_total 0');
  await env.run(async () => ({ state: 'broken' }), INPUT);
  expect(await metrics.registry.metrics()).toContain('sluice_proofs_total{state="broken"} 1');
});

test('a failed attempt is counted as failed', async () => {
  const { env, metrics } = environment('publish');
  await expect(env.run(async () => { throw new Error('x'); }, INPUT)).rejects.toThrow();
  expect(await metrics.registry.metrics()).toContain('sluice_stage_seconds_count{stage="publish",outcome="failed"} 1');
});

test('the SDK’s own activity lines carry the run as well', async () => {
  const lines: Record<string, unknown>[] = [];
  const env = new MockActivityEnvironment({ activityType: 'load', attempt: 2 }, {
    logger: { log: (_l, _m, meta) => lines.push(meta ?? {}), trace: (_m, meta) => lines.push(meta ?? {}), debug: (_m, meta) => lines.push(meta ?? {}), info: (_m, meta) => lines.push(meta ?? {}), warn: (_m, meta) => lines.push(meta ?? {}), error: (_m, meta) => lines.push(meta ?? {}) },
    interceptors: [createActivityInterceptor({
      log: pino({ level: 'silent' }), metrics: new Metrics(), redaction: createRedaction(), faults: createFaults(undefined),
    })],
  });
  await env.run(async () => Context.current().log.info('hello'), INPUT);
  expect(lines.at(-1)).toMatchObject({ run: '2026-11-20T10-r1', landingHour: '2026-11-20T10', activity: 'load', attempt: 2 });
});

test('the line that says land is done knows the revision it opened', async () => {
  const lines: string[] = [];
  const env = new MockActivityEnvironment({ activityType: 'land' }, {
    interceptors: [createActivityInterceptor({
      log: pino({}, { write: (line: string) => { lines.push(line); } }), metrics: new Metrics(), redaction: createRedaction(), faults: createFaults(undefined),
    })],
  });
  await env.run(async () => ({ outcome: 'landed', revision: 3, bytes: 1 }), { landingHour: '2026-11-20T10', round: 1 });
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ msg: 'land done', run: '2026-11-20T10-r3', revision: 3 });
});

describe('faults', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-faults-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'faults.json');
  const left = (): unknown => JSON.parse(readFileSync(file, 'utf8'));

  test('happen once, to the activity and hour that are named, and leave the others in the file', async () => {
    const other = { activity: 'commit', landingHour: '2026-11-20T10', when: 'error' };
    writeFileSync(file, JSON.stringify([{ activity: 'load', landingHour: '2026-11-20T11', when: 'error' }, { activity: 'load', when: 'error' }, other]));
    const { env } = environment('load', file);
    await expect(env.run(async () => 1, INPUT)).rejects.toMatchObject({ type: 'transient', nonRetryable: false });
    expect(left()).toEqual([{ activity: 'load', landingHour: '2026-11-20T11', when: 'error' }, other]);
    await expect(env.run(async () => 1, INPUT)).resolves.toBe(1);
  });

  test('kill the process before or after the activity’s body, and are off the list by then', async () => {
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => { throw new Error('killed'); });
    for (const [when, ran] of [['before', false], ['after', true]] as const) {
      writeFileSync(file, JSON.stringify([{ activity: 'load', landingHour: '2026-11-20T10', when }]));
      let body = false;
      await expect(environment('load', file).env.run(async () => { body = true; }, INPUT)).rejects.toThrow('killed');
      expect(kill).toHaveBeenLastCalledWith(process.pid, 'SIGKILL');
      expect(body).toBe(ran);
      expect(left()).toEqual([]);
    }
    kill.mockRestore();
  });

  test('are off where no file is named', async () => {
    expect(existsSync(join(folder, 'none'))).toBe(false);
    await expect(environment('load').env.run(async () => 1, INPUT)).resolves.toBe(1);
  });
});
