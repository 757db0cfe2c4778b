/**
 * Java's own producer under Kafka's own measuring tool, with batches as large as ours. All in one transaction, committed at its end; the warm-up is
 * within it and not in the figure. It sends ready texts and nothing else: no keys, no headers, no file to read.
 */
import { join } from 'node:path';
import { java } from '../../scripts/stack/kafka-broker';
import { takenBy, type Parts, type Taken } from '../measuring/taken';

export interface ProducerOrder {
  /** folder of the jars */
  readonly jars: string;
  readonly brokers: string;
  readonly topic: string;
  /** a text a line, sent in no order */
  readonly payloads: string;
  readonly warmUp: number;
  readonly records: number;
}

const STEADY = /^\d+ steady state records sent, ([0-9.]+) records\/sec/m;

export async function producerPerformance({ jars, brokers, topic, payloads, warmUp, records }: ProducerOrder, beside: Parts): Promise<Taken> {
  const { stdout, ...took } = await takenBy({
    name: 'producer', command: java(),
    args: ['-Xmx512m', '-cp', join(jars, '*'), 'org.apache.kafka.tools.ProducerPerformance',
      '--bootstrap-server', brokers, '--topic', topic, '--num-records', String(warmUp + records), '--warmup-records', String(warmUp), '--payload-file', payloads,
      '--throughput', '-1', '--transactional-id', topic, '--transaction-duration-ms', '3600000',
      '--command-property', 'acks=all', 'batch.size=524288', 'linger.ms=5', 'buffer.memory=67108864', 'max.request.size=2097152', 'transaction.timeout.ms=600000'],
  }, beside);
  const rate = STEADY.exec(stdout)?.[1];
  if (rate === undefined) throw new Error(`the tool does not say how fast it was:\n${stdout}`);
  return { ...took, seconds: records / Number(rate) };
}
