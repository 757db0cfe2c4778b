/** Whether a transaction is open on the topic: records that are there and that nobody may see yet. */
import { Kafka, logLevel } from 'kafkajs';
import type { Configuration } from '../../contract/configuration';
import { kafkaConfig } from '../../stores/kafka-connection';
import { fetchCommitted, openCluster } from '../../stores/kafka-wire';
import type { PaymentsTopic } from '../../stores/kafka';

export async function hasOpenTransaction(configuration: Configuration, topic: PaymentsTopic): Promise<boolean> {
  const kafka = new Kafka({ ...kafkaConfig(configuration), logLevel: logLevel.NOTHING });
  const cluster = await openCluster(kafka, kafkaConfig(configuration), topic.name);
  try {
    const stable = new Map((await topic.bounds(new AbortController().signal)).map((bounds) => [bounds.partition, bounds.stable]));
    const leaders = Object.entries(cluster.findLeaderForPartitions(topic.name, [...stable.keys()]));
    const answers = await Promise.all(leaders.map(async ([nodeId, partitions]) =>
      fetchCommitted(await cluster.findBroker({ nodeId }), topic.name, new Map(partitions.map((partition) => [partition, stable.get(partition)!])))));
    return answers.flat().some(({ partition, highWatermark, batches }) => highWatermark > stable.get(partition)! && batches.length === 0);
  } finally {
    await cluster.disconnect();
  }
}
