/** An hour's records into Kafka, ours and Java's producer in turn, records of the same sizes with the same acknowledgements; ours read back and summed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration } from '../../contract/configuration';
import { encodeCurated, type RecordFormat } from '../../contract/curated-record';
import { hoursAfter, parseLandingHour } from '../../contract/landing-hour';
import type { CuratedPayment } from '../../contract/payment';
import { firstDifferenceOfSums, SumsOfRows } from '../../contract/sums';
import { setUpKafkaConnect } from '../../scripts/setup/kafka-connect';
import { checkoutRoot } from '../../scripts/setup/platform';
import type { Stack } from '../../scripts/stack/stack';
import type { Terminal } from '../../scripts/terminal';
import { connectKafka } from '../../stores/kafka-connection';
import { openTopic, type PaymentsTopic } from '../../stores/kafka';
import { openSchemaRegistry } from '../../stores/schema-registry';
import { runHeaders } from '../../stores/run-headers';
import { alternating } from '../measuring/alternating';
import { OURS, type Comparison } from '../measuring/comparison';
import { madeUpPayments, writeSpool, type MadeUpHour } from '../measuring/made-up-payments';
import { takenBy, type Parts, type Taken } from '../measuring/taken';
import { producerPerformance } from '../peers/producer-performance';
import type { PublishOrder, PublishReport, SpooledRun } from './our-publish';

export const PUBLISH_PEERS = ['java'] as const;
export const FORMATS: readonly RecordFormat[] = ['avro', 'json'];
type Side = typeof OURS | (typeof PUBLISH_PEERS)[number];

export interface PublishOptions {
  readonly rows: number;
  readonly runs: number;
  readonly formats: readonly RecordFormat[];
  readonly against: readonly (typeof PUBLISH_PEERS)[number][];
}

const LANDING_HOUR = parseLandingHour('2026-01-07T00');
const MERCHANTS = 50;
/** of the rows, before they count */
const WARM_UP_SHARE = 0.2;
const PAYLOADS = 10_000;

export async function comparePublishes(
  stack: Stack, configuration: Configuration, options: PublishOptions, folder: string, terminal: Terminal,
): Promise<readonly Comparison[]> {
  const jars = options.against.length === 0 ? '' : await setUpKafkaConnect(terminal);
  const registry = openSchemaRegistry(configuration);
  const topicNamed = (name: string): PaymentsTopic => openTopic({ ...configuration, SLUICE_KAFKA_TOPIC: name }, registry, () => undefined);
  try {
    const comparisons: Comparison[] = [];
    for (const format of options.formats) comparisons.push(await compareFormat({ stack, configuration, options, folder, terminal, jars, topicNamed }, format));
    return comparisons;
  } finally {
    registry.close();
  }
}

interface Bench {
  readonly stack: Stack;
  readonly configuration: Configuration;
  readonly options: PublishOptions;
  readonly folder: string;
  readonly terminal: Terminal;
  readonly jars: string;
  readonly topicNamed: (name: string) => PaymentsTopic;
}

async function compareFormat({ stack, configuration, options, folder, terminal, jars, topicNamed }: Bench, format: RecordFormat): Promise<Comparison> {
  const kafka: Parts = Object.fromEntries(stack.parts.filter(({ name }) => name === 'kafka').map(({ name, pid }) => [name, pid]));
  const admin = connectKafka(configuration, () => undefined).admin();
  await admin.connect();
  try {
    const prepared = await prepare(topicNamed(configuration.SLUICE_KAFKA_TOPIC), options.rows, format, folder);
    const sides: readonly Side[] = [OURS, ...options.against];
    const measured = await alternating(sides, options.runs, async (side, run) => {
      const topic = topicNamed(`bench.publish.${format}.${side}.${run}`);
      await topic.ensure();
      const took = side === OURS
        ? await publishOurs(topic, { topic: topic.name, format, warmUp: prepared.warmUp, run: prepared.run }, prepared.hour, kafka)
        : await producerPerformance({
            jars, brokers: configuration.SLUICE_KAFKA_BROKERS.join(','), topic: topic.name, payloads: prepared.payloads, warmUp: prepared.warmUp.records, records: options.rows,
          }, kafka);
      // Not what is stable: a commit is answered before its markers are everywhere.
      const there = (await topic.extent(new AbortController().signal)).reduce((sum, { first, end }) => sum + end - first, 0n);
      if (there < BigInt(prepared.warmUp.records + options.rows)) throw new Error(`${side}: ${there} records are in the topic`);
      await admin.deleteTopics({ topics: [topic.name] });
      terminal.say(`run ${run + 1}, ${side}, ${format}: ${took.seconds.toFixed(2)} s`);
      return took;
    });
    return { what: `${format}, ${prepared.bytes} bytes a record`, units: options.rows, sides: measured };
  } finally {
    await admin.disconnect();
  }
}

interface Prepared {
  readonly hour: MadeUpHour;
  readonly warmUp: SpooledRun;
  readonly run: SpooledRun;
  /** texts as long as our records */
  readonly payloads: string;
  /** of a record: key, value, headers; the mean */
  readonly bytes: number;
}

async function prepare({ codec }: PaymentsTopic, rows: number, format: RecordFormat, folder: string): Promise<Prepared> {
  const { valueHeader, schema } = await codec.writing(format);
  const valueOf = (row: CuratedPayment): Buffer => Buffer.concat([valueHeader, encodeCurated(format, row)]);
  const spooled = async (hour: MadeUpHour, name: string): Promise<SpooledRun & { readonly bytes: number }> => {
    const spool = join(folder, `${name}-${format}`);
    const { records, keyBytes, valueBytes } = await writeSpool(spool, madeUpPayments(hour), valueOf);
    return { landingHour: hour.landingHour, spool, records, bytes: keyBytes + valueBytes };
  };
  const hour: MadeUpHour = { landingHour: LANDING_HOUR, rows, merchants: MERCHANTS, revision: 1, changed: false };
  const warmUp = await spooled({ ...hour, landingHour: hoursAfter(LANDING_HOUR, 1), rows: Math.ceil(rows * WARM_UP_SHARE) }, 'warm-up');
  const run = await spooled(hour, 'run');
  const headers = runHeaders(LANDING_HOUR, 1, schema).upsert.length;
  const payloads = join(folder, `payloads-${format}`);
  await writeFile(payloads, [...texts(hour, (row) => Buffer.byteLength(row.payment_id) + valueOf(row).length + headers)].join('\n'));
  return { hour, warmUp, run, payloads, bytes: Math.round(run.bytes / run.records) + headers };
}

/** Letters and no more: the tool takes text only, and nobody compresses. */
function* texts(hour: MadeUpHour, lengthOf: (row: CuratedPayment) => number): Generator<string> {
  let left = Math.min(hour.rows, PAYLOADS);
  for (const row of madeUpPayments(hour)) {
    if (left === 0) return;
    left -= 1;
    yield row.payment_id.repeat(Math.ceil(lengthOf(row) / row.payment_id.length)).slice(0, lengthOf(row));
  }
}

async function publishOurs(topic: PaymentsTopic, order: PublishOrder, hour: MadeUpHour, beside: Parts): Promise<Taken> {
  const { stdout, ...took } = await takenBy({
    name: 'producer', command: process.execPath, args: [join(checkoutRoot(), 'dist', 'bench', 'publishing', 'our-publish.js'), JSON.stringify(order)],
  }, beside);
  const { seconds, published } = JSON.parse(stdout) as PublishReport;
  await mustReadBack(topic, hour, published.ranges);
  return { ...took, seconds };
}

async function mustReadBack(topic: PaymentsTopic, hour: MadeUpHour, ranges: PublishReport['published']['ranges']): Promise<void> {
  const [due, read] = [new SumsOfRows(), new SumsOfRows()];
  for (const row of madeUpPayments(hour)) due.add(row);
  const run = { landingHour: hour.landingHour, revision: 1, ranges, signal: new AbortController().signal };
  for await (const { retracts } of topic.sumRun(run, read)) if (retracts > 0) throw new Error(`${retracts} retractions that nobody sent`);
  const problem = firstDifferenceOfSums('sent', due.result(), 'read back', read.result());
  if (problem !== null) throw new Error(problem);
}
