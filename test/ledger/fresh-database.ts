/** A database of a test's own on the real server, so that migrations can be applied from nothing. */
import { randomBytes } from 'node:crypto';
import { readConfiguration, type Configuration } from '../../contract/configuration';
import { openPostgres, Postgres } from '../../stores/postgres';
import { SETTING_OF, type Role } from '../../stores/postgres-errors';

export interface FreshDatabase {
  readonly configuration: Configuration;
  open(role: Role): Postgres;
  /** It stays until the run's data are removed: to drop it the server writes a checkpoint and deletes hundreds of files, and other tests wait for that. */
  close(): Promise<void>;
}

export async function freshDatabase(): Promise<FreshDatabase> {
  const stack = readConfiguration(process.env);
  const name = `test_${randomBytes(6).toString('hex')}`;
  const server = openPostgres(stack, 'owner', { connections: 1 });
  try {
    await server.run(`create database ${name}`);
  } finally {
    await server.close();
  }
  const opened: Postgres[] = [];
  const urlOf = (role: Role): string => {
    const url = new URL(stack[SETTING_OF[role]]);
    url.pathname = `/${name}`;
    return url.href;
  };
  return {
    configuration: {
      ...stack,
      SLUICE_POSTGRES_OWNER_URL: urlOf('owner'),
      SLUICE_POSTGRES_LOADER_URL: urlOf('loader'),
      SLUICE_POSTGRES_READER_URL: urlOf('reader'),
    },
    open: (role) => {
      const postgres = new Postgres(urlOf(role), role);
      opened.push(postgres);
      return postgres;
    },
    close: async () => {
      await Promise.all(opened.map((postgres) => postgres.close()));
    },
  };
}
