/** schemathesis, for the test that holds the API to its own description. Not part of the stack: only that test brings it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from '../terminal';
import { cacheDir } from './platform';
import { pinnedVersion, pythonEnvironment } from './python-environment';

const REQUIREMENTS = join(__dirname, 'schemathesis-requirements.txt');

/** The environment's `python`. */
export function setUpSchemathesis(terminal: Terminal): Promise<string> {
  const cache = cacheDir();
  mkdirSync(cache, { recursive: true });
  return pythonEnvironment({ cache, terminal }, {
    part: 'schemas', name: 'schemathesis', version: pinnedVersion(REQUIREMENTS, 'schemathesis'), requirements: REQUIREMENTS,
  });
}
