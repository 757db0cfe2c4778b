/** The curated columns as Parquet has them, and what each is made of. */
import { CURATED_COLUMNS, type Column, type ColumnType } from '../../../contract/payment';
import type { CompiledRows } from './compiled-rows';
import { FileBytes } from './file-bytes';
import { FileSchema, VALUE_TYPES, type ValueType } from './file-structures';
import type { Chunk } from './parquet-file';

/** As DuckDB's writer has them, whose files lie beside these: of an instant no zone, and every column may be null. */
const TYPES: Readonly<Record<ColumnType, ValueType>> = {
  string: VALUE_TYPES.text, bigint: VALUE_TYPES.int64, int: VALUE_TYPES.int32, double: VALUE_TYPES.double, boolean: VALUE_TYPES.boolean,
  timestamp: VALUE_TYPES.instant, date: VALUE_TYPES.date,
};

export const SCHEMA = new FileSchema('curated_payments', CURATED_COLUMNS.map(({ name, type }) => ({ name, type: TYPES[type] })));

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
  return same(rows, entry);
}

function sameInt(rows: number, value: number): Chunk {
  const entry = Buffer.alloc(4);
  entry.writeInt32LE(value);
  return same(rows, entry);
}

const LEVELS_LENGTH_BYTES = 4;
const run = new FileBytes();

/** A dictionary of one entry, whose number has no bits: a run of as many rows says all. `value`: the entry, of a text without its length. */
function same(rows: number, entry: Buffer, value = entry): Chunk {
  run.clear();
  run.appendVarInt(rows << 1);
  const bytes = run.written();
  const page = Buffer.alloc(LEVELS_LENGTH_BYTES + 2 * bytes.length + 2);
  page.writeUInt32LE(bytes.length + 1);
  page.set(bytes, LEVELS_LENGTH_BYTES);
  page[LEVELS_LENGTH_BYTES + bytes.length] = 1;
  page.set(bytes, LEVELS_LENGTH_BYTES + bytes.length + 2);
  return { page, dictionary: { page: entry, entries: 1 }, nulls: 0, least: value, greatest: value };
}
