/** A Python program in an environment of its own, every file of it by its hash. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { cachedPart, type SetupContext } from './cached-part';
import { onPath, runTool } from './run-tool';

export interface PythonProgram {
  /** as it is shown on the way */
  readonly part: string;
  readonly name: string;
  readonly version: string;
  /** with hashes; copied beside the compiled file by the build */
  readonly requirements: string;
}

/** The environment's `python`. */
export async function pythonEnvironment(context: SetupContext, { part, name, version, requirements }: PythonProgram): Promise<string> {
  const python = onPath('python3');
  if (python === null) {
    throw new SluiceError({
      kind: 'configuration', what: 'Python 3.10 or later is missing', on: 'python3',
      fix: 'Debian: sudo apt install python3 python3-venv; macOS: brew install python',
    });
  }
  // The interpreter is part of the name: an environment made for one version does not work under another.
  const interpreter = (await runTool({ command: python, args: ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'] })).trim();
  const pins = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8);
  const folder = await cachedPart(context, part, `${name}-${version}-py${interpreter}-${pins}`, async (making, progress) => {
    progress.begin(`${name} ${version}: Python environment`);
    await runTool({ command: python, args: ['-m', 'venv', making], fix: 'Debian: sudo apt install python3-venv' });
    progress.begin(`${name} ${version}: pip install`);
    await runTool({
      command: join(making, 'bin', 'python'),
      args: ['-m', 'pip', 'install', '--require-hashes', '--only-binary', ':all:', '--no-deps', '--disable-pip-version-check',
        '--no-input', '--quiet', '-r', requirements],
      fix: 'Check that PyPI can be reached (pip config list) and start again',
    });
  });
  return join(folder, 'bin', 'python');
}

/** The folder in which an environment's packages are. */
export async function packagesOf(python: string): Promise<string> {
  return (await runTool({ command: python, args: ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'] })).trim();
}

/** The version that a file of requirements pins. */
export function pinnedVersion(requirements: string, name: string): string {
  return new RegExp(`^${name}==(\\S+)`, 'm').exec(readFileSync(requirements, 'utf8'))![1]!;
}
