/** Apache Kafka from Maven Central: the broker's jars. */
import type { SetupContext } from './cached-part';
import { setUpJars } from './jars';
import kafka from './kafka-jars.json';

export const KAFKA_VERSION = kafka.version;

/** The folder with the jars. */
export async function setUpKafka(context: SetupContext): Promise<string> {
  return setUpJars(context, 'kafka', 'kafka', kafka);
}
