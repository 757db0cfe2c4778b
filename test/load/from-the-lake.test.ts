import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { changesFromLake, rowsFromLake } from '../../activities/lake-rows';
import { createLoad } from '../../activities/load';
import { createPublish } from '../../activities/publish';
import { readConfiguration } from '../../contract/configuration';
import { commitRecordKey, committedKey, CURATED_PREFIX } from '../../contract/lake-layout';
import type { LandingHour } from '../../contract/landing-hour';
import type { Commit } from '../../contract/run';
import type { LoadResult, PublishResult, RevisionRef } from '../../contract/stages';
import { createDuckdbEngine } from '../../engines/duckdb/engine';
import type { Engine } from '../../engines/engine';
import { openLake, type Lake } from '../../stores/lake';
import { TopicUnderTest } from '../publish/topic-under-test';
import { hourAt, Loading } from './loading';

const control = { signal: new AbortController().signal, progress: () => undefined };
const [ten, eleven] = [hourAt(10), hourAt(11)];

let loading: Loading;
let lake: Lake;
let engine: Engine;
let folder: string;
let kafka: TopicUnderTest;
beforeEach(async () => {
  loading = await Loading.start();
  lake = openLake({ ...readConfiguration(process.env), SLUICE_LAKE_BUCKET: `load-${randomBytes(6).toString('hex')}` });
  await lake.ensureBucket();
  folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  kafka = new TopicUnderTest('load', { SLUICE_KAFKA_PARTITIONS: 1 });
  await kafka.topic.ensure();
  engine = createDuckdbEngine({ memoryLimit: '512MB', threads: 1, workDir: join(folder, 'engine') });
});
afterEach(async () => {
  lake.close();
  await kafka.remove();
  await rm(folder, { recursive: true, force: true });
  await loading.stop();
});

/** Curates lines and commits them, as a run does it before it publishes. */
async function commit(landingHour: LandingHour, lines: readonly object[]): Promise<RevisionRef> {
  const opened = await loading.ledger.openRevision({
    landingHour, round: 1, kind: 'manual', by: 'test', publish: 'changed', force: true, manifestFingerprint: 'm', transformFingerprint: 't',
    contractVersion: 1, objects: 1, bytes: 1, workflowId: 'w', workflowRunId: randomBytes(6).toString('hex'), attemptToken: 'a',
  });
  const ref = { landingHour, revision: opened.revision };
  const name = `${landingHour}-${ref.revision}`;
  const path = join(folder, `${name}.ndjson`);
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const outDir = join(folder, name);
  const processedAt = '2026-11-21T00:00:00.000Z';
  const curated = await engine.curate(
    { ...ref, attempt: 'a', processedAt, objects: [{ key: 'k', version: 'v', path }], outDir }, control);
  expect(curated.counts.dead).toBe(0);
  const files = curated.files.map((file) => ({ ...file, key: `${CURATED_PREFIX}${file.path}` }));
  await lake.putFiles(files.map((file) => ({ key: file.key, path: join(outDir, 'curated', file.path) })));
  const committed: Commit = {
    ...ref, attempt: 'a', processedAt, files, sums: curated.counts.sums, replaced: 0, committedAt: processedAt, nonce: name,
  };
  await lake.put(commitRecordKey(landingHour, ref.revision), JSON.stringify(committed));
  await lake.put(committedKey(landingHour), JSON.stringify(committed));
  await loading.ledger.markCommitted(ref);
  return ref;
}

function line(id: string, createdAt: string, cents: number, merchant = 'shop-1'): object {
  return {
    payment_id: id, merchant_id: merchant, amount_cents: cents, currency: 'EUR', status: 'CAPTURED', created_at: createdAt, risk_score: 0.25,
    source_system: 'a "quoted" \\ name', user_id: 'ü€𝄞',
  };
}

interface Numbers {
  readonly base: number;
  readonly new: number;
  readonly upserted: number;
  readonly retracted: number;
}

/** With the lake as the source of the run, as when the topic's retention has passed. */
async function load(ref: RevisionRef, numbers: Numbers): Promise<LoadResult> {
  const parts = { lake, ledger: loading.ledger, engine };
  const none = { rows: 0, sumRowHash: '0', totals: [] };
  return loading.payments.load({
    input: {
      ...ref,
      publish: {
        ...numbers, topic: 't', published: numbers.upserted + numbers.retracted, unchanged: none, ranges: [], upsertsRead: none,
        retractsRead: numbers.retracted, found: false,
      },
    },
    records: () => changesFromLake(parts, ref, join(folder, `run-${ref.landingHour}-${ref.revision}`), control),
    rowsOfHour: (hour, wanted) => rowsFromLake(parts, hour, wanted, join(folder, `back-${ref.landingHour}-${ref.revision}-${hour}`), control),
    attempt: 1,
    worker: 'test',
    ...control,
  });
}

test('a run that the topic no longer has is loaded from the lake, with what is gone', async () => {
  const first = await commit(ten, [line('p1', '2026-11-20T10:01:00Z', 10), line('p2', '2026-11-20T10:02:00Z', 20), line('p3', '2026-11-20T10:03:00Z', 30)]);
  expect(await load(first, { base: 0, new: 3, upserted: 3, retracted: 0 })).toMatchObject({ won: 3 });
  const second = await commit(ten, [line('p1', '2026-11-20T10:01:00Z', 10), line('p2', '2026-11-20T10:02:00Z', 21)]);
  expect(await load(second, { base: 3, new: 0, upserted: 1, retracted: 1 })).toMatchObject({ updated: 1, retracted: 1 });
  expect(await loading.winners()).toMatchObject([{ payment_id: 'p1', amount_cents: 10n }, { payment_id: 'p2', amount_cents: 21n }]);
});

test('a row that must come back is read whole from the files of its own hour, as that was loaded', async () => {
  await load(await commit(ten, [line('p1', '2026-11-20T10:01:00.123456Z', 10), line('other', '2026-11-20T10:02:00Z', 20, 'shop-2')]),
    { base: 0, new: 2, upserted: 2, retracted: 0 });
  const asTen = await loading.reader.rows('select * from curated_payments order by payment_id');
  await load(await commit(eleven, [line('p1', '2026-11-20T11:01:00Z', 99)]), { base: 0, new: 1, upserted: 1, retracted: 0 });
  // A newer revision of the hour in the lake, not loaded: its row must not slip in.
  await commit(ten, [line('p1', '2026-11-20T10:01:00.123456Z', 77)]);
  expect(await load(await commit(eleven, []), { base: 1, new: 0, upserted: 0, retracted: 1 })).toMatchObject({ retracted: 1, broughtBack: 1 });
  expect(await loading.reader.rows('select * from curated_payments order by payment_id')).toEqual(asTen);
});

describe('the activities, one after the other', () => {
  async function publish(ref: RevisionRef): Promise<PublishResult> {
    const activity = createPublish({ engine, lake, topic: kafka.topic, ledger: loading.ledger, workDir: folder, configuration: kafka.configuration });
    return (await new MockActivityEnvironment().run(activity, { ...ref, publish: 'changed' as const })) as PublishResult;
  }

  async function loadPublished(ref: RevisionRef, published: PublishResult): Promise<LoadResult> {
    const activity = createLoad({ engine, lake, topic: kafka.topic, ledger: loading.ledger, payments: loading.payments, workDir: folder });
    return (await new MockActivityEnvironment().run(activity, { ...ref, publish: published })) as LoadResult;
  }

  const lines = [line('p1', '2026-11-20T10:01:00.123456789Z', 10), line('p2', '2026-11-20T10:02:00Z', 20)];

  test('what was published is loaded, and the ledger knows the numbers', async () => {
    const ref = await commit(ten, lines);
    const published = await publish(ref);
    expect(await loadPublished(ref, published)).toMatchObject({ won: 2, found: false });
    expect(await loading.payments.hourSums(ten)).toEqual(published.upsertsRead);
    expect(await loading.ledger.stageResult(ref, 'load')).toMatchObject({ won: 2, found: false });
    expect(await loadPublished(ref, published)).toMatchObject({ won: 2, found: true });
  });

  test('a run whose records the topic has dropped is loaded all the same', async () => {
    const ref = await commit(ten, lines);
    const published = await publish(ref);
    const admin = kafka.kafka.admin();
    await admin.connect();
    // kafkajs asks nobody where the partitions are unless it was asked for something before.
    await admin.fetchTopicOffsets(kafka.topic.name);
    await admin.deleteTopicRecords({ topic: kafka.topic.name, partitions: [{ partition: 0, offset: published.ranges[0]!.to }] });
    await admin.disconnect();
    expect(await loadPublished(ref, published)).toMatchObject({ won: 2, found: false });
    expect(await loading.payments.hourSums(ten)).toEqual(published.upsertsRead);
  });
});
