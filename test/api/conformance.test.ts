/** The API against its own description: thousands of requests made from it, right and wrong ones, by somebody else's program. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUpSchemathesis } from '../../scripts/setup/schemathesis';
import { Terminal } from '../../scripts/terminal';
import { ApiBench } from './api-bench';

const CHECKS = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance', 'response_schema_conformance', 'unsupported_method', 'ignored_auth'];
/** Of each operation, besides those that its parameters' edges make. */
const EXAMPLES = 6;
jest.setTimeout(900_000);

let api: ApiBench;
const folder = mkdtempSync(join(tmpdir(), 'sluice-conformance-'));
beforeAll(async () => {
  api = await ApiBench.open();
  await api.bench.asOwner(`insert into ledger.hours (landing_hour, state) values ('2026-11-20T10:00Z', 'proven')`);
  await api.bench.asOwner(
    `insert into curated_payments (payment_id, merchant_id, amount_cents, currency, status, payment_method, decline_reason, created_at, dt, hour, is_approved, is_refunded, processed_at, curated_version, landing_hour, row_hash, authorized_to_complete_ms)
     select 'p' || i, 'merchant-0001', i, 'EUR', case when i % 2 = 0 then 'CAPTURED' else 'DECLINED' end, 'card', '<b>', '2026-11-20T10:00Z', '2026-11-20', 10, false, false, now(), 1, '2026-11-20T10:00Z', i, i * 10 - 20
     from generate_series(1, 50) i`);
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

test('no request makes the API fail, and no answer is one that its description does not have', async () => {
  const python = await setUpSchemathesis(new Terminal(false));
  const { code, said } = await run(python, [
    '-c', 'from schemathesis.cli import schemathesis; schemathesis()', 'run', `${api.api.address}/openapi.json`,
    '--header', `Authorization: Bearer ${api.keys.all!}`, '--checks', CHECKS.join(','), '--phases', 'examples,coverage,fuzzing', '--max-examples', String(EXAMPLES),
    '--seed', '1', '--no-color', '--request-timeout', '60', '--generation-database', 'none',
    // It would start real backfills of made-up hours.
    '--exclude-operation-id', 'postBackfills',
  ]);
  if (code !== 0) throw new Error(said.slice(-8_000));
  expect(said).toMatch(/Operations:\s+\d+ selected/);
});

function run(command: string, args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, env: { ...process.env, PYTHONIOENCODING: 'utf-8' }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString(); });
    child.once('error', reject);
    child.once('close', (code) => { resolve({ code, said }); });
  });
}
