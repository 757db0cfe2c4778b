/**
 * An hour through the tools that are open to everybody: Spark on this machine makes Parquet of the lines and puts its rows into Kafka, Debezium's sink
 * brings them to Postgres meanwhile. Over when the last row is there. From a folder and into one, not over S3; no audit, no proof.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../../contract/configuration';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import { setUpSpark } from '../../scripts/setup/spark';
import { setUpSparkKafka } from '../../scripts/setup/spark-kafka';
import { checkoutRoot } from '../../scripts/setup/platform';
import type { Stack } from '../../scripts/stack/stack';
import type { Terminal } from '../../scripts/terminal';
import { readSql } from '../../sql/read-sql';
import { openTopic } from '../../stores/kafka';
import type { Postgres } from '../../stores/postgres';
import { openSchemaRegistry } from '../../stores/schema-registry';
import { taken, takenBy, type Parts, type Taken } from '../measuring/taken';
import { debeziumSink } from './debezium-sink';
import { startKafkaConnect } from './kafka-connect';
import { keysAt, nextTransaction, untilWritten } from './sink-progress';

const TABLE = 'peer_payments';
const SPARK_THREADS = '2';
const SPARK_MEMORY = '2g';

export interface OpenTools {
  /** `raw`: the folder with the hour's lines */
  hour(landingHour: LandingHour, raw: string): Promise<Taken>;
}

/** The table is made; Connect is up when it returns. */
export async function startOpenTools(stack: Stack, configuration: Configuration, owner: Postgres, beside: Parts, terminal: Terminal): Promise<OpenTools> {
  const [python, kafkaJars] = await Promise.all([setUpSpark(terminal), setUpSparkKafka(terminal)]);
  const jars = (await readdir(kafkaJars)).map((name) => join(kafkaJars, name)).join(',');
  await owner.run(readSql('bench/peer-payments.sql'));
  const brokers = configuration.SLUICE_KAFKA_BROKERS.join(',');
  const connect = await startKafkaConnect(stack, brokers, terminal);
  return {
    async hour(landingHour, raw) {
      const topic = openTopic({ ...configuration, SLUICE_KAFKA_TOPIC: `bench.hour.${landingHour}` }, openSchemaRegistry(configuration), () => undefined);
      await topic.ensure();
      const connector = await connect.add(`hour-${landingHour}`, debeziumSink({ topic: topic.name, table: TABLE, url: configuration.SLUICE_POSTGRES_OWNER_URL }));
      const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-spark-'));
      try {
        const since = await nextTransaction(owner);
        let spark: Taken | undefined;
        const whole = await taken({ connect: connect.pid, ...beside }, async () => {
          spark = await takenBy({
            name: 'spark', command: python,
            args: [join(checkoutRoot(), 'dist', 'bench', 'peers', 'open-tools.py'), '--raw', raw, '--out', join(folder, 'curated'),
              '--sql', join(checkoutRoot(), 'dist', 'sql', 'bench', 'open-tools-rows.spark.sql'), '--landing-micros', String(hourStart(landingHour).getTime() * 1000),
              '--brokers', brokers, '--topic', topic.name, '--jars', jars, '--threads', SPARK_THREADS, '--memory', SPARK_MEMORY],
            environment: { PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python, SPARK_LOCAL_IP: '127.0.0.1', TMPDIR: folder },
          });
          const ends = (await topic.bounds(new AbortController().signal)).filter(({ first, stable }) => stable > first);
          await untilWritten(owner, connector, await keysAt(topic, ends.map(({ partition, stable }) => ({ partition, offset: stable - 1n }))), since);
        });
        return { ...whole, memory: atOnce(whole.memory, spark!.memory), processorSeconds: { ...spark!.processorSeconds, ...whole.processorSeconds } };
      } finally {
        await connector.remove();
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Spark's and Connect's own peaks: they are up at the same time. */
function atOnce(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other;
}

interface TotalsOfSide {
  readonly side: string;
  readonly rows: bigint;
  readonly cents: string;
  readonly hash: string;
}

/** Throws unless ours has the same of the hour. */
export async function mustAgree(owner: Postgres, landingHour: LandingHour): Promise<void> {
  const sides = await owner.rows<TotalsOfSide & Record<string, unknown>>(readSql('bench/totals-of-hour.sql'), [hourStart(landingHour)]);
  const texts = sides.map(({ rows, cents, hash }) => `${rows} rows of ${cents} cents with hashes ${hash}`);
  if (new Set(texts).size === 1) return;
  throw new Error(`${landingHour}: ${sides.map(({ side }, i) => `${side} has ${texts[i]}`).join(', ')}`);
}
