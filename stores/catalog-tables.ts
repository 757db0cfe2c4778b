/** The tables that the catalogue keeps over the lake (contract, section 2), as the Glue API writes a table. */
import type { TableInput } from '@aws-sdk/client-glue';
import { CONTRACT_VERSION, CURATED_COLUMNS, RAW_FIELDS } from '../contract/payment';
import { COMMITTED_PREFIX, CURATED_PREFIX } from '../contract/lake-layout';

export const RAW_TABLE = 'raw_payments';
const RAW_PREFIX = 'raw/payments/';

/** Years of created_at begin in 2000; no created_at lies more than a day and an hour ahead. */
const DT_RANGE = '2000-01-01,NOW+2DAYS';
/** No wallet landed anything before it; each hour of the range is a listing for a query that names no hour. */
const LANDING_RANGE = '2020/01/01/00,NOW+1HOURS';

const JSON_LINES = {
  InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe', Parameters: { 'ignore.malformed.json': 'true', 'case.insensitive': 'false' } },
};
const PARQUET = {
  InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe', Parameters: { 'serialization.format': '1' } },
};

export interface CatalogTable extends TableInput {
  readonly Name: string;
  readonly StorageDescriptor: NonNullable<TableInput['StorageDescriptor']>;
  readonly PartitionKeys: { Name: string; Type: string }[];
  readonly Parameters: Record<string, string>;
}

export function catalogTables(bucket: string): readonly CatalogTable[] {
  return [rawPayments(bucket), curatedPayments(bucket), curatedPaymentsByDay(bucket), curatedRows(bucket), commits(bucket)];
}

/** Every field is text: what a line says is for the transform to judge, and no query may fail on one bad line. */
function rawPayments(bucket: string): CatalogTable {
  const location = `s3://${bucket}/${RAW_PREFIX}`;
  return {
    Name: RAW_TABLE,
    Description: 'Payments as they landed: one JSON line each, by landing hour',
    TableType: 'EXTERNAL_TABLE',
    StorageDescriptor: { Location: location, Columns: RAW_FIELDS.map((field) => ({ Name: field, Type: 'string' })), ...JSON_LINES },
    PartitionKeys: [{ Name: 'dt', Type: 'string' }],
    Parameters: {
      EXTERNAL: 'TRUE',
      classification: 'json',
      sluice_contract: String(CONTRACT_VERSION),
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy/MM/dd/HH',
      'projection.dt.range': LANDING_RANGE,
      'projection.dt.interval': '1',
      'projection.dt.interval.unit': 'HOURS',
      'storage.location.template': `${location}dt=\${dt}/`,
    },
  };
}

/** The cheapest scan for one merchant; Athena refuses a query that does not say `merchant_id = …`. */
function curatedPayments(bucket: string): CatalogTable {
  const location = `s3://${bucket}/${CURATED_PREFIX}`;
  return {
    Name: 'curated_payments',
    Description: 'Curated payments of one merchant: queries must say merchant_id = …',
    ...curated(bucket, ['dt', 'merchant_id']),
    Parameters: {
      ...CURATED_PARAMETERS,
      'projection.merchant_id.type': 'injected',
      'storage.location.template': `${location}dt=\${dt}/merchant_id=\${merchant_id}/`,
    },
  };
}

/** The same objects for questions over all merchants. */
function curatedPaymentsByDay(bucket: string): CatalogTable {
  return {
    Name: 'curated_payments_by_day',
    Description: 'Curated payments over all merchants, by day of created_at',
    ...curated(bucket, ['dt']),
    Parameters: { ...CURATED_PARAMETERS, 'storage.location.template': `s3://${bucket}/${CURATED_PREFIX}dt=\${dt}/` },
  };
}

/**
 * The same objects once more, with instants as the whole microseconds that they are in the files: Athena reads a timestamp of a Parquet table to the
 * millisecond, and of two versions of a payment within one the wrong one would win. For the views; people take those.
 */
function curatedRows(bucket: string): CatalogTable {
  const { StorageDescriptor: descriptor, ...byDay } = curatedPaymentsByDay(bucket);
  const columns = descriptor.Columns!.map(({ Name, Type }) => ({ Name, Type: Type === 'timestamp' ? 'bigint' : Type }));
  return { ...byDay, Name: 'curated_rows', Description: 'What the views read: curated payments by day, instants in microseconds', StorageDescriptor: { ...descriptor, Columns: columns } };
}

/** One object a landing hour, one line each: committed/<hour>.json as it lies there. The view `committed_files` has it in rows. */
function commits(bucket: string): CatalogTable {
  const files = 'array<struct<key:string,dt:string,merchantid:string,rows:bigint,bytes:bigint,shared:boolean,wholerows:bigint>>';
  return {
    Name: 'commits',
    Description: 'Which files each landing hour consists of now',
    TableType: 'EXTERNAL_TABLE',
    StorageDescriptor: {
      Location: `s3://${bucket}/${COMMITTED_PREFIX}`,
      Columns: [['landinghour', 'string'], ['revision', 'int'], ['processedat', 'string'], ['committedat', 'string'], ['files', files]].map(([Name, Type]) => ({ Name, Type })),
      ...JSON_LINES,
      // A commit that cannot be read must fail a query: left out, its hour’s payments would be missing and nobody would know.
      SerdeInfo: { ...JSON_LINES.SerdeInfo, Parameters: { 'ignore.malformed.json': 'false', 'case.insensitive': 'true' } },
    },
    PartitionKeys: [],
    Parameters: { EXTERNAL: 'TRUE', classification: 'json', sluice_contract: String(CONTRACT_VERSION) },
  };
}

const CURATED_PARAMETERS = {
  EXTERNAL: 'TRUE',
  classification: 'parquet',
  'parquet.compression': 'ZSTD',
  sluice_contract: String(CONTRACT_VERSION),
  'projection.enabled': 'true',
  'projection.dt.type': 'date',
  'projection.dt.format': 'yyyy-MM-dd',
  'projection.dt.range': DT_RANGE,
  'projection.dt.interval': '1',
  'projection.dt.interval.unit': 'DAYS',
};

/** A partition key cannot be a column as well, although the files hold it. */
function curated(bucket: string, partitions: readonly string[]): Pick<CatalogTable, 'TableType' | 'StorageDescriptor' | 'PartitionKeys'> {
  const columns = CURATED_COLUMNS.map(({ name, type }) => ({ Name: name as string, Type: type as string }));
  return {
    TableType: 'EXTERNAL_TABLE',
    StorageDescriptor: {
      Location: `s3://${bucket}/${CURATED_PREFIX}`,
      Columns: columns.filter(({ Name }) => !partitions.includes(Name)),
      ...PARQUET,
    },
    PartitionKeys: partitions.map((partition) => columns.find(({ Name }) => Name === partition)!),
  };
}
