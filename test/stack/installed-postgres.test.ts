import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POSTGRES_SETTING, postgresVersion, setUpPostgres } from '../../scripts/setup/postgres';
import { postgresPart } from '../../scripts/stack/postgres-server';
import type { PartContext } from '../../scripts/stack/part';
import { Terminal } from '../../scripts/terminal';

const folder = mkdtempSync(join(tmpdir(), 'sluice-test-postgres-'));
const before = process.env[POSTGRES_SETTING];
afterEach(() => {
  if (before === undefined) Reflect.deleteProperty(process.env, POSTGRES_SETTING);
  else process.env[POSTGRES_SETTING] = before;
});
afterAll(() => { rmSync(folder, { recursive: true }); });

/** A Postgres that does nothing but say its version. */
function installed(name: string, says: string): string {
  const home = join(folder, name);
  mkdirSync(join(home, 'bin'), { recursive: true });
  writeFileSync(join(home, 'bin', 'postgres'), `#!/bin/sh\necho '${says}'\n`);
  chmodSync(join(home, 'bin', 'postgres'), 0o755);
  return home;
}

describe('a Postgres that is installed', () => {
  it('is run instead of npm’s where somebody names it', async () => {
    const home = installed('debian', 'postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)');
    process.env[POSTGRES_SETTING] = home;
    expect(postgresVersion()).toBe('15.14');
    expect(await setUpPostgres({ cache: join(folder, 'cache'), terminal: new Terminal(false) })).toBe(home);
  });

  it.each([
    ['too old', () => installed('old', 'postgres (PostgreSQL) 14.9'), 'Postgres 15 or later is needed; this is 14.9'],
    ['not there', () => join(folder, 'nowhere'), 'no Postgres answers there'],
    ['something else', () => installed('else', 'hello'), 'Postgres 15 or later is needed; this is hello'],
  ])('is refused where it is %s, by its place', (_what, home, message) => {
    process.env[POSTGRES_SETTING] = home();
    expect(() => postgresVersion()).toThrow(expect.objectContaining({ kind: 'configuration', message: expect.stringContaining(message) as string }) as Error);
  });

  it('does not touch the data of another version', async () => {
    const data = join(folder, 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'PG_VERSION'), '18\n');
    const context = { folder: data } as PartContext;
    await expect(postgresPart('15.14').prepare(context)).rejects.toThrow('the data are those of Postgres 18, and this is 15.14');
    await expect(postgresPart('18.4.0').prepare(context)).resolves.toBeUndefined();
  });
});
