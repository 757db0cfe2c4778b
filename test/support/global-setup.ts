/** One real stack for the whole test run: its own data, its own ports, beside whatever else runs on this machine. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { POSTGRES_SETTING } from '../../scripts/setup/postgres';
import { identityOf, isAlive, type ProcessIdentity } from '../../scripts/setup/process-identity';
import { superuserUrl } from '../../scripts/stack/postgres-server';
import { startStack, stopStack, forgetData, type Stack } from '../../scripts/stack/stack';
import { stackSecrets } from '../../scripts/stack/state';
import { Terminal } from '../../scripts/terminal';

const PREFIX = 'sluice-test-';
const OWNER = 'owner.json';

declare global {
  var sluiceTestStack: Stack | undefined;
}

export default async function setUpTests(): Promise<void> {
  await sweepKilledRuns();
  const stateDir = ownStateDir();
  for (const name of Object.keys(process.env)) {
    // The tests' settings are the stack's and their own: one left in a shell would make them speak to something real. With what the stack runs may be chosen.
    if (/^(SLUICE|TEMPORAL|AWS)_/.test(name) && name !== 'SLUICE_CACHE_DIR' && name !== POSTGRES_SETTING) Reflect.deleteProperty(process.env, name);
  }
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const stack = await startStack({ stateDir, ports: 'free', terminal: new Terminal(false) });
  globalThis.sluiceTestStack = stack;
  Object.assign(process.env, stack.environment, { SLUICE_STATE_DIR: stateDir });
  void stack.died.then((error) => { process.stderr.write(`\n${error.message}\n`); });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => { void removeStack(stateDir).finally(() => { process.exit(1); }); });
  }
  await withoutFsync(stack);
}

/**
 * Tests kill Postgres and never the machine, so that what it wrote is there again without a flush to the disk. On a machine whose disk
 * stood still a statement that waits for one took longer than the minute that it has.
 */
async function withoutFsync({ stateDir, ports }: Stack): Promise<void> {
  const client = new Client({ connectionString: superuserUrl(stackSecrets(stateDir), ports.postgres, 'postgres') });
  await client.connect();
  try {
    await client.query('alter system set fsync = off');
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}

/** A folder for a stack that the next run removes if this process is killed. */
export function ownStateDir(): string {
  const stateDir = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(join(stateDir, OWNER), JSON.stringify(identityOf(process.pid)));
  return stateDir;
}

export async function removeStack(stateDir: string): Promise<void> {
  await (globalThis.sluiceTestStack?.stop() ?? stopStack(stateDir));
  forgetData(stateDir);
  rmSync(stateDir, { recursive: true, force: true });
}

/** Runs that were killed so hard that they could not clean up. */
async function sweepKilledRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const stateDir = join(tmpdir(), name);
    let owner: ProcessIdentity;
    try {
      owner = JSON.parse(readFileSync(join(stateDir, OWNER), 'utf8')) as ProcessIdentity;
    } catch {
      continue;
    }
    if (isAlive(owner)) continue;
    await stopStack(stateDir);
    forgetData(stateDir);
    rmSync(stateDir, { recursive: true, force: true });
  }
}
