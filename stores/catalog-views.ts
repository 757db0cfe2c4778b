/**
 * The views of the catalogue (contract, section 2), as Glue keeps a view of Athena’s: its statement and its columns’ types in base64, since there is no
 * other way to make one without running a query.
 */
import { CONTRACT_VERSION, CURATED_COLUMNS } from '../contract/payment';
import { fill, readSql } from '../sql/read-sql';
import type { CatalogTable } from './catalog-tables';

interface ViewColumn {
  readonly name: string;
  /** as Glue and as Athena’s engine call it */
  readonly hive: string;
  readonly trino: string;
}

const TRINO_TYPES: Readonly<Record<string, string>> = { string: 'varchar', int: 'integer', timestamp: 'timestamp(6)' };

const COMMITTED_FILES: readonly ViewColumn[] = ([
  ['landing_hour', 'timestamp', 'timestamp(3)'], ['landing_micros', 'bigint', 'bigint'], ['revision', 'int', 'integer'], ['path', 'string', 'varchar'], ['dt', 'date', 'date'],
  ['merchant_id', 'string', 'varchar'], ['row_count', 'bigint', 'bigint'], ['bytes', 'bigint', 'bigint'], ['is_shared', 'boolean', 'boolean'],
] as const).map(([name, hive, trino]) => ({ name, hive, trino }));

const ROWS: readonly ViewColumn[] = [
  ...CURATED_COLUMNS.map(({ name, type }) => ({ name, hive: type, trino: name === 'landing_hour' ? 'timestamp(3)' : TRINO_TYPES[type] ?? type })),
  { name: 'file', hive: 'string', trino: 'varchar' },
];

/** In an order in which each finds what it reads. */
export function catalogViews(database: string, bucket: string): readonly CatalogTable[] {
  // Without a description: Athena's engine would take it for the comment by which it knows a view.
  const view = (name: string, columns: readonly ViewColumn[], sql: string): CatalogTable => ({
    Name: name,
    TableType: 'VIRTUAL_VIEW',
    StorageDescriptor: { Columns: columns.map((column) => ({ Name: column.name, Type: column.hive })), SerdeInfo: {}, Location: '' },
    PartitionKeys: [],
    Parameters: { presto_view: 'true', comment: 'Presto View', sluice_contract: String(CONTRACT_VERSION) },
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify({
      originalSql: sql.trimEnd(), catalog: 'awsdatacatalog', schema: database, columns: columns.map((column) => ({ name: column.name, type: column.trino })),
      // Whoever asks needs the right to read the tables themselves (infra/athena-reader.json).
      runAsInvoker: true,
    }), 'utf8').toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
  });
  return [
    view('committed_files', COMMITTED_FILES, fill(readSql('lake/views/committed-files.sql'), { bucket })),
    view('curated', ROWS, readSql('lake/views/curated.sql')),
    view('current_payments', ROWS, fill(readSql('lake/winners.sql'), { since: 'true' })),
  ];
}
