/** What the groups of hours say was published. Asked over a cluster that knows its brokers: kafkajs' admin does not, and waits 0.1 s to try again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type Cluster from 'kafkajs/src/cluster';
import type { Kafka, KafkaConfig } from 'kafkajs';
import type { LandingHour } from '../contract/landing-hour';
import { isKafkaCode, kafkaError } from './kafka-errors';
import { openCluster } from './kafka-wire';
import { decodeOffsetMetadata, hourGroup, type PublishedOffset } from './published-offset';

const LOADING = ['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'];
const LONGEST_LOADING_MS = 8_000;

interface CommittedOffset {
  readonly offset: number;
  readonly metadata: string;
}

/** Null: nothing was published, or the group's offset has expired. Right after a fence it is certain: nothing of the hour's transactional id is pending. */
export async function publishedOffset(cluster: Cluster, topic: string, landingHour: LandingHour): Promise<PublishedOffset | null> {
  const found = await committedOffset(cluster, topic, landingHour);
  return found === null ? null : decodeOffsetMetadata(found.offset, found.metadata);
}

/** Of many hours, looked at and not fenced: whoever publishes is not disturbed. 0: nothing was published; a transaction that is open does not count. */
export async function publishedRevisions(kafka: Kafka, config: KafkaConfig, topic: string, hours: readonly LandingHour[]): Promise<ReadonlyMap<LandingHour, number>> {
  let cluster: Cluster | undefined;
  try {
    cluster = await openCluster(kafka, config, topic);
    const found = new Map<LandingHour, number>();
    for (const hour of hours) found.set(hour, (await committedOffset(cluster, topic, hour))?.offset ?? 0);
    return found;
  } catch (error) {
    throw kafkaError('cannot see what is published', topic, error);
  } finally {
    await cluster?.disconnect();
  }
}

async function committedOffset(cluster: Cluster, topic: string, landingHour: LandingHour): Promise<CommittedOffset | null> {
  const groupId = hourGroup(landingHour);
  const { responses } = await onceCoordinated(async () => {
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    return coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: [{ partition: 0 }] }] });
  });
  const found = responses[0]?.partitions[0];
  if (found === undefined || Number(found.offset) < 0) return null;
  return { offset: Number(found.offset), metadata: found.metadata ?? '' };
}

/** On a young or restarted broker the group's coordinator is still being loaded; kafkajs does not wait for it here. */
async function onceCoordinated<T>(ask: () => Promise<T>): Promise<T> {
  for (let waited = 100; ; waited *= 2) {
    try {
      return await ask();
    } catch (error) {
      if (waited > LONGEST_LOADING_MS || !LOADING.some((code) => isKafkaCode(error, code))) throw error;
      await sleep(waited);
    }
  }
}
