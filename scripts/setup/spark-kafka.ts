/** Spark's own way into Kafka, from Maven Central, for the bench that holds an hour against open tools. Of the same line as our Spark. */
import { mkdirSync } from 'node:fs';
import type { Terminal } from '../terminal';
import { setUpJars } from './jars';
import { cacheDir } from './platform';
import sparkKafka from './spark-kafka-jars.json';

/** The folder with the jars that Spark does not bring. */
export async function setUpSparkKafka(terminal: Terminal): Promise<string> {
  const cache = cacheDir();
  mkdirSync(cache, { recursive: true });
  return setUpJars({ cache, terminal }, 'spark', 'spark-kafka', sparkKafka);
}
