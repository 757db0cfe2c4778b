/** The topic of the curated payments: made as configured, and looked at where it is there already. */
import { ConfigResourceTypes, type Admin, type Kafka } from 'kafkajs';
import type { Configuration } from '../contract/configuration';
import { SluiceError } from '../contract/errors';
import { kafkaError } from './kafka-errors';

export interface EnsuredTopic {
  readonly created: boolean;
  /** settings in which a topic that was there differs from the configuration; they are not changed */
  readonly differences: readonly string[];
}

/** Creates the topic, or says in what the one that is there differs: more partitions would put a key's revisions on two of them. */
export async function ensureTopic(kafka: Kafka, configuration: Configuration): Promise<EnsuredTopic> {
  const topic = configuration.SLUICE_KAFKA_TOPIC;
  const admin = kafka.admin();
  try {
    await admin.connect();
    const created = await admin.createTopics({
      waitForLeaders: true,
      topics: [{
        topic,
        numPartitions: configuration.SLUICE_KAFKA_PARTITIONS,
        replicationFactor: configuration.SLUICE_KAFKA_REPLICATION,
        configEntries: Object.entries(topicSettings(configuration)).map(([name, value]) => ({ name, value })),
      }],
    });
    return { created, differences: created ? [] : await differencesOf(admin, topic, configuration) };
  } catch (error) {
    throw kafkaError('cannot create the topic', topic, error);
  } finally {
    await admin.disconnect();
  }
}

/** `delete`, never `compact`: the topic's order is not the versions' order. */
function topicSettings(configuration: Configuration): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    'min.insync.replicas': configuration.SLUICE_KAFKA_MIN_INSYNC.toString(),
    'retention.ms': (configuration.SLUICE_KAFKA_RETENTION_HOURS * 3_600_000).toString(),
  };
}

async function differencesOf(admin: Admin, topic: string, configuration: Configuration): Promise<readonly string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]!.partitions;
  const settings = topicSettings(configuration);
  const described = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: Object.keys(settings) }],
  });
  const entries = described.resources[0]!.configEntries;
  const found = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  if (found.get('cleanup.policy')?.includes('compact') === true) {
    throw new SluiceError({
      kind: 'configuration',
      what: 'the topic has cleanup.policy=compact, which drops records before they are read',
      on: topic,
      fix: 'Set cleanup.policy=delete on it, or use another topic (SLUICE_KAFKA_TOPIC)',
    });
  }
  const wanted: readonly (readonly [string, string, string | undefined])[] = [
    ['partitions', configuration.SLUICE_KAFKA_PARTITIONS.toString(), partitions.length.toString()],
    ['replication', configuration.SLUICE_KAFKA_REPLICATION.toString(), partitions[0]?.replicas.length.toString()],
    ...Object.entries(settings).map(([name, value]) => [name, value, found.get(name)] as const),
  ];
  return wanted.filter(([, ours, theirs]) => ours !== theirs).map(([name, ours, theirs]) => `${name}: configured ${ours}, the topic has ${theirs ?? 'none'}`);
}
