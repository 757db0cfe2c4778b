/** Where this machine keeps things, and what it is called by those who publish binaries for it. */
import { homedir } from 'node:os';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SluiceError } from '../../contract/errors';

export interface Platform {
  readonly os: 'linux' | 'darwin';
  readonly arch: 'x64' | 'arm64';
}

export function thisPlatform(): Platform {
  const { platform, arch } = process;
  if ((platform !== 'linux' && platform !== 'darwin') || (arch !== 'x64' && arch !== 'arm64')) {
    throw new SluiceError({
      kind: 'configuration',
      what: 'the local stack runs on Linux and macOS, x64 and arm64',
      on: `${platform} ${arch}`,
      fix: 'Use docker-compose.yml here',
    });
  }
  return { os: platform, arch };
}

/** The checkout this file was built from; the same from the sources and from dist/. */
export function checkoutRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) {
      throw new SluiceError({ kind: 'configuration', what: 'the checkout cannot be found: no package.json above', on: __dirname });
    }
    folder = parent;
  }
  return folder;
}

/** Binaries that every checkout of this user shares. */
export function cacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment.SLUICE_CACHE_DIR;
  if (chosen !== undefined && chosen !== '') return resolve(chosen);
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'sluice');
  const xdg = environment.XDG_CACHE_HOME;
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.cache') : xdg, 'sluice');
}

export function stateDir(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment.SLUICE_STATE_DIR;
  return chosen === undefined || chosen === '' ? join(checkoutRoot(), '.sluice') : resolve(chosen);
}
