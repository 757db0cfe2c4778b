/** `sluice keys`: who may ask the API for what. */
import { Option, type Command } from 'commander';
import { SCOPES, type Scope } from '../../contract/api-keys';
import { createKey, listKeys, revokeKey } from '../../stores/api-keys';
import { openLedger, type Ledger } from '../../stores/ledger';
import { openPostgres, type Postgres } from '../../stores/postgres';
import { merchantOption, operator, wholeNumberOption } from '../options';
import { stackConfiguration } from '../stack/environment';
import { table, type Terminal } from '../terminal';

interface CreateOptions {
  readonly name: string;
  readonly scope: readonly Scope[];
  readonly merchant?: string;
  readonly days?: number;
  readonly by?: string;
}

const DAY_MS = 86_400_000;

export function addKeysCommand(program: Command, terminalOf: () => Terminal): void {
  const keys = program.command('keys').description('keys of the API: make one, see who has which, revoke one');

  keys
    .command('create')
    .description('make a key of the API and show it, this once')
    .requiredOption('--name <name>', 'whose it is, or what it is for')
    .addOption(new Option('--scope <scope...>', 'what it opens').choices(SCOPES).default(['reports:read'], 'reports:read'))
    .option('--merchant <id>', 'it shows this merchant only', merchantOption)
    .option('--days <n>', 'days after which it is worth nothing (default: never)', wholeNumberOption(1))
    .option('--by <name>', 'who makes it, for the audit (default: the login name)')
    .action((options: CreateOptions) => withKeys('loader', async ({ postgres, ledger }) => {
      const expiresAt = options.days === undefined ? null : new Date(Date.now() + options.days * DAY_MS);
      const made = await createKey(postgres, ledger, { name: options.name, scopes: options.scope, merchantId: options.merchant ?? null, expiresAt, by: operator(options.by) });
      const terminal = terminalOf();
      terminal.say('Keep it: only its hash is kept here.');
      terminal.result({ keyId: made.keyId, key: made.secret, scopes: options.scope, merchant: options.merchant ?? null, expiresAt: expiresAt?.toISOString() ?? null }, () => made.secret);
    }));

  keys
    .command('list')
    .description('every key that was given out; not the keys themselves')
    .action(() => withKeys('reader', async ({ postgres }) => {
      const all = await listKeys(postgres);
      terminalOf().result({ keys: all }, () => (all.length === 0 ? 'No key was made yet: npx sluice keys create --name me' : table(
        ['key id', 'name', 'scopes', 'merchant', 'made', 'by', 'until', 'revoked'].map((title) => ({ title })),
        all.map((key) => [key.keyId, key.name, key.scopes.join(' '), key.merchantId ?? 'all', key.createdAt.slice(0, 16), key.createdBy, key.expiresAt?.slice(0, 16) ?? '', key.revokedAt?.slice(0, 16) ?? '']),
      )));
    }));

  keys
    .command('revoke')
    .description('make a key worth nothing, within five seconds')
    .argument('<key-id>', 'the key id of `keys list`, not the key')
    .option('--by <name>', 'who revokes it, for the audit (default: the login name)')
    .action((keyId: string, { by }: { readonly by?: string }) => withKeys('loader', async ({ postgres, ledger }) => {
      await revokeKey(postgres, ledger, keyId, operator(by));
      terminalOf().result({ keyId, revoked: true }, () => `${keyId} is revoked`);
    }));
}

async function withKeys(role: 'reader' | 'loader', work: (parts: { readonly postgres: Postgres; readonly ledger: Ledger }) => Promise<void>): Promise<void> {
  const postgres = openPostgres(await stackConfiguration(), role);
  try {
    await work({ postgres, ledger: openLedger(postgres) });
  } finally {
    await postgres.close();
  }
}
