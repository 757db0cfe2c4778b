/** Jars from Maven Central, each by its SHA-512, into one folder; no Maven is needed. */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cachedPart, type SetupContext } from './cached-part';
import { download } from './download';

export interface Jars {
  readonly version: string;
  readonly repository: string;
  readonly jars: readonly { readonly path: string; readonly bytes: number; readonly sha512: string }[];
}

const AT_ONCE = 8;

/** The folder with the jars, `<cache>/<name>-<version>`. */
export async function setUpJars(context: SetupContext, part: string, name: string, { version, repository, jars }: Jars): Promise<string> {
  return cachedPart(context, part, `${name}-${version}`, async (folder, progress, downloads) => {
    progress.begin(`downloading ${version}, ${jars.length} jars`);
    const waiting = [...jars];
    const loader = async (): Promise<void> => {
      for (let jar = waiting.shift(); jar !== undefined; jar = waiting.shift()) {
        const path = join(downloads, basename(jar.path));
        await download({
          url: `${repository}${jar.path}`, path, algorithm: 'sha512', digest: jar.sha512,
          progress: (bytes) => { progress.add(bytes); },
        });
        copyFileSync(path, join(folder, basename(jar.path)));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, loader));
  });
}
