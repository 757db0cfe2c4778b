import { randomBytes } from 'node:crypto';
import { CreatePartitionCommand, CreateTableCommand, DeleteTableCommand, UpdateTableCommand } from '@aws-sdk/client-glue';
import { CancelledFailure } from '@temporalio/common';
import { readConfiguration } from '../../contract/configuration';
import { parseLandingHour } from '../../contract/landing-hour';
import { openCatalog, type Catalog } from '../../stores/catalog';
import { refuseStrayTables, refuseUnknownHour, runCrawler } from '../../stores/crawler';
import { ScriptedCrawler, type CrawlerState } from './scripted-crawler';

const configuration = readConfiguration(process.env);
const before = { Status: 'SUCCEEDED', StartTime: 100 };
const ready = (LastCrawl: CrawlerState['LastCrawl']): CrawlerState => ({ State: 'READY', ...(LastCrawl === undefined ? {} : { LastCrawl }) });
const at = (State: 'RUNNING' | 'STOPPING'): CrawlerState => ({ State, LastCrawl: before });

let crawler: ScriptedCrawler;
let catalog: Catalog;
beforeEach(async () => {
  crawler = new ScriptedCrawler(configuration.SLUICE_AWS_ENDPOINT!);
  catalog = openCatalog({ ...configuration, SLUICE_AWS_ENDPOINT: await crawler.start(), SLUICE_GLUE_DATABASE: `crawled_${randomBytes(4).toString('hex')}` });
});
afterEach(async () => {
  catalog.close();
  await crawler.stop();
});

function run(signal: AbortSignal = new AbortController().signal): { readonly done: Promise<{ readonly attached: boolean }>; readonly steps: string[] } {
  const steps: string[] = [];
  return { done: runCrawler(catalog.glue, 'c', { signal, progress: (step) => steps.push(step), pollMs: 10 }), steps };
}

test('starts the crawler and waits for its end, telling how it stands', async () => {
  // Just started it is still READY with the crawl of before: that is not its end.
  crawler.states = [ready(before), ready(before), at('RUNNING'), at('STOPPING'), ready({ Status: 'SUCCEEDED', StartTime: 200 })];
  const { done, steps } = run();
  expect(await done).toEqual({ attached: false });
  expect(steps).toEqual(['started crawler c', 'crawler c is READY', 'crawler c is RUNNING', 'crawler c is STOPPING', 'crawler c is READY']);
});

test('attaches to a crawl that is under way', async () => {
  crawler.running = true;
  crawler.states = [at('RUNNING'), at('RUNNING'), ready({ Status: 'SUCCEEDED', StartTime: 200 })];
  expect(await run().done).toEqual({ attached: true });
});

test('a failed crawl is told with Glue’s reason, where its log is, and the way without a crawler', async () => {
  crawler.states = [ready(before), at('RUNNING'), ready({ Status: 'FAILED', ErrorMessage: 'S3 access denied', StartTime: 200, LogGroup: '/aws-glue/crawlers', LogStream: 'c-1' })];
  await expect(run().done).rejects.toMatchObject({
    kind: 'data', message: expect.stringMatching(/S3 access denied \(crawler c\).*\/aws-glue\/crawlers\/c-1.*SLUICE_CRAWL=catalogue/),
  });
});

test('a crawl that somebody stopped is tried again', async () => {
  crawler.states = [ready(before), ready({ Status: 'CANCELLED', StartTime: 200 })];
  await expect(run().done).rejects.toMatchObject({ kind: 'transient' });
});

test('a cancel stops the crawl that was started here, and not one that was found; a worker’s shutdown leaves it for the retry', async () => {
  for (const [reason, running, stopped] of [['CANCELLED', false, true], ['CANCELLED', true, false], ['WORKER_SHUTDOWN', false, false]] as const) {
    crawler.calls.length = 0;
    crawler.running = running;
    crawler.states = [at('RUNNING')];
    const abort = new AbortController();
    const { done } = run(abort.signal);
    setTimeout(() => abort.abort(new CancelledFailure(reason)), 40);
    await expect(done).rejects.toMatchObject({ name: 'AbortError' });
    expect(crawler.calls.includes('StopCrawler')).toBe(stopped);
  }
});

test('throttles and lost answers are waited out; a start whose answer was lost is not a second crawl', async () => {
  for (const call of ['GetCrawler', 'StartCrawler']) crawler.faults[call] = ['throttle', 'lost', 'throttle'];
  crawler.states = [ready(before), ready(before), at('RUNNING'), ready({ Status: 'SUCCEEDED', StartTime: 200 })];
  // Of the start that nobody heard of it is known only that a crawl is under way.
  expect(await run().done).toEqual({ attached: true });
  expect(crawler.count('StartCrawler')).toBe(4);
});

test.each([
  ['throttle', 'throttled', /ThrottlingException: Rate exceeded \(crawler c\)/],
  ['expired', 'configuration', /expired \(crawler c\)\. Renew the AWS credentials/],
  ['denied', 'configuration', /AccessDeniedException.*worker’s role/],
] as const)('a crawler whose calls are met by %s for good says so', async (fault, kind, message) => {
  for (const call of ['GetCrawler', 'StartCrawler']) {
    crawler.faults[call] = Array.from({ length: 5 }, () => fault);
    crawler.states = [ready(before)];
    await expect(run().done).rejects.toMatchObject({ kind, message: expect.stringMatching(message) });
    crawler.faults[call] = [];
  }
});

test('a crawler that is deleted while it is at work is told as that', async () => {
  crawler.states = [ready(before), at('RUNNING'), 'gone'];
  await expect(run().done).rejects.toMatchObject({ kind: 'configuration', message: expect.stringMatching(/deleted the crawler while it was at work \(crawler c\)/) });
});

test('a crawl that found nothing new is refused where the table no longer projects its hours', async () => {
  const hour = parseLandingHour('2026-11-20T10');
  await catalog.apply();
  await expect(refuseUnknownHour(catalog, hour)).resolves.toBeUndefined();
  const { StorageDescriptor } = (await catalog.table('raw_payments'))!;
  // As a crawler makes it that takes the folders for four keys.
  const keys = ['dt', 'partition_0', 'partition_1', 'partition_2'];
  await catalog.glue.send(new DeleteTableCommand({ DatabaseName: catalog.database, Name: 'raw_payments' }));
  await catalog.glue.send(new CreateTableCommand({
    DatabaseName: catalog.database, TableInput: { Name: 'raw_payments', StorageDescriptor, PartitionKeys: keys.map((Name) => ({ Name, Type: 'string' })) },
  }));
  await expect(refuseUnknownHour(catalog, hour)).rejects.toMatchObject({
    kind: 'configuration', message: expect.stringMatching(/found nothing new.*dt, partition_0, partition_1, partition_2.*raw_payments, 2026-11-20T10.*as its only target/),
  });
  await catalog.glue.send(new CreatePartitionCommand({ DatabaseName: catalog.database, TableName: 'raw_payments', PartitionInput: { Values: ['2026', '11', '20', '10'] } }));
  await expect(refuseUnknownHour(catalog, hour)).resolves.toBeUndefined();
});

test('a crawler that is not there is named with its setting', async () => {
  const direct = openCatalog(configuration);
  try {
    await expect(runCrawler(direct.glue, 'nobody', { signal: new AbortController().signal, progress: () => undefined }))
      .rejects.toMatchObject({ kind: 'configuration', message: expect.stringMatching(/no such crawler \(nobody\).*SLUICE_GLUE_CRAWLER/) });
  } finally {
    direct.close();
  }
});

test('tables of the crawler’s own over the raw payments are refused by name', async () => {
  await catalog.apply();
  await expect(refuseStrayTables(catalog)).resolves.toBeUndefined();
  for (const [name, location] of [['dt_2026', `s3://${catalog.bucket}/raw/payments/dt=2026/`], ['elsewhere', `s3://${catalog.bucket}/raw/payments_old/`]] as const) {
    await catalog.glue.send(new CreateTableCommand({ DatabaseName: catalog.database, TableInput: { Name: name, StorageDescriptor: { Location: location } } }));
  }
  await expect(refuseStrayTables(catalog)).rejects.toMatchObject({ kind: 'configuration', fields: { stray: ['dt_2026'] }, message: expect.stringMatching(/dt_2026.*raw_payments as its only target/) });
});

test('columns that the crawler found and the contract does not know are drift; types it read out of the lines are not', async () => {
  await catalog.apply();
  const raw = (await catalog.table('raw_payments'))!;
  const columns = raw.StorageDescriptor!.Columns!.filter(({ Name }) => Name !== 'decline_reason')
    .map((column) => (column.Name === 'amount_cents' ? { Name: 'amount_cents', Type: 'bigint' } : column.Name === 'user_id' ? { Name: 'user_id', Type: 'struct<id:string>' } : column));
  await catalog.glue.send(new UpdateTableCommand({
    DatabaseName: catalog.database,
    TableInput: { Name: 'raw_payments', PartitionKeys: raw.PartitionKeys!, StorageDescriptor: { ...raw.StorageDescriptor, Columns: [...columns, { Name: 'device', Type: 'string' }] } },
  }));
  expect((await catalog.crawledDrift('raw_payments')).map(({ field, problem }) => [field, problem.replace(/^raw_payments: /, '')])).toEqual([
    ['user_id', 'the table’s column is struct<id:string>, the contract says string; the crawler guessed it: set its update behaviour to LOG'],
    ['decline_reason', 'the table has no such column, the contract says string'],
    ['device', 'the table has the column (string), the contract does not know it'],
  ]);
  // In crawler mode the table's columns are the crawler's.
  expect(await catalog.apply(['raw_payments'])).toEqual({ created: [], updated: [], drift: [] });
});
