/** The curated columns as Parquet has them, and what each is made of. */
import type { SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { CURATED_COLUMNS, type Column, type ColumnType } from '../../../contract/payment';
import type { CompiledRows } from './compiled-rows';
import type { Chunk } from './parquet-file';

/** As DuckDB's writer has them, whose files lie beside these: of an instant no zone, and every column may be null. */
const ELEMENTS: Readonly<Record<ColumnType, Pick<SchemaElement, 'type' | 'converted_type' | 'logical_type'>>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  bigint: { type: 'INT64', converted_type: 'INT_64' },
  int: { type: 'INT32', converted_type: 'INT_32' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MICROS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'MICROS' } },
  date: { type: 'INT32', converted_type: 'DATE' },
};

export const SCHEMA: readonly SchemaElement[] = [
  { name: 'curated_payments', repetition_type: 'REQUIRED', num_children: CURATED_COLUMNS.length },
  ...CURATED_COLUMNS.map(({ name, type }): SchemaElement => ({ name, repetition_type: 'OPTIONAL', ...ELEMENTS[type] })),
];

/** What all rows of a revision have. */
export interface RevisionColumns {
  /** epoch microseconds */
  readonly processedAt: bigint;
  readonly landingHour: bigint;
  readonly revision: number;
}

/** Of the rows that were taken last. */
export function chunkOf(column: Column, rows: CompiledRows, { processedAt, landingHour, revision }: RevisionColumns): Chunk {
  switch (column.name) {
    case 'payment_id': return rows.payments();
    case 'merchant_id': return sameText(rows.rows, rows.merchantId);
    case 'user_id': case 'currency': case 'status': case 'payment_method': case 'source_system': case 'decline_reason': return rows.texts(column.name);
    case 'amount_cents': case 'authorized_at': case 'completed_at': return rows.numbers(column.name);
    case 'risk_score': return rows.scores(column.name);
    case 'created_at': return rows.creations();
    case 'dt': return sameInt(rows.rows, rows.day);
    case 'hour': return rows.hours();
    case 'authorized_to_complete_ms': return rows.spans();
    case 'is_approved': return rows.flags('APPROVED');
    case 'is_refunded': return rows.flags('REFUNDED');
    case 'processed_at': return sameBigint(rows.rows, processedAt);
    case 'curated_version': return sameInt(rows.rows, revision);
    case 'landing_hour': return sameBigint(rows.rows, landingHour);
    case 'row_hash': return rows.hashes();
  }
}

function sameText(rows: number, text: string): Chunk {
  const bytes = Buffer.from(text);
  const entry = Buffer.alloc(4 + bytes.length);
  entry.writeUInt32LE(bytes.length);
  bytes.copy(entry, 4);
  return same(rows, entry, bytes);
}

function sameBigint(rows: number, value: bigint): Chunk {
  const entry = Buffer.alloc(8);
  entry.writeBigInt64LE(value);
  return same(rows, entry, value);
}

function sameInt(rows: number, value: number): Chunk {
  const entry = Buffer.alloc(4);
  entry.writeInt32LE(value);
  return same(rows, entry, value);
}

/** A dictionary of one entry, whose number has no bits: a run of as many rows says all. */
function same(rows: number, entry: Buffer, value: bigint | number | Buffer): Chunk {
  const writer = new ByteWriter();
  writer.appendVarInt(rows << 1);
  const run = writer.getBytes();
  const levels = Buffer.from([run.length + 1, 0, 0, 0, ...run, 1]);
  return { page: Buffer.from([...levels, 0, ...run]), dictionary: { page: entry, entries: 1 }, nulls: 0, least: value, greatest: value };
}
