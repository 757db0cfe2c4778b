/** What docs/reports.md promises to tools that ask Athena is what the catalogue is given, and what the policy lets them read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogTables } from '../../stores/catalog-tables';
import { catalogViews } from '../../stores/catalog-views';

const ROOT = join(__dirname, '../..');
const section = readFileSync(join(ROOT, 'docs/reports.md'), 'utf8').split('\n### The same on Athena\n')[1]!.split('\nThe roll-ups behind all this')[0]!;
const promised = section.split('\n').flatMap((line) => /^\| `([a-z_]+)` \| /.exec(line)?.[1] ?? []);
const views = catalogViews('wallet_db', 'lake');
const there = [...catalogTables('lake'), ...views];

test('every name that it promises is a table or a view of the catalogue', () => {
  expect(promised).toEqual(expect.arrayContaining(['current_payments', 'curated', 'committed_files']));
  expect(promised.filter((name) => !there.some(({ Name }) => Name === name))).toEqual([]);
});

test('the views have the columns that it speaks of', () => {
  const columnsOf = (name: string): readonly string[] => views.find(({ Name }) => Name === name)!.StorageDescriptor.Columns!.map((column) => column.Name!);
  expect(columnsOf('current_payments')).toEqual(expect.arrayContaining(['payment_id', 'merchant_id', 'user_id', 'amount_cents', 'currency', 'status', 'dt', 'file']));
  expect(columnsOf('committed_files')).toContain('landing_hour');
});

test('whoever has the policy of a reader may read each of them', () => {
  const { Statement } = JSON.parse(readFileSync(join(ROOT, 'infra/athena-reader.json'), 'utf8')) as { readonly Statement: readonly { readonly Sid: string; readonly Resource: string | readonly string[] }[] };
  const readable = Statement.flatMap(({ Resource }) => Resource).flatMap((arn) => /table\/wallet_db\/(\w+)$/.exec(arn)?.[1] ?? []);
  expect(promised.filter((name) => !readable.includes(name))).toEqual([]);
});
