/** Apache Kafka from Maven Central: the broker's jars, each by its SHA-512. */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cachedPart, type SetupContext } from './cached-part';
import { download } from './download';
import kafka from './kafka-jars.json';

export const KAFKA_VERSION = kafka.version;
const AT_ONCE = 8;

/** The folder with the jars. */
export async function setUpKafka(context: SetupContext): Promise<string> {
  return cachedPart(context, 'kafka', `kafka-${kafka.version}`, async (folder, progress, downloads) => {
    progress.begin(`downloading ${kafka.version}, ${kafka.jars.length} jars`);
    const waiting = [...kafka.jars];
    const loader = async (): Promise<void> => {
      for (let jar = waiting.shift(); jar !== undefined; jar = waiting.shift()) {
        const path = join(downloads, basename(jar.path));
        await download({
          url: `${kafka.repository}${jar.path}`, path, algorithm: 'sha512', digest: jar.sha512,
          progress: (bytes) => { progress.add(bytes); },
        });
        copyFileSync(path, join(folder, basename(jar.path)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, loader));
  });
}
