/** The topic is made as configured; one that is there is looked at and left alone. */
import { ConfigResourceTypes } from 'kafkajs';
import { openTopic } from '../../stores/kafka';
import { openSchemaRegistry } from '../../stores/schema-registry';
import { TopicUnderTest } from './topic-under-test';

describe('the topic', () => {
  const under = new TopicUnderTest('settings', { SLUICE_KAFKA_PARTITIONS: 4, SLUICE_KAFKA_RETENTION_HOURS: 5 });
  const registry = openSchemaRegistry(under.configuration);
  afterAll(async () => {
    registry.close();
    await under.remove();
  });

  it('is created with the configured partitions, retention and clean-up', async () => {
    expect(await under.topic.ensure()).toEqual({ created: true, differences: [] });
    const admin = under.kafka.admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [under.topic.name] });
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: under.topic.name }] });
    await admin.disconnect();
    expect(topics[0]!.partitions).toHaveLength(4);
    const settings = Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
    expect(settings).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '18000000', 'min.insync.replicas': '1' });
  });

  it('that differs from the configuration is reported and not changed', async () => {
    const other = openTopic({ ...under.configuration, SLUICE_KAFKA_PARTITIONS: 9, SLUICE_KAFKA_RETENTION_HOURS: 6 }, registry, () => undefined);
    const told = { created: false, differences: ['partitions: configured 9, the topic has 4', 'retention.ms: configured 21600000, the topic has 18000000'] };
    expect(await other.ensure()).toEqual(told);
    expect(await other.ensure()).toEqual(told);
  });

  it('of a broker that cannot be reached is an error that may be tried again', async () => {
    const nowhere = openTopic({ ...under.configuration, SLUICE_KAFKA_BROKERS: ['127.0.0.1:1'] }, registry, () => undefined);
    await expect(nowhere.bounds(new AbortController().signal)).rejects.toMatchObject({ kind: 'transient' });
  });

  it('asked for with SASL and no password is a configuration error that names the setting', () => {
    const settings = { ...under.configuration, SLUICE_KAFKA_SASL: 'scram-sha-512', SLUICE_KAFKA_USERNAME: 'u' } as const;
    expect(() => openTopic(settings, registry, () => undefined)).toThrow(/SLUICE_KAFKA_PASSWORD/);
  });
});
