/** The demo's key: made once and kept beside the local stack's data, so that every start prints the one that the browser has. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SCOPES } from '../contract/api-keys';
import type { Configuration } from '../contract/configuration';
import { createKey, findKey } from '../stores/api-keys';
import { openLedger } from '../stores/ledger';
import { openPostgres } from '../stores/postgres';

/** It opens everything, for its data are made up. Of a real stack keys are made by hand. */
export async function demoKey(configuration: Configuration, stateDir: string): Promise<string> {
  const file = join(stateDir, 'demo-key');
  const loader = openPostgres(configuration, 'loader');
  try {
    const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
    if (kept !== '' && await findKey(loader, kept) !== null) return kept;
    const { secret } = await createKey(loader, openLedger(loader), { name: 'demo', scopes: SCOPES, merchantId: null, expiresAt: null, by: 'npm start' });
    await writeFile(file, secret, { mode: 0o600 });
    return secret;
  } finally {
    await loader.close();
  }
}
