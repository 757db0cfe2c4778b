/** Athena’s conversation over HTTP, against moto with a proxy in front; what Athena’s engine makes of the SQL is held by `npm run parity:athena`. */
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient, CreateWorkGroupCommand, type WorkGroupConfiguration } from '@aws-sdk/client-athena';
import { CancelledFailure } from '@temporalio/common';
import { readConfiguration, type Configuration } from '../../contract/configuration';
import type { LakeRow } from '../../contract/lake-answer';
import { openAthena, type Athena, type AthenaAnswer } from '../../stores/athena';
import { AthenaProxy, type ScriptedColumn } from './athena-proxy';

const configuration = readConfiguration(process.env);
const LIMIT = 50_000_000;
const QUESTION = { sql: 'select 1 as n' } as const;
const ONE: readonly ScriptedColumn[] = [{ Name: 'n', Type: 'bigint' }];

let proxy: AthenaProxy;
let athena: Athena;
/** what it was opened with */
let opening: Configuration;
beforeEach(async () => {
  proxy = new AthenaProxy(configuration.SLUICE_AWS_ENDPOINT!, configuration.SLUICE_AWS_REGION);
  athena = await opened({ BytesScannedCutoffPerQuery: LIMIT, ResultConfiguration: { OutputLocation: 's3://results/athena/' } });
});
afterEach(async () => {
  athena.close();
  await proxy.stop();
});

/** With a workgroup of its own; null: one that is not there. */
async function opened(workgroup: WorkGroupConfiguration | null): Promise<Athena> {
  const name = `wg-${randomBytes(4).toString('hex')}`;
  if (workgroup !== null) {
    const client = new AthenaClient({ region: configuration.SLUICE_AWS_REGION, endpoint: configuration.SLUICE_AWS_ENDPOINT! });
    await client.send(new CreateWorkGroupCommand({ Name: name, Configuration: workgroup }));
    client.destroy();
  }
  opening = { ...configuration, SLUICE_AWS_ENDPOINT: await proxy.start(), SLUICE_ATHENA_WORKGROUP: name, SLUICE_ATHENA_SCAN_BYTES: LIMIT };
  return openAthena(opening);
}

function asked(askedAs: string = randomUUID(), signal: AbortSignal = new AbortController().signal): { readonly done: Promise<AthenaAnswer>; readonly steps: string[] } {
  const steps: string[] = [];
  return { done: athena.ask({ ...QUESTION, askedAs }, { signal, progress: (step) => steps.push(step), pollMs: 10 }), steps };
}

async function allRows(answer: AthenaAnswer): Promise<readonly LakeRow[]> {
  const rows: LakeRow[] = [];
  for await (const page of answer.pages()) rows.push(...page);
  return rows;
}

test('an answer keeps its types: cents and instants to the last digit, null apart from the empty text, page by page', async () => {
  proxy.rowsOfPage = 2;
  await proxy.willAnswer([
    { Name: 'id', Type: 'varchar' }, { Name: 'cents', Type: 'bigint' }, { Name: 'sum', Type: 'decimal', Precision: 38, Scale: 0 }, { Name: 'share', Type: 'decimal', Precision: 10, Scale: 4 },
    { Name: 'at', Type: 'timestamp' }, { Name: 'dt', Type: 'date' }, { Name: 'ok', Type: 'boolean' }, { Name: 'n', Type: 'integer' }, { Name: 'risk', Type: 'double' },
  ], [
    ['a', '9223372036854775807', '99999999999999999999999999999999999999', '0.1000', '2026-11-20 10:00:00.123456', '2026-11-20', 'true', '7', '1.0E-7'],
    ['', '-1', '0', '-0.0001', '1999-12-31 23:59:59.999', '2026-11-20', 'false', '-7', '0.5'],
    [null, null, null, null, null, null, null, null, null],
  ]);
  const answer = await asked().done;
  expect(answer.columns.map(({ type }) => type)).toEqual(['text', 'whole', 'whole', 'exact', 'instant', 'date', 'boolean', 'integer', 'double']);
  expect(await allRows(answer)).toEqual([
    { id: 'a', cents: 9223372036854775807n, sum: 99999999999999999999999999999999999999n, share: '0.1000', at: 1795168800123456n, dt: '2026-11-20', ok: true, n: 7, risk: 1e-7 },
    { id: '', cents: -1n, sum: 0n, share: '-0.0001', at: 946684799999000n, dt: '2026-11-20', ok: false, n: -7, risk: 0.5 },
    { id: null, cents: null, sum: null, share: null, at: null, dt: null, ok: null, n: null, risk: null },
  ]);
  expect(proxy.count('GetQueryResults')).toBe(2);
});

test('waits for the end, says how it stands, and what was scanned and would be billed', async () => {
  await proxy.willAnswer(ONE, [['1']]);
  proxy.states = [[{ State: 'QUEUED' }, { State: 'RUNNING', scanned: 1_000_000 }, { State: 'SUCCEEDED', scanned: 40_000_000 }]];
  const { done, steps } = asked();
  const answer = await done;
  expect([answer.scannedBytes, answer.dollars]).toEqual([40_000_000, 0.0002]);
  const id = proxy.begun[0]!;
  expect(steps).toEqual([`Athena query ${id} is QUEUED`, `Athena query ${id} is RUNNING, 1000000 bytes scanned`, `Athena query ${id} is SUCCEEDED, 40000000 bytes scanned`]);
});

test('asked again after a crash, or where the answer to the start was lost, it attaches; another asking is another query', async () => {
  await proxy.willAnswer(ONE, [['1']]);
  proxy.faults.StartQueryExecution = ['lost'];
  const askedAs = randomUUID();
  expect(await allRows(await asked(askedAs).done)).toEqual([{ n: 1n }]);
  expect(await allRows(await asked(askedAs).done)).toEqual([{ n: 1n }]);
  expect(proxy.begun).toHaveLength(1);
  expect(proxy.count('StartQueryExecution')).toBe(3);
  await proxy.willAnswer(ONE, [['2']]);
  expect(await allRows(await asked().done)).toEqual([{ n: 2n }]);
  expect(proxy.begun).toHaveLength(2);
});

test('an asker that was killed in the middle is followed by one that attaches: Athena sees one token, and begins one query', async () => {
  const askedAs = randomUUID();
  proxy.states = [[{ State: 'RUNNING' }]];
  const killed = spawn(process.execPath, ['-e', `
    const { openAthena } = require(${JSON.stringify(join(__dirname, '../../dist/stores/athena.js'))});
    void openAthena(${JSON.stringify(opening)}).ask(${JSON.stringify({ ...QUESTION, askedAs })}, { signal: new AbortController().signal, progress: (step) => console.log(step), pollMs: 10 });`],
  { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => killed.stdout.on('data', (text: Buffer) => { if (text.includes('RUNNING')) resolve(); }));
  const gone = once(killed, 'exit');
  killed.kill('SIGKILL');
  await gone;
  await proxy.willAnswer(ONE, [['1']]);
  proxy.states = [[{ State: 'SUCCEEDED' }]];
  await asked(askedAs).done;
  expect({ begun: proxy.begun.length, tokens: new Set(proxy.asked).size, asked: proxy.asked.length, stopped: proxy.stopped.length }).toEqual({ begun: 1, tokens: 1, asked: 2, stopped: 0 });
});

test('throttles of every call are waited out', async () => {
  await proxy.willAnswer(ONE, [['1']]);
  for (const call of ['GetWorkGroup', 'StartQueryExecution', 'GetQueryExecution', 'GetQueryResults']) proxy.faults[call] = ['throttle', 'lost'];
  expect(await allRows(await asked().done)).toEqual([{ n: 1n }]);
  expect(proxy.begun).toHaveLength(1);
});

test.each([
  ['throttle', 'throttled', /ThrottlingException: Rate exceeded/],
  ['expired', 'configuration', /expired.*Renew the AWS credentials/],
  ['denied', 'configuration', /not authorized.*infra\/athena-reader\.json/],
] as const)('a call that is met by %s for good says so', async (fault, kind, message) => {
  for (const call of ['StartQueryExecution', 'GetQueryExecution', 'GetQueryResults']) {
    proxy.faults[call] = Array.from({ length: 9 }, () => fault);
    await proxy.willAnswer(ONE, [['1']]);
    await expect(asked().done).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    proxy.faults[call] = [];
  }
});

test('a question that Athena refuses is no outage: it fails once, with Athena’s words', async () => {
  proxy.states = [[{ State: 'FAILED', StateChangeReason: 'COLUMN_NOT_FOUND: line 1:8', AthenaError: { ErrorCategory: 2, ErrorType: 1100, Retryable: false } }]];
  await expect(asked().done).rejects.toMatchObject({ kind: 'data', message: expect.stringMatching(/COLUMN_NOT_FOUND: line 1:8 \(query .*npx sluice prepare/) });
  expect(proxy.begun).toHaveLength(1);
});

test('a query that failed by Athena’s own fault is tried again by whoever asks again, under a new token', async () => {
  const askedAs = randomUUID();
  proxy.states = [[{ State: 'RUNNING' }, { State: 'FAILED', StateChangeReason: 'internal error', AthenaError: { ErrorCategory: 1, Retryable: true } }]];
  await expect(asked(askedAs).done).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(/internal error/) });
  await proxy.willAnswer(ONE, [['1']]);
  expect(await allRows(await asked(askedAs).done)).toEqual([{ n: 1n }]);
  expect(proxy.begun).toHaveLength(2);
});

test('a query that somebody stopped, or that Athena has forgotten, each has its message; the next asking begins anew', async () => {
  const askedAs = randomUUID();
  proxy.states = [[{ State: 'RUNNING' }, { State: 'CANCELLED', StateChangeReason: 'Query cancelled by ana' }]];
  await expect(asked(askedAs).done).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(/somebody stopped the query: Query cancelled by ana/) });
  proxy.states[1] = [{ State: 'RUNNING' }];
  const { done, steps } = asked(askedAs);
  const failed = expect(done).rejects.toMatchObject({ kind: 'transient', message: expect.stringMatching(/no longer knows the query that it had begun/) });
  while (!steps.some((step) => step.includes('RUNNING'))) await sleep(10);
  proxy.forgotten.add(proxy.begun[1]!);
  await failed;
  await proxy.willAnswer(ONE, [['3']]);
  expect(await allRows(await asked(askedAs).done)).toEqual([{ n: 3n }]);
  expect(proxy.begun).toHaveLength(3);
});

test('a cancel stops the query; a worker’s shutdown leaves it, and the retry attaches to it', async () => {
  for (const [reason, stops] of [['WORKER_SHUTDOWN', 0], ['CANCELLED', 1]] as const) {
    const askedAs = randomUUID();
    const begunBefore = proxy.begun.length;
    proxy.states[begunBefore] = [{ State: 'RUNNING' }];
    const abort = new AbortController();
    const { done, steps } = asked(askedAs, abort.signal);
    const failed = expect(done).rejects.toMatchObject({ name: 'AbortError' });
    while (!steps.some((step) => step.includes('RUNNING'))) await sleep(10);
    abort.abort(new CancelledFailure(reason));
    await failed;
    expect(proxy.stopped).toHaveLength(stops);
    if (stops > 0) continue;
    proxy.states[begunBefore] = [{ State: 'SUCCEEDED' }];
    await asked(askedAs).done;
    expect(proxy.begun).toHaveLength(begunBefore + 1);
  }
});

test.each([
  ['no such workgroup', null, /no such Athena workgroup.*SLUICE_ATHENA_WORKGROUP/],
  ['no cut-off', { ResultConfiguration: { OutputLocation: 's3://results/' } }, /any number of bytes.*BytesScannedCutoffPerQuery=50000000/],
  ['a cut-off above the limit', { BytesScannedCutoffPerQuery: LIMIT + 1, ResultConfiguration: { OutputLocation: 's3://results/' } }, /50000001 bytes and SLUICE_ATHENA_SCAN_BYTES is 50000000/],
  ['nowhere to write', { BytesScannedCutoffPerQuery: LIMIT }, /where Athena is to write.*SLUICE_ATHENA_OUTPUT/],
] as const)('nothing is asked of a workgroup that is not safe: %s', async (_name, workgroup, message) => {
  athena.close();
  await proxy.stop();
  athena = await opened(workgroup);
  await expect(asked().done).rejects.toMatchObject({ kind: 'configuration', message: expect.stringMatching(message) });
  expect(proxy.begun).toEqual([]);
});

test('a query that scans more than it may is stopped, by Athena or by us, and says what to do', async () => {
  const message = expect.stringMatching(/had scanned \d+ bytes and 50000000 are allowed.*shorter range or one merchant/) as string;
  proxy.states = [
    [{ State: 'RUNNING' }, { State: 'CANCELLED', StateChangeReason: 'Query cancelled! : Bytes scanned limit was exceeded', scanned: LIMIT }],
    [{ State: 'RUNNING', scanned: LIMIT + 1 }],
  ];
  await expect(asked().done).rejects.toMatchObject({ kind: 'configuration', message });
  expect(proxy.stopped).toEqual([]);
  await expect(asked().done).rejects.toMatchObject({ kind: 'configuration', message });
  expect(proxy.stopped).toEqual([proxy.begun[1]]);
});
