/** Our side of `publish`, a program that does it once: a run to warm up, and one that counts, each a transaction as the activity's is. */
import { readConfiguration } from '../../contract/configuration';
import type { RecordFormat } from '../../contract/curated-record';
import type { LandingHour } from '../../contract/landing-hour';
import { openTopic } from '../../stores/kafka';
import type { PublishedOffset } from '../../stores/published-offset';
import { openSchemaRegistry } from '../../stores/schema-registry';

export interface SpooledRun {
  readonly landingHour: LandingHour;
  readonly spool: string;
  readonly records: number;
}

export interface PublishOrder {
  readonly topic: string;
  readonly format: RecordFormat;
  readonly warmUp: SpooledRun;
  readonly run: SpooledRun;
}

export interface PublishReport {
  /** from the first record read from the spool to the transaction's commit */
  readonly seconds: number;
  readonly published: PublishedOffset;
}

async function main({ topic: name, format, warmUp, run }: PublishOrder): Promise<PublishReport> {
  const configuration = { ...readConfiguration(process.env), SLUICE_KAFKA_TOPIC: name };
  const topic = openTopic(configuration, openSchemaRegistry(configuration), () => undefined);
  const { schema } = await topic.codec.writing(format);
  const publish = async ({ landingHour, spool, records }: SpooledRun): Promise<PublishReport> => {
    const fence = await topic.fence(landingHour);
    try {
      const started = performance.now();
      const published = await fence.publish({ revision: 1, spool, records, schema, signal: new AbortController().signal, progress: () => undefined });
      return { seconds: (performance.now() - started) / 1000, published };
    } finally {
      await fence.close();
    }
  };
  await publish(warmUp);
  return publish(run);
}

main(JSON.parse(process.argv[2]!) as PublishOrder).then(
  (report) => { process.stdout.write(JSON.stringify(report), () => { process.exit(0); }); },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    process.exit(1);
  },
);
