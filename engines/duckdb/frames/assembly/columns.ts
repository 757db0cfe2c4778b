/** A chunk's vectors as DuckDB holds them, copied to a place for each column; the columns are those of published-bytes.duckdb.sql, in its order. */

export const PAYMENT_ID: usize = 1;
export const MERCHANT_ID: usize = 2;
export const USER_ID: usize = 3;
export const AMOUNT_CENTS: usize = 4;
export const CURRENCY: usize = 5;
export const STATUS: usize = 6;
export const PAYMENT_METHOD: usize = 7;
export const RISK_SCORE: usize = 8;
export const AUTHORIZED_AT: usize = 9;
export const COMPLETED_AT: usize = 10;
export const CREATED_AT: usize = 11;
export const SOURCE_SYSTEM: usize = 12;
export const DECLINE_REASON: usize = 13;
export const DT: usize = 14;
export const HOUR: usize = 15;
export const AUTHORIZED_TO_COMPLETE_MS: usize = 16;
export const IS_APPROVED: usize = 17;
export const IS_REFUNDED: usize = 18;
export const PROCESSED_AT: usize = 19;
export const CURATED_VERSION: usize = 20;
export const LANDING_HOUR: usize = 21;
export const ROW_HASH: usize = 22;
export const IS_NEW: usize = 23;

/** A vector has no more rows. */
const ROWS: usize = 2048;
const DATA_BYTES: usize = ROWS * 8;
const VALIDITY_BYTES: usize = ROWS / 8;
/** Of column 0 nothing is here: it is the rows' texts. */
const data = memory.data(393_216, 16);
const validity = memory.data(6_144, 16);
/** By row, where its texts begin. */
export const starts = memory.data(8_192, 16);

export function dataOf(column: usize): usize {
  return data + column * DATA_BYTES;
}

export function validityOf(column: usize): usize {
  return validity + column * VALIDITY_BYTES;
}

export function hasValue(column: usize, row: usize): bool {
  return (load<u8>(validityOf(column) + (row >> 3)) & (1 << ((row & 7) as u32))) != 0;
}

/** Of a text's column: how many bytes it has. */
export function lengthIn(column: usize, row: usize): usize {
  return load<u32>(dataOf(column) + (row << 2));
}

export function int64In(column: usize, row: usize): i64 {
  return load<i64>(dataOf(column) + (row << 3));
}

export function float64BitsIn(column: usize, row: usize): u64 {
  return load<u64>(dataOf(column) + (row << 3));
}

export function int32In(column: usize, row: usize): i32 {
  return load<i32>(dataOf(column) + (row << 2));
}

export function booleanIn(column: usize, row: usize): bool {
  return load<u8>(dataOf(column) + row) != 0;
}

export function startOf(row: usize): usize {
  return load<u32>(starts + (row << 2));
}
