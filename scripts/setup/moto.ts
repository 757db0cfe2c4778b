/** moto server in a Python environment of its own, every file by its hash. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { cachedPart, type SetupContext } from './cached-part';
import { onPath, runTool } from './run-tool';

/** Copied beside the compiled file by the build. */
const REQUIREMENTS = join(__dirname, 'moto-requirements.txt');

export const MOTO_VERSION = /^moto==(\S+)/m.exec(readFileSync(REQUIREMENTS, 'utf8'))![1]!;

/** The environment's `python`. */
export async function setUpMoto(context: SetupContext): Promise<string> {
  const python = onPath('python3');
  if (python === null) {
    throw new SluiceError({
      kind: 'configuration', what: 'Python 3.10 or later is missing', on: 'python3',
      fix: 'Debian: sudo apt install python3 python3-venv; macOS: brew install python',
    });
  }
  // The interpreter is part of the name: an environment made for one version does not work under another.
  const version = (await runTool({ command: python, args: ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'] })).trim();
  const pins = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 8);
  const folder = await cachedPart(context, 'aws', `moto-${MOTO_VERSION}-py${version}-${pins}`, async (making, progress) => {
    progress.begin(`moto ${MOTO_VERSION}: Python environment`);
    await runTool({
      command: python, args: ['-m', 'venv', making],
      fix: 'Debian: sudo apt install python3-venv',
    });
    progress.begin(`moto ${MOTO_VERSION}: pip install`);
    await runTool({
      command: join(making, 'bin', 'python'),
      args: ['-m', 'pip', 'install', '--require-hashes', '--only-binary', ':all:', '--no-deps', '--disable-pip-version-check',
        '--no-input', '--quiet', '-r', REQUIREMENTS],
      fix: 'Check that PyPI can be reached (pip config list) and start again',
    });
  });
  return join(folder, 'bin', 'python');
}
