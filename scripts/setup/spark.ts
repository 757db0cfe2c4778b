/** Spark in a Python environment of its own, every file by its hash. Large (320 MB to download), so only where it is asked for. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import type { Terminal } from '../terminal';
import { cachedPart } from './cached-part';
import { cacheDir } from './platform';
import { packagesOf } from './python-environment';
import { onPath, runTool } from './run-tool';

/** Copied beside the compiled file by the build. */
const REQUIREMENTS = join(__dirname, 'spark-requirements.txt');
const OLDEST_PYTHON = 10;
const NEWEST_PYTHON = 13;
/** The one package that is published as sources only. */
const SOURCES_ONLY = 'pyspark';
/** Python 3.13 has no `typing.io` any more, which Spark 3.5 asks for where it names types. */
const TYPING_IO = "import sys, typing; sys.modules.setdefault('typing.io', typing)\n";

export const SPARK_VERSION = /^pyspark==(\S+)/m.exec(readFileSync(REQUIREMENTS, 'utf8'))![1]!;

/** The environment's `python`. */
export async function setUpSpark(terminal: Terminal): Promise<string> {
  const python = onPath('python3');
  const version = python === null ? '' : (await runTool({ command: python, args: ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'] })).trim();
  const [major, minor] = version.split('.').map(Number);
  if (python === null || major !== 3 || minor! < OLDEST_PYTHON || minor! > NEWEST_PYTHON) {
    throw new SluiceError({
      kind: 'configuration', what: `Spark ${SPARK_VERSION} needs Python 3.${OLDEST_PYTHON} to 3.${NEWEST_PYTHON}; ${python === null ? 'there is none' : `this is ${version}`}`,
      on: 'python3', fix: 'Debian: sudo apt install python3 python3-venv; or name the python of an environment with pyspark in SLUICE_SPARK_PYTHON',
    });
  }
  const cache = cacheDir();
  mkdirSync(cache, { recursive: true });
  const pins = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 8);
  const folder = await cachedPart({ cache, terminal }, 'spark', `spark-${SPARK_VERSION}-py${version}-${pins}`, async (making, progress) => {
    const pip = async (...args: readonly string[]): Promise<string> => runTool({
      command: join(making, 'bin', 'python'), args: ['-m', 'pip', ...args, '--disable-pip-version-check', '--no-input', '--quiet'],
      fix: 'Check that PyPI can be reached (pip config list) and start again',
    });
    progress.begin(`Spark ${SPARK_VERSION}: Python environment`);
    await runTool({ command: python, args: ['-m', 'venv', making], fix: 'Debian: sudo apt install python3-venv' });
    // What builds the sources must be there, and known by its hash, before they are built.
    const others = join(making, 'others.txt');
    writeFileSync(others, withoutSources(readFileSync(REQUIREMENTS, 'utf8')));
    await pip('install', '--require-hashes', '--only-binary', ':all:', '--no-deps', '-r', others);
    progress.begin(`Spark ${SPARK_VERSION}: downloading and unpacking 320 MB`);
    await pip('install', '--require-hashes', '--no-build-isolation', '--no-deps', '-r', REQUIREMENTS);
    writeFileSync(join(await packagesOf(join(making, 'bin', 'python')), 'typing-io.pth'), TYPING_IO);
  });
  return join(folder, 'bin', 'python');
}

/** Without the entry of the package that has no wheel: its first line and the hashes below it. */
function withoutSources(requirements: string): string {
  return requirements.split(/\n(?=\S)/).filter((entry) => !entry.startsWith(`${SOURCES_ONLY}==`)).join('\n');
}
