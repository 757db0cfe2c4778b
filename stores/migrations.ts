/** Brings the database to what this code expects: plain SQL files in order, forward only, each once. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SluiceError } from '../contract/errors';
import { readSql } from '../sql/read-sql';
import type { Postgres, Session } from './postgres';

const FOLDER = 'migrations';
const FILE = /^(\d{4})-[a-z0-9-]+\.sql$/;
/** Any number, the same for everybody who migrates this database. */
const LOCK = 7_358_412_901;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
}

/** The files of sql/migrations, by number. */
export function readMigrations(): readonly Migration[] {
  const folder = join(dirname(require.resolve('../sql/read-sql')), FOLDER);
  return readdirSync(folder)
    .filter((name) => FILE.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name, text: readSql(`${FOLDER}/${name}`) }));
}

/**
 * Applies what is missing, each file in a transaction of its own. Two at once: one waits and finds the work done. Killed in
 * the middle: what was applied stays, the rest is applied the next time.
 */
export async function migrate(owner: Postgres, migrations: readonly Migration[] = readMigrations()): Promise<{ readonly applied: readonly string[] }> {
  const applied: string[] = [];
  for (;;) {
    const name = await owner.transaction((session) => applyNext(session, migrations));
    if (name === null) return { applied };
    applied.push(name);
  }
}

async function applyNext(session: Session, migrations: readonly Migration[]): Promise<string | null> {
  // Waiting for the other one to migrate may take longer than a statement usually may.
  await session.run('set local statement_timeout = 0');
  await session.run('select pg_advisory_xact_lock($1)', [LOCK]);
  await session.run(readSql('migrations/migrations-table.sql'));
  const done = await session.rows<{ number: number; name: string; checksum: string }>(readSql('ledger/migrations.sql'));
  for (const row of done) {
    const known = migrations.find((migration) => migration.number === row.number);
    if (known === undefined) throw databaseIsNewer(row.name);
    if (known.name !== row.name || checksumOf(known) !== row.checksum) throw fileWasEdited(row.name, known.name);
  }
  const next = migrations.find((migration) => !done.some((row) => row.number === migration.number));
  if (next === undefined) return null;
  const last = done.at(-1);
  if (last !== undefined && next.number < last.number) throw outOfOrder(next.name, last.name);
  await session.run(next.text);
  await session.run(readSql('ledger/save-migration.sql'), [next.number, next.name, checksumOf(next)]);
  return next.name;
}

function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.text).digest('hex');
}

function databaseIsNewer(name: string): SluiceError {
  return new SluiceError({
    kind: 'configuration',
    what: 'the database has a migration that this version of Sluice does not know',
    on: name,
    fix: 'Run the version of Sluice that applied it, or a later one',
    fields: { migration: name },
  });
}

function fileWasEdited(applied: string, file: string): SluiceError {
  return new SluiceError({
    kind: 'configuration',
    what: 'the file of a migration that was applied has been changed since',
    on: applied === file ? file : `${file}, applied as ${applied}`,
    fix: 'Restore the file and put the change into a new migration',
    fields: { migration: file },
  });
}

function outOfOrder(name: string, last: string): SluiceError {
  return new SluiceError({
    kind: 'configuration',
    what: 'a migration is older than the last one that was applied',
    on: `${name}, after ${last}`,
    fix: 'Give it the next number',
    fields: { migration: name },
  });
}
