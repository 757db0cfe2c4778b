/** moto server in a Python environment of its own. */
import { join } from 'node:path';
import type { SetupContext } from './cached-part';
import { pinnedVersion, pythonEnvironment } from './python-environment';

const REQUIREMENTS = join(__dirname, 'moto-requirements.txt');

export const MOTO_VERSION = pinnedVersion(REQUIREMENTS, 'moto');

/** The environment's `python`. */
export function setUpMoto(context: SetupContext): Promise<string> {
  return pythonEnvironment(context, { part: 'aws', name: 'moto', version: MOTO_VERSION, requirements: REQUIREMENTS });
}
