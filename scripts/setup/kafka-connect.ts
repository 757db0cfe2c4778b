/**
 * What `npm run bench` holds Sluice against where Kafka is concerned: Kafka Connect and Java's own producer with its measuring tool, and Debezium's
 * JDBC sink as a plugin of it. From Maven Central, only where a bench asks for them.
 */
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Terminal } from '../terminal';
import { cachedPart } from './cached-part';
import { download } from './download';
import { setUpJars } from './jars';
import connect from './kafka-connect-jars.json';
import { cacheDir } from './platform';
import { runTool } from './run-tool';

export const KAFKA_CONNECT_VERSION = connect.version;
export const DEBEZIUM_VERSION = '3.6.0.Final';

const DEBEZIUM = {
  url: `https://repo1.maven.org/maven2/io/debezium/debezium-connector-jdbc/${DEBEZIUM_VERSION}/debezium-connector-jdbc-${DEBEZIUM_VERSION}-plugin.tar.gz`,
  sha512: '7ce615b4b41d029226b03722b0acaee61bc18c5335faa3d4ca23f80d3217f3f9e08f296ad9e17fd08918101d51159480444cf8cc833b0ab1f73ac198a4877dc4',
};

/** The folder with the jars: Connect's, Java's producer and Kafka's tools. */
export async function setUpKafkaConnect(terminal: Terminal): Promise<string> {
  return setUpJars(contextOf(terminal), 'connect', 'kafka-connect', connect);
}

/** The folder that Connect is told to look for plugins in. */
export async function setUpDebezium(terminal: Terminal): Promise<string> {
  return cachedPart(contextOf(terminal), 'debezium', `debezium-jdbc-${DEBEZIUM_VERSION}`, async (folder, progress, downloads) => {
    progress.begin(`downloading ${DEBEZIUM_VERSION}, 58 MB`);
    const path = join(downloads, basename(DEBEZIUM.url));
    await download({ url: DEBEZIUM.url, path, algorithm: 'sha512', digest: DEBEZIUM.sha512, progress: (bytes) => { progress.add(bytes); } });
    await runTool({ command: 'tar', args: ['-xzf', path, '-C', folder] });
  });
}

function contextOf(terminal: Terminal): { readonly cache: string; readonly terminal: Terminal } {
  const cache = cacheDir();
  mkdirSync(cache, { recursive: true });
  return { cache, terminal };
}
