import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogTables } from '../../stores/catalog-tables';
import { catalogViews } from '../../stores/catalog-views';

const ROOT = join(__dirname, '../..');
const policy = JSON.parse(readFileSync(join(ROOT, 'infra/athena-reader.json'), 'utf8')) as {
  readonly Statement: readonly { readonly Sid: string; readonly Action: string | readonly string[]; readonly Resource: string | readonly string[] }[];
};

test('the reader’s role may read every table and view but the raw lines, and each call that is made to Athena', () => {
  const resources = policy.Statement.flatMap(({ Resource }) => Resource);
  const tables = resources.flatMap((resource) => /:table\/wallet_db\/(.*)$/.exec(resource)?.[1] ?? []);
  const made = [...catalogTables('lake'), ...catalogViews('wallet_db', 'lake')].map(({ Name }) => Name);
  expect(tables.sort()).toEqual(made.filter((name) => name !== 'raw_payments').sort());
  const calls = [...['stores/athena.ts', 'stores/athena-results.ts'].map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n').matchAll(/new (\w+)Command\(/g)].map(([, call]) => `athena:${call}`);
  expect(policy.Statement.flatMap(({ Action }) => Action).filter((action) => action.startsWith('athena:')).sort()).toEqual([...new Set(calls)].sort());
});

test('it may write results and nothing else', () => {
  const writing = policy.Statement.filter(({ Action }) => [Action].flat().some((action) => /:(Put|Delete|Create|Update)|\*/.test(action)));
  expect(writing.map(({ Sid, Resource }) => [Sid, Resource])).toEqual([['WriteAndReadResults', 'arn:aws:s3:::RESULTS/athena/*']]);
});
