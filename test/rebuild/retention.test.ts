import { randomUUID } from 'node:crypto';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { curateSummaryKey, deadLettersPrefix, manifestKey, nightlyWorkPrefix, rawRetiredKey, stagingPrefix } from '../../contract/lake-layout';
import { hourStart, landingHourOf, type LandingHour } from '../../contract/landing-hour';
import type { RetentionResult } from '../../contract/retention';
import type { RebuildSummary } from '../../contract/rebuild';
import { freshHour, line, type HourBench } from '../support/hour-bench';
import { OwnBench } from './own-bench';

/** Several runs of hours in each test, and a command line beside them. */
jest.setTimeout(300_000);

let own: OwnBench;
let bench: HourBench;

beforeAll(async () => {
  own = await OwnBench.open({ SLUICE_RETENTION_RAW_DAYS: '365', SLUICE_RETENTION_STAGING_DAYS: '1', SLUICE_RETENTION_REVISIONS_DAYS: '1' });
  bench = own.bench;
  bench.startWorker();
});

afterAll(() => own.close());

function retention(...args: readonly string[]): RetentionResult {
  const { code, out, err } = own.sluice('retention', '--json', ...args);
  if (code !== 0) throw new Error(`${out}${err}`);
  return JSON.parse(out) as RetentionResult;
}

function removed(result: RetentionResult, what: string): unknown {
  const { hours, objects, kept } = result.removed.find((one) => one.what === what)!;
  return { hours, objects, kept };
}

async function keys(prefix: string): Promise<readonly string[]> {
  return (await bench.parts.lake.list(prefix)).map(({ key }) => key);
}

async function everything(): Promise<unknown> {
  return [await bench.parts.lake.list(''), await own.checksums(), await bench.rows('select * from ledger.hours order by 1')];
}

async function topicRetention(set?: string): Promise<Readonly<Record<string, string>>> {
  const kafka = new Kafka({ brokers: [...bench.configuration.SLUICE_KAFKA_BROKERS], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const resource = { type: ConfigResourceTypes.TOPIC, name: bench.configuration.SLUICE_KAFKA_TOPIC };
  if (set !== undefined) {
    await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [
      { name: 'retention.ms', value: set }, { name: 'cleanup.policy', value: 'delete' }, { name: 'max.message.bytes', value: '2000000' },
    ] }] });
  }
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ ...resource, configNames: ['retention.ms', 'max.message.bytes'] }] });
  await admin.disconnect();
  return Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
}

async function proven(hour: LandingHour, payments: number): Promise<string> {
  const key = await bench.land(hour, 'a.json', Array.from({ length: payments }, (_, i) => line(hour, { payment_id: `${hour}-${i}` })).join('\n'));
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven' });
  return key;
}

/** The worker's clock is the real one: what is to be old is made old in the ledger. */
async function aged(hour: LandingHour): Promise<void> {
  await bench.asOwner(`update ledger.revisions set loaded_at = loaded_at - interval '3 days' where landing_hour = $1`, [hourStart(hour)]);
}

const old = freshHour();
const broken = freshHour();
const young = landingHourOf(new Date(Date.now() - 48 * 3_600_000));

test('a dry run shows what would go and changes nothing', async () => {
  await proven(old, 3);
  await proven(young, 2);
  await bench.land(broken, 'cut.json.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0]));
  await bench.land(broken, 'good.json', line(broken, {}));
  expect(await bench.ask(broken)).toMatchObject({ state: 'broken' });
  const before = await everything();
  const dry = retention('--dry-run');
  expect(dry.dryRun).toBe(true);
  expect(removed(dry, 'raw')).toEqual({ hours: 1, objects: 1, kept: [{ landingHour: broken, why: 'the hour is broken' }] });
  expect(await everything()).toEqual(before);
  expect(own.sluice('retention', '--dry-run').out).toContain('Nothing was removed');
});

test('raw objects past their time go where the hour is proven, and everything of an unproven hour stays', async () => {
  const before = await own.checksums();
  const ofBroken = await keys(`raw/payments/dt=${broken.slice(0, 10).replaceAll('-', '/')}/`);
  expect(removed(retention(), 'raw')).toEqual({ hours: 1, objects: 1, kept: [{ landingHour: broken, why: 'the hour is broken' }] });
  expect((await keys('raw/')).filter((key) => key.includes(young.slice(0, 10).replaceAll('-', '/'))).length).toBe(1);
  expect(await keys(`raw/payments/dt=${broken.slice(0, 10).replaceAll('-', '/')}/`)).toEqual(ofBroken);
  expect((await keys('raw/')).length).toBe(ofBroken.length + 1);
  expect(await own.checksums()).toEqual(before);
  expect(await bench.parts.ledger.hour(old)).toMatchObject({ state: 'proven', rawRetiredAt: expect.any(String), rawRemovedAt: expect.any(String) });
  expect(removed(retention(), 'raw')).toMatchObject({ hours: 0, objects: 0 });
});

test('an hour whose raw objects went is proven again when asked for, also with every row and with objects accepted as gone', async () => {
  for (const more of [{}, { publish: 'all' }, { acceptGone: true }] as const) {
    expect(await bench.ask(old, more)).toMatchObject({ state: 'proven', revision: 1, unchanged: true });
  }
});

test('what lands in such an hour breaks it and takes none of its payments, until it is gone or the old objects are back', async () => {
  const late = await bench.land(old, 'late.json', line(old, { payment_id: `${old}-late` }));
  const rows = (): Promise<unknown> => bench.rows('select payment_id from curated_payments where landing_hour = $1 order by 1', [hourStart(old)]);
  const before = await rows();
  for (const more of [{}, { publish: 'all' }, { acceptGone: true }] as const) {
    expect(await bench.ask(old, more)).toMatchObject({ state: 'broken', message: expect.stringContaining(`raw_retired: ${late} landed after`) });
  }
  expect(await rows()).toEqual(before);
  expect(await bench.parts.ledger.hour(old)).toMatchObject({ state: 'broken', lastRevision: 1 });

  await bench.parts.lake.remove([late]);
  expect(await bench.ask(old)).toMatchObject({ state: 'proven', unchanged: true });
});

test('Postgres rebuilt, the hour is as it was, and its raw objects are not missed', async () => {
  const before = await own.checksums();
  await own.loseEverything();
  // Under an id of its own: the command's is one to a namespace, and another test's rebuilding may go on under it.
  await own.migrate();
  const summary = await bench.client.workflow.execute('rebuildPostgres', {
    workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [{ by: 'test' }],
  }) as RebuildSummary;
  expect(summary.notProven).toEqual([expect.objectContaining({ landingHour: broken })]);
  expect(await own.checksums()).toEqual(before);
  expect(await bench.ask(old)).toMatchObject({ state: 'proven', unchanged: true });
});

test('with the old objects back, the hour runs as any other', async () => {
  const hour = freshHour();
  const key = await proven(hour, 3);
  const body = (await bench.parts.lake.readText(key))!.text;
  expect(removed(retention(), 'raw')).toMatchObject({ hours: 1, objects: 1 });
  await bench.land(hour, 'late.json', line(hour, { payment_id: `${hour}-late` }));
  expect(await bench.ask(hour)).toMatchObject({ state: 'broken' });
  await bench.parts.lake.put(key, body);
  const answer = await bench.ask(hour);
  expect(answer).toMatchObject({ state: 'proven', revision: 2 });
  expect(answer.proof!.terms).toMatchObject({ base: 3, new: 1, retracted: 0 });
  expect(await bench.parts.lake.exists(rawRetiredKey(hour))).toBe(false);
});

test('a proven hour in which something has landed since keeps its raw objects', async () => {
  const hour = freshHour();
  await proven(hour, 1);
  const late = await bench.land(hour, 'late.json', line(hour, {}));
  expect(removed(retention(), 'raw')).toMatchObject({ kept: expect.arrayContaining([{ landingHour: hour, why: `${late} landed since; the hour must be run` }]) });
  expect(await bench.ask(hour)).toMatchObject({ state: 'proven', revision: 2 });
});

test('of a replaced revision dead letters, samples and summaries go, its manifest, commit and proof stay', async () => {
  const hour = freshHour();
  await bench.land(hour, 'a.json', `${line(hour, {})}\n{"broken\n`);
  await bench.ask(hour);
  await bench.land(hour, 'b.json', `${line(hour, {})}\n`);
  expect(await bench.ask(hour)).toMatchObject({ revision: 2, state: 'proven' });
  await bench.client.workflow.execute('sweepReplaced', { workflowId: randomUUID(), taskQueue: bench.configuration.SLUICE_TASK_QUEUE, args: [] });
  expect(removed(retention(), 'revisions')).toMatchObject({ hours: 0 });
  await aged(hour);
  expect(removed(retention(), 'revisions')).toMatchObject({ hours: 1, objects: 2 });
  expect((await keys(`runs/${hour}/r1/`)).map((key) => key.split('/').at(-1))).toEqual(['committed.json', 'manifest.json', 'proof.json']);
  expect(await keys(deadLettersPrefix(hour, 1))).toEqual([]);
  expect((await keys(deadLettersPrefix(hour, 2))).length).toBe(1);
  expect(await bench.rows('select revision, count(*)::int from ledger.dead_letters where landing_hour = $1 group by 1', [hourStart(hour)])).toEqual([{ revision: 2, count: 1 }]);
  expect(await bench.parts.lake.exists(manifestKey(hour, 2))).toBe(true);
  expect((await keys(`runs/${hour}/r2/`)).filter((key) => key.startsWith(curateSummaryKey(hour, 2, '').slice(0, -5))).length).toBe(1);
});

test('staging goes when it is old, and stays while it is young or its hour is open', async () => {
  const [goes, stays] = ['old', 'young'].map((name) => `${stagingPrefix(young, 1, 'a1')}curated/${name}.parquet`) as [string, string];
  const underWay = `${stagingPrefix(broken, 2, 'a1')}curated/old.parquet`;
  const unknown = `${stagingPrefix(freshHour(), 1, 'a1')}curated/old.parquet`;
  const [lastWeek, lastNight] = ['ab', 'cd'].map((digest) => `${nightlyWorkPrefix(young.slice(0, 10), digest.repeat(32))}j1/merged/0.parquet`) as [string, string];
  for (const key of [goes, stays, underWay, unknown, lastWeek, lastNight]) await bench.parts.lake.put(key, 'x');
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  // The gateway's objects are files, and their times the files'.
  for (const key of [goes, underWay, unknown, lastWeek]) utimesSync(join(process.env.SLUICE_STATE_DIR!, 's3/objects', bench.configuration.SLUICE_LAKE_BUCKET, key), twoDaysAgo, twoDaysAgo);
  expect(removed(retention(), 'staging')).toEqual({ hours: 1, objects: 2, kept: [] });
  expect(await keys('staging/')).toEqual([stays, underWay, unknown, lastNight].sort());
});

test('what the API keeps goes an hour after its time, and not before', async () => {
  const [goes, stays] = ['api/exports/old/state.json', 'api/answers/young.json'];
  for (const key of [goes, stays]) await bench.parts.lake.put(key, 'x');
  const [past, within] = [26, 24.5].map((hours) => new Date(Date.now() - hours * 3_600_000)) as [Date, Date];
  for (const [key, at] of [[goes, past], [stays, within]] as const) utimesSync(join(process.env.SLUICE_STATE_DIR!, 's3/objects', bench.configuration.SLUICE_LAKE_BUCKET, key), at, at);
  expect(removed(retention(), 'api')).toEqual({ hours: 0, objects: 1, kept: [] });
  expect(await keys('api/')).toEqual([stays]);
});

test('cut off after it was decided, the next one takes the objects; where something has landed since, it gives up', async () => {
  const [goes, keeps] = [freshHour(), freshHour()];
  const { lake, ledger } = bench.parts;
  for (const hour of [goes, keeps]) {
    await proven(hour, 2);
    await lake.put(rawRetiredKey(hour), JSON.stringify({ landingHour: hour, revision: 1, at: new Date().toISOString(), objects: 1, bytes: 1 }));
    expect(await ledger.retireRaw(hour, 1)).toBe(true);
  }
  expect(await bench.ask(goes)).toMatchObject({ state: 'proven', unchanged: true });
  const late = await bench.land(keeps, 'late.json', line(keeps, {}));
  expect(await bench.ask(keeps)).toMatchObject({ state: 'broken' });
  expect(removed(retention(), 'raw')).toMatchObject({ hours: 1, objects: 1, kept: expect.arrayContaining([{ landingHour: keeps, why: `${late} landed since; the hour must be run` }]) });
  expect(await ledger.hour(goes)).toMatchObject({ rawRemovedAt: expect.any(String) });
  expect(await ledger.hour(keeps)).toMatchObject({ rawRetiredAt: null });
  expect(await bench.ask(keeps)).toMatchObject({ state: 'proven', revision: 2 });
});

test('the topic is held to its retention, and its other settings stay', async () => {
  await topicRetention('1000000');
  expect(retention('--dry-run').removed.find(({ what }) => what === 'topic')!.changed).toBe('retention.ms 1000000 → 604800000');
  expect(await topicRetention()).toEqual({ 'retention.ms': '1000000', 'max.message.bytes': '2000000' });
  retention();
  expect(await topicRetention()).toEqual({ 'retention.ms': '604800000', 'max.message.bytes': '2000000' });
  expect(retention().removed.find(({ what }) => what === 'topic')!.changed).toBeNull();
});
