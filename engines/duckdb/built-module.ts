/** Where a module is that another process or thread starts with: beside this one once built; tests run this one from its source, and that one from the build. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SluiceError } from '../../contract/errors';

export function builtModule(name: string): string {
  const found = [join(__dirname, name), join(__dirname, '..', '..', 'dist', 'engines', 'duckdb', name)].find(existsSync);
  if (found !== undefined) return found;
  throw new SluiceError({ kind: 'configuration', what: 'a part of DuckDB’s child process is not built', on: join(__dirname, name), fix: 'Run `npm run build`' });
}
