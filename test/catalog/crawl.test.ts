import { randomBytes } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createCrawl } from '../../activities/crawl';
import { manifestKey, rawPrefix } from '../../contract/lake-layout';
import { parseLandingHour } from '../../contract/landing-hour';
import type { CrawlResult } from '../../contract/stages';
import { openCatalog } from '../../stores/catalog';
import { openLake } from '../../stores/lake';
import { openLedger } from '../../stores/ledger';
import { migrate } from '../../stores/migrations';
import { freshDatabase, type FreshDatabase } from '../ledger/fresh-database';
import { ScriptedCrawler } from './scripted-crawler';

const HOUR = parseLandingHour('2026-11-20T10');
const MADE = ['raw_payments', 'curated_payments', 'curated_payments_by_day', 'curated_rows', 'commits', 'committed_files', 'curated', 'current_payments'];
const REF = { landingHour: HOUR, revision: 1 };
let database: FreshDatabase;
let crawler: ScriptedCrawler;
beforeEach(async () => {
  database = await freshDatabase();
  await migrate(database.open('owner'));
  crawler = new ScriptedCrawler(database.configuration.SLUICE_AWS_ENDPOINT!);
});
afterEach(async () => {
  await crawler.stop();
  await database.close();
});

async function crawled(mode: 'catalogue' | 'crawler', times: number): Promise<{ readonly results: readonly CrawlResult[]; readonly recorded: unknown }> {
  const name = randomBytes(6).toString('hex');
  const configuration = {
    ...database.configuration, SLUICE_CRAWL: mode, SLUICE_AWS_ENDPOINT: await crawler.start(), SLUICE_GLUE_DATABASE: `crawl_${name}`, SLUICE_LAKE_BUCKET: `crawl-${name}`,
  } as const;
  const [lake, catalog, ledger] = [openLake(configuration), openCatalog(configuration), openLedger(database.open('loader'))];
  try {
    await lake.ensureBucket();
    await lake.put(`${rawPrefix(HOUR)}a.json`, '{"payment_id":"p"}\n{"payment_id":"p","device":"ios"}\n');
    const objects = await lake.list(rawPrefix(HOUR));
    await lake.put(manifestKey(HOUR, 1), JSON.stringify({ ...REF, listedAt: '', objects, fingerprint: '' }));
    await ledger.openRevision({
      ...REF, round: 1, kind: 'manual', by: 'ana', publish: 'changed', manifestFingerprint: 'm', transformFingerprint: 't', contractVersion: 1,
      force: false, objects: 1, bytes: 1, workflowId: 'w', workflowRunId: 'r', attemptToken: 'a',
    });
    const crawl = createCrawl({ lake, catalog, ledger, configuration });
    const results: CrawlResult[] = [];
    for (let time = 0; time < times; time += 1) results.push(await new MockActivityEnvironment().run(crawl, REF) as CrawlResult);
    return { results, recorded: await ledger.stageResult(REF, 'crawl') };
  } finally {
    await lake.remove((await lake.list('')).map(({ key }) => key));
    lake.close();
    catalog.close();
  }
}

const DEVICE = { field: 'device', where: 'landed', problem: 'the contract does not know this field', firstSeen: `${rawPrefix(HOUR)}a.json:2`, count: 1 };

test('by catalogue calls: tables made, the unknown field told with its line, written down; a second run makes nothing', async () => {
  const { results: [first, second], recorded } = await crawled('catalogue', 2);
  expect(first).toEqual({ mode: 'catalogue', created: [expect.stringMatching(/^database /), ...MADE], updated: [], drift: [DEVICE] });
  expect(second).toEqual({ mode: 'catalogue', created: [], updated: [], drift: [DEVICE] });
  expect(recorded).toEqual(second);
  expect(crawler.calls).not.toContain('StartCrawler');
});

test('by a crawler: the tables are there before it starts, and what it made is looked at after its end', async () => {
  crawler.states = [{ State: 'READY' }, { State: 'READY', LastCrawl: { Status: 'SUCCEEDED', StartTime: 200 } }];
  const { results: [result] } = await crawled('crawler', 1);
  expect(result).toMatchObject({ mode: 'crawler', drift: [DEVICE] });
  const order = crawler.calls.filter((call) => ['CreateTable', 'StartCrawler', 'GetTables'].includes(call));
  expect(order).toEqual(['GetTables', ...MADE.map(() => 'CreateTable'), 'StartCrawler', 'GetTables']);
});
