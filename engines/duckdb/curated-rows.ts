/** Reads curated rows out of a lane as the rest of Sluice knows them. */
import type { DuckDBValue } from '@duckdb/node-api';
import { CURATED_COLUMNS, type CuratedPayment } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import { fill, parquet, type Lane } from './lane';

const NAMES = CURATED_COLUMNS.map((column) => column.name);

export interface PublishedRow {
  readonly row: CuratedPayment;
  readonly isNew: boolean;
}

/** `select` answers with the curated columns and `is_new`. */
export async function* curatedRows(lane: Lane, select: string): AsyncGenerator<readonly PublishedRow[]> {
  await lane.view('rows_to_publish', select);
  for await (const rows of lane.stream(readSql('difference/published-columns.sql'))) {
    yield rows.map(publishedRow);
  }
}

/** Written out: a million rows are made here, and an object that grows field by field costs three times as much. */
function publishedRow(values: readonly DuckDBValue[]): PublishedRow {
  const [
    payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at, source_system,
    decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at, curated_version, landing_hour, row_hash, is_new,
  ] = values;
  const row = {
    payment_id, merchant_id, user_id, amount_cents, currency, status, payment_method, risk_score, authorized_at, completed_at, created_at, source_system,
    decline_reason, dt, hour, authorized_to_complete_ms, is_approved, is_refunded, processed_at, curated_version, landing_hour, row_hash,
  };
  return { row: row as CuratedPayment, isNew: is_new === true };
}

/** A view of the rows in Parquet files, or of none. */
export async function viewOfFiles(lane: Lane, name: string, files: readonly string[]): Promise<void> {
  const columns = files.length === 0
    // Without a file there is nobody to tell the columns.
    ? fill(readSql('duckdb/no-rows.sql'), { columns: CURATED_COLUMNS.map((column) => `cast(null as ${column.type}) as ${column.name}`).join(', ') })
    : fill(readSql('duckdb/columns-of-files.sql'), { columns: NAMES.join(', '), files: parquet(files) });
  await lane.view(name, columns);
}
