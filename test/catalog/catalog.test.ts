import { randomBytes } from 'node:crypto';
import { CreateTableCommand, GetTableCommand, GetTableVersionsCommand, UpdateTableCommand } from '@aws-sdk/client-glue';
import { readConfiguration } from '../../contract/configuration';
import { CURATED_COLUMNS, RAW_FIELDS } from '../../contract/payment';
import { openCatalog, type Catalog } from '../../stores/catalog';

const open: Catalog[] = [];
afterAll(() => open.forEach((catalog) => catalog.close()));

function freshCatalog(): Catalog {
  const catalog = openCatalog({ ...readConfiguration(process.env), SLUICE_GLUE_DATABASE: `catalog_${randomBytes(4).toString('hex')}` });
  open.push(catalog);
  return catalog;
}

const ALL = ['raw_payments', 'curated_payments', 'curated_payments_by_day', 'curated_rows', 'commits', 'committed_files', 'curated', 'current_payments'];

test('makes the tables with the contract’s columns and projections', async () => {
  const catalog = freshCatalog();
  const { created, updated, drift } = await catalog.apply();
  expect(created).toEqual([`database ${catalog.database}`, ...ALL]);
  expect(updated).toEqual([]);
  expect(drift).toEqual([]);

  const raw = (await catalog.table('raw_payments'))!;
  expect(raw.StorageDescriptor!.Columns!.map((column) => column.Name)).toEqual([...RAW_FIELDS]);
  expect(raw.Parameters).toMatchObject({
    'projection.enabled': 'true', 'projection.dt.type': 'date', 'projection.dt.format': 'yyyy/MM/dd/HH',
    'storage.location.template': `s3://${catalog.bucket}/raw/payments/dt=\${dt}/`,
  });

  const merchant = (await catalog.table('curated_payments'))!;
  const columns = (table: typeof merchant): unknown => [...table.StorageDescriptor!.Columns!, ...table.PartitionKeys!]
    .map(({ Name, Type }) => [Name, Type]).sort();
  const contract = CURATED_COLUMNS.map(({ name, type }) => [name, type]).sort();
  expect(columns(merchant)).toEqual(contract);
  expect(merchant.PartitionKeys!.map((key) => key.Name)).toEqual(['dt', 'merchant_id']);
  expect(merchant.Parameters).toMatchObject({ 'projection.merchant_id.type': 'injected', 'projection.dt.format': 'yyyy-MM-dd' });
  expect(merchant.StorageDescriptor!.SerdeInfo!.SerializationLibrary).toMatch(/ParquetHiveSerDe$/);

  const byDay = (await catalog.table('curated_payments_by_day'))!;
  expect(columns(byDay)).toEqual(contract);
  expect(byDay.PartitionKeys!.map((key) => key.Name)).toEqual(['dt']);
  expect(Object.keys(byDay.Parameters!)).not.toContain('projection.merchant_id.type');
});

test('makes the views as Athena keeps a view: statement, catalogue, database and columns in base64, with the same columns for Glue', async () => {
  const catalog = freshCatalog();
  await catalog.apply();
  for (const name of ['committed_files', 'curated', 'current_payments']) {
    const { Description, TableType, ViewOriginalText, ViewExpandedText, Parameters, StorageDescriptor, PartitionKeys } = (await catalog.table(name))!;
    expect({ Description, TableType, ViewExpandedText, presto: Parameters!.presto_view, comment: Parameters!.comment, PartitionKeys }).toEqual({ Description: undefined, comment: 'Presto View', TableType: 'VIRTUAL_VIEW', ViewExpandedText: '/* Presto View */', presto: 'true', PartitionKeys: [] });
    const view = JSON.parse(Buffer.from(/^\/\* Presto View: (\S+) \*\/$/.exec(ViewOriginalText!)![1]!, 'base64').toString('utf8')) as {
      readonly originalSql: string; readonly catalog: string; readonly schema: string; readonly columns: readonly { readonly name: string }[];
    };
    expect([view.catalog, view.schema]).toEqual(['awsdatacatalog', catalog.database]);
    expect(view.originalSql).not.toContain('${');
    expect(view.columns.map((column) => column.name)).toEqual(StorageDescriptor!.Columns!.map((column) => column.Name));
  }
  const columns = (await catalog.table('current_payments'))!.StorageDescriptor!.Columns!.map(({ Name, Type }) => [Name, Type]);
  expect(columns).toEqual([...CURATED_COLUMNS.map(({ name, type }) => [name, type]), ['file', 'string']]);
});

test('a view whose statement somebody changed is put right', async () => {
  const catalog = freshCatalog();
  await catalog.apply();
  const due = (await catalog.table('curated'))!.ViewOriginalText!;
  const { StorageDescriptor, Parameters, TableType, PartitionKeys } = (await catalog.table('curated'))!;
  await catalog.glue.send(new UpdateTableCommand({
    DatabaseName: catalog.database, TableInput: { Name: 'curated', StorageDescriptor, Parameters, TableType, PartitionKeys, ViewOriginalText: '/* Presto View: e30= */', ViewExpandedText: '/* Presto View */' },
  }));
  expect(await catalog.apply()).toMatchObject({ created: [], updated: ['curated'] });
  expect((await catalog.table('curated'))!.ViewOriginalText).toBe(due);
});

test('applied again it asks once and writes nothing', async () => {
  const catalog = freshCatalog();
  await catalog.apply();
  const asked: string[] = [];
  catalog.glue.middlewareStack.add((next, { commandName }) => async (request) => {
    asked.push(commandName!);
    return next(request);
  }, { name: 'asked' });
  expect(await catalog.apply()).toEqual({ created: [], updated: [], drift: [] });
  expect(asked).toEqual(['GetTablesCommand']);
  const { TableVersions } = await catalog.glue.send(new GetTableVersionsCommand({ DatabaseName: catalog.database, TableName: 'curated_payments' }));
  expect(TableVersions).toHaveLength(1);
});

test('a table that somebody changed is put right, and the drift is told by field; what others noted there stays', async () => {
  const catalog = freshCatalog();
  await catalog.apply();
  const table = (await catalog.table('curated_payments'))!;
  const columns = table.StorageDescriptor!.Columns!
    .filter(({ Name }) => Name !== 'risk_score')
    .map((column) => (column.Name === 'amount_cents' ? { Name: 'amount_cents', Type: 'double' } : column));
  await catalog.glue.send(new UpdateTableCommand({
    DatabaseName: catalog.database,
    TableInput: {
      Name: 'curated_payments', TableType: table.TableType, PartitionKeys: table.PartitionKeys,
      StorageDescriptor: { ...table.StorageDescriptor, Columns: [...columns, { Name: 'loyalty_tier', Type: 'string' }] },
      Parameters: { ...table.Parameters, 'projection.dt.range': '2020-01-01,NOW', 'projection.region.type': 'enum', team: 'payments-data' },
    },
  }));
  const { created, updated, drift } = await catalog.apply();
  expect([created, updated]).toEqual([[], ['curated_payments']]);
  expect(drift.map(({ field, where, problem }) => [field, where, problem])).toEqual([
    ['amount_cents', 'table', 'curated_payments: the table’s column is double, the contract says bigint'],
    ['risk_score', 'table', 'curated_payments: the table has no such column, the contract says double'],
    ['loyalty_tier', 'table', 'curated_payments: the table has the column (string), the contract does not know it'],
  ]);
  const after = (await catalog.table('curated_payments'))!;
  expect(after.Parameters).toMatchObject({ team: 'payments-data', 'projection.dt.range': '2000-01-01,NOW+2DAYS' });
  expect(after.Parameters).not.toHaveProperty('projection.region.type');
  expect(await catalog.apply()).toEqual({ created: [], updated: [], drift: [] });
});

test('several at once end with one catalogue and no error', async () => {
  const catalog = freshCatalog();
  const results = await Promise.all(Array.from({ length: 6 }, () => catalog.apply()));
  expect(results.flatMap((result) => result.created).sort()).toEqual([`database ${catalog.database}`, ...ALL].sort());
  expect(await catalog.apply()).toEqual({ created: [], updated: [], drift: [] });
});

test('tables of others are left alone', async () => {
  const catalog = freshCatalog();
  await catalog.apply();
  await catalog.glue.send(new CreateTableCommand({ DatabaseName: catalog.database, TableInput: { Name: 'theirs' } }));
  await catalog.apply();
  expect((await catalog.glue.send(new GetTableCommand({ DatabaseName: catalog.database, Name: 'theirs' }))).Table!.Name).toBe('theirs');
});
