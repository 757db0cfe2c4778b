/** The Postgres of the local stack: its own data folder, three roles with random passwords, one database. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { SluiceError } from '../../contract/errors';
import { readSql } from '../../sql/read-sql';
import { POSTGRES_SETTING, ROOT_FOLDER } from '../setup/postgres';
import { runTool } from '../setup/run-tool';
import { postgresAnswers } from './health';
import type { Part, PartAddress, PartContext } from './part';
import { stackSecrets, type Secrets } from './state';

const HOST = '127.0.0.1';
export const DATABASE = 'sluice';
const SUPERUSER = 'postgres';

export type StackRole = 'owner' | 'loader' | 'reader';
const ROLES: readonly StackRole[] = ['owner', 'loader', 'reader'];

export function postgresUrl(role: StackRole, secrets: Secrets, port: number): string {
  return `postgres://sluice_${role}:${secrets[role]}@${HOST}:${port}/${DATABASE}`;
}

export function postgresPart(version: string): Part {
  return {
    name: 'postgres',
    about: 'Postgres',
    version,
    ports: ['postgres'],
    // Fast shutdown; SIGTERM would wait for every client to leave by itself.
    stopSignal: 'SIGINT',
    folder: dataFolder,
    prepare: (context) => prepare(context, version),
    launch: ({ programs, ports, folder, log }) => ({
      command: join(programs.postgres, 'bin', 'postgres'),
      args: ['-D', folder, '-c', `listen_addresses=${HOST}`, '-c', `port=${ports.postgres}`, '-c', 'unix_socket_directories=',
        '-c', 'max_connections=200', '-c', `shared_buffers=${sharedBuffersMiB()}MB`, '-c', 'max_wal_size=2GB', '-c', 'timezone=UTC', '-c', 'log_timezone=UTC'],
      environment: SERVER_LOCALE,
      cwd: folder,
      log,
      ...unprivileged(),
    }),
    answers: ({ ports, secrets }) => postgresAnswers(superuserUrl(secrets, ports.postgres, 'postgres')),
    furnish,
    address: (address: PartAddress) => postgresUrl('reader', address.secrets, address.ports.postgres),
  };
}

/**
 * Postgres' own 128 MB hold less than an hour of a million payments: a revision that changes a tenth of them would have each page written, read
 * and its checksum taken once more for every table. An eighth of the memory that there is, taken as it is used.
 */
function sharedBuffersMiB(): number {
  // Where nothing limits it, the container's is larger than any machine's, or 0.
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(totalmem(), limit) : totalmem();
  return Math.min(1_024, Math.max(128, Math.floor(memory / 8 / 1024 ** 2)));
}

const SERVER_LOCALE = { LC_ALL: 'C', TZ: 'UTC' };

/**
 * As root, below a folder that an unprivileged user can enter; the state folder may be in one that it cannot. Named after
 * the password too: a new checkout at the path of a deleted one must not find data that its keys do not open.
 */
function dataFolder(stateDir: string): string {
  if (process.getuid?.() !== 0) return join(stateDir, 'postgres');
  const name = createHash('sha256').update(`${stateDir}\0${stackSecrets(stateDir).postgres}`).digest('hex').slice(0, 16);
  return join(ROOT_FOLDER, 'data', name);
}

async function prepare({ programs, secrets, folder }: PartContext, version: string): Promise<void> {
  const madeBy = join(folder, 'PG_VERSION');
  if (existsSync(madeBy)) return mustBe(readFileSync(madeBy, 'utf8').trim(), version, folder);
  // initdb in a folder beside it: one that was interrupted would be taken for a database.
  const making = `${folder}.making`;
  rmSync(making, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  mkdirSync(making, { mode: 0o700 });
  const user = unprivileged();
  const passwordFile = `${making}.password`;
  writeFileSync(passwordFile, secrets.postgres, { mode: 0o600 });
  if (user !== null) {
    chownSync(making, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  try {
    await runTool({
      command: join(programs.postgres, 'bin', 'initdb'),
      args: ['-D', making, '-U', SUPERUSER, '--pwfile', passwordFile, '--auth=scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-instructions'],
      environment: { ...process.env, ...SERVER_LOCALE },
      cwd: dirname(making),
      ...user,
    });
  } finally {
    unlinkSync(passwordFile);
  }
  renameSync(making, folder);
}

/** The server would say so too, in a log that nobody reads. */
function mustBe(major: string, version: string, folder: string): void {
  if (major === String(Number.parseInt(version, 10))) return;
  throw new SluiceError({
    kind: 'configuration', what: `the data are those of Postgres ${major}, and this is ${version}`, on: folder,
    fix: `Take the one that made them (${POSTGRES_SETTING}), or forget the data: \`npm start -- --fresh\``,
  });
}

async function furnish({ ports, secrets }: PartContext): Promise<void> {
  const client = new Client({ connectionString: superuserUrl(secrets, ports.postgres, 'postgres') });
  await client.connect();
  const obey = async (name: string, values: readonly (string | boolean)[]): Promise<void> => {
    const { rows } = await client.query<{ statement: string }>(readSql(name), [...values]);
    await client.query(rows[0]!.statement);
  };
  try {
    for (const role of ROLES) await obey('stack/role-statement.sql', [`sluice_${role}`, secrets[role], role !== 'loader']);
    await obey('stack/owner-statement.sql', ['sluice_owner']);
    const { rowCount } = await client.query(readSql('stack/database-exists.sql'), [DATABASE]);
    if (rowCount === 0) await obey('stack/database-statement.sql', [DATABASE, 'sluice_owner']);
  } finally {
    await client.end();
  }
}

/** Beside the part's own use, for a test that sets up what no role of ours may. */
export function superuserUrl(secrets: Secrets, port: number, database: string): string {
  return `postgres://${SUPERUSER}:${secrets.postgres}@${HOST}:${port}/${database}`;
}

interface User { readonly uid: number; readonly gid: number }

/** Postgres refuses to run as root. */
function unprivileged(): User | null {
  if (process.getuid?.() !== 0) return null;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }).trim());
  return { uid: id('-u'), gid: id('-g') };
}
