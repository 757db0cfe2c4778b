/**
 * Debezium's JDBC sink as somebody who knows it would set it: batches of 3,000, one statement a batch (UNNEST), large fetches, and no schema in
 * the records. Values are JSON with numbers as JSON writes them: what Connect brings reads JSON, and its schema, which says what is an instant, is
 * given once (`schema.content`). Our Avro needs a converter from elsewhere, which has no type for microseconds.
 */
import { CURATED_COLUMNS, type ColumnType, type CuratedPayment } from '../../contract/payment';

/** As text: with UNNEST the sink hands values on as they are, and would hand on bare numbers as dates. */
const INSTANT = { type: 'string', name: 'io.debezium.time.ZonedTimestamp', version: 1 };

const CONNECT_TYPES: Readonly<Record<ColumnType, object>> = {
  string: { type: 'string' },
  bigint: { type: 'int64' },
  int: { type: 'int32' },
  double: { type: 'double' },
  boolean: { type: 'boolean' },
  timestamp: INSTANT,
  date: INSTANT,
};

const SCHEMA = JSON.stringify({
  type: 'struct', name: 'payment', optional: false,
  fields: CURATED_COLUMNS.map(({ name, type, nullable }) => ({ field: name, optional: nullable, ...CONNECT_TYPES[type] })),
});

export interface SinkTarget {
  readonly topic: string;
  readonly table: string;
  /** postgres://… of a role that may write it */
  readonly url: string;
}

export function debeziumSink({ topic, table, url }: SinkTarget): Readonly<Record<string, string>> {
  const { hostname, port, pathname, username, password } = new URL(url);
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    topics: topic,
    'connection.url': `jdbc:postgresql://${hostname}:${port}${pathname}?reWriteBatchedInserts=true`,
    'connection.username': decodeURIComponent(username),
    'connection.password': decodeURIComponent(password),
    'insert.mode': 'upsert',
    'primary.key.mode': 'record_value',
    'primary.key.fields': 'payment_id',
    'schema.evolution': 'none',
    'collection.name.format': table,
    'batch.size': '3000',
    'dialect.postgres.unnest.insert.enabled': 'true',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'true',
    'value.converter.schema.content': SCHEMA,
    'consumer.override.isolation.level': 'read_committed',
    'consumer.override.max.poll.records': '3000',
    'consumer.override.fetch.min.bytes': '1048576',
    'consumer.override.fetch.max.wait.ms': '100',
    'consumer.override.max.partition.fetch.bytes': '8388608',
  };
}

/** int64 as numbers, which Java reads exactly; ours writes them as text for everybody else's sake. */
export function sinkValue(row: CuratedPayment): Buffer {
  const fields = CURATED_COLUMNS.map(({ name, type }) => `"${name}":${sinkText(type, row[name])}`);
  return Buffer.from(`{${fields.join(',')}}`);
}

function sinkText(type: ColumnType, value: CuratedPayment[keyof CuratedPayment]): string {
  if (value === null) return 'null';
  if (type === 'timestamp') return `"${instantText(value as bigint)}"`;
  if (type === 'date') return `"${value as string}T00:00:00Z"`;
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}

function instantText(micros: bigint): string {
  return `${new Date(Number(micros / 1000n)).toISOString().slice(0, -1)}${(micros % 1000n).toString().padStart(3, '0')}Z`;
}
