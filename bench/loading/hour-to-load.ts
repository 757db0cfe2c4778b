/** An hour's revisions as every side takes them: in our topic, in topics as the peer reads them, in files as COPY takes them. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
import type { Configuration } from '../../contract/configuration';
import { encodeCurated } from '../../contract/curated-record';
import { parseLandingHour } from '../../contract/landing-hour';
import { STATUSES, type CuratedPayment } from '../../contract/payment';
import type { PublishMode } from '../../contract/run';
import type { LoadInput, PublishResult } from '../../contract/stages';
import { NO_SUMS } from '../../contract/sums';
import type { Terminal } from '../../scripts/terminal';
import { fill, readSql } from '../../sql/read-sql';
import { openTopic, type PaymentsTopic } from '../../stores/kafka';
import { copyRows } from '../../stores/payments-copy';
import type { Postgres } from '../../stores/postgres';
import type { PublishedOffset } from '../../stores/published-offset';
import { openSchemaRegistry } from '../../stores/schema-registry';
import { madeUpPayments, writeSpool, type MadeUpHour } from '../measuring/made-up-payments';
import { sinkValue } from '../peers/debezium-sink';
import { keysAt } from '../peers/sink-progress';

const LANDING_HOUR = parseLandingHour('2026-01-06T00');
const AT_ONCE = 5_000;

export const STEPS = ['fresh', 'replayed', 'changed', 'whole'] as const;
/**
 * fresh: all rows into empty tables; replayed: the same run given once more; changed: the tenth of the rows that is another one, of a second
 * revision; whole: all rows of a third one, a tenth of them another one (ours: `--publish all`).
 */
export type Step = (typeof STEPS)[number];

export interface Totals {
  readonly rows: bigint;
  readonly cents: string;
  readonly hash: string;
}

export interface StepToLoad {
  readonly step: Step;
  readonly records: number;
  /** what our load is given */
  readonly input: LoadInput;
  /** how its revision is opened; null: it is the one that is loaded */
  readonly publish: PublishMode | null;
  /** as COPY takes it */
  readonly file: string;
  /** the same rows as hour_payments have them */
  readonly hourFile: string;
  readonly peerTopic: string;
  /** of the peer's topic, one of each partition */
  readonly firstKeys: readonly string[];
  readonly lastKeys: readonly string[];
  /** what the table adds up to afterwards */
  readonly totals: Totals;
}

export interface HourOptions {
  readonly rows: number;
  readonly merchants: number;
}

const REVISIONS = [
  { step: 'fresh', revision: 1, publish: 'changed', only: 'all' },
  { step: 'changed', revision: 2, publish: 'changed', only: 'changed' },
  { step: 'whole', revision: 3, publish: 'all', only: 'all' },
] as const;

export async function prepareHour(
  configuration: Configuration, loader: Postgres, options: HourOptions, folder: string, terminal: Terminal,
): Promise<readonly StepToLoad[]> {
  const registry = openSchemaRegistry(configuration);
  try {
    const ours = openTopic(configuration, registry, () => undefined);
    const steps: StepToLoad[] = [];
    for (const { step, revision, publish, only } of REVISIONS) {
      const hour: MadeUpHour = { landingHour: LANDING_HOUR, ...options, revision, changed: revision > 1 };
      const rows = (): Iterable<CuratedPayment> => madeUpPayments(hour, only);
      const { valueHeader, schema } = await ours.codec.writing(configuration.SLUICE_FORMAT);
      const published = await publishTo(ours, hour, rows(), (row) => Buffer.concat([valueHeader, encodeCurated(configuration.SLUICE_FORMAT, row)]), schema, folder);
      const peers = openTopic({ ...configuration, SLUICE_KAFKA_TOPIC: `bench.load.${step}` }, registry, () => undefined);
      await peers.ensure();
      const forPeers = await publishTo(peers, hour, rows(), sinkValue, 'json', folder);
      const [file, hourFile] = [join(folder, `${step}.copy`), join(folder, `${step}-hour.copy`)];
      await writeCopyFiles(loader, rows(), file, hourFile);
      steps.push({
        step, records: published.records, publish, file, hourFile, peerTopic: peers.name, firstKeys: await keysAt(peers, forPeers.ranges.map(({ partition, from }) => ({ partition, offset: BigInt(from) }))),
        lastKeys: await keysAt(peers, forPeers.ranges.map(({ partition, to }) => ({ partition, offset: BigInt(to) - 1n }))),
        input: { landingHour: LANDING_HOUR, revision, publish: publishResult(ours.name, published, revision === 1 ? 0 : options.rows) },
        totals: totalsOf(madeUpPayments(hour)),
      });
      terminal.say(`${step}: ${published.records.toLocaleString('en-US')} records published for every side`);
    }
    const [fresh, ...later] = steps;
    return [fresh!, { ...fresh!, step: 'replayed', publish: null }, ...later];
  } finally {
    registry.close();
  }
}

async function publishTo(
  topic: PaymentsTopic, { landingHour, revision }: MadeUpHour, rows: Iterable<CuratedPayment>, valueOf: (row: CuratedPayment) => Buffer, schema: string, folder: string,
): Promise<PublishedOffset> {
  const spool = join(folder, 'spool');
  const { records } = await writeSpool(spool, rows, valueOf);
  const fence = await topic.fence(landingHour);
  try {
    return await fence.publish({ revision, spool, records, schema, signal: new AbortController().signal, progress: () => undefined });
  } finally {
    await fence.close();
  }
}

function publishResult(topic: string, { records, ranges }: PublishedOffset, base: number): PublishResult {
  return {
    topic, published: records, upserted: records, retracted: 0, new: base === 0 ? records : 0, base, unchanged: NO_SUMS, ranges,
    upsertsRead: NO_SUMS, retractsRead: 0, found: false,
  };
}

async function writeCopyFiles(loader: Postgres, rows: Iterable<CuratedPayment>, file: string, hourFile: string): Promise<void> {
  await loader.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    await session.run(readSql('load/temporary-tables.sql'));
    await copyRows(session, 'load/copy-arrived.sql', batchesOf(rows), new AbortController().signal);
    await pipeline(session.client.query(copyTo(readSql('bench/copy-ready.sql'))), createWriteStream(file));
    const statuses = `array[${STATUSES.map((status) => `'${status}'`).join(', ')}]`;
    await pipeline(session.client.query(copyTo(fill(readSql('bench/copy-hour-ready.sql'), { statuses }))), createWriteStream(hourFile));
  });
}

async function* batchesOf(rows: Iterable<CuratedPayment>): AsyncGenerator<readonly CuratedPayment[]> {
  let batch: CuratedPayment[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function totalsOf(rows: Iterable<CuratedPayment>): Totals {
  let [count, cents, hash] = [0n, 0n, 0n];
  for (const row of rows) {
    count += 1n;
    cents += row.amount_cents;
    hash += row.row_hash;
  }
  return { rows: count, cents: cents.toString(), hash: hash.toString() };
}
