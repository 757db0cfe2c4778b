/**
 * What the rows add up to, by currency and status. The halves of an int64 are added up apart, as whole numbers in doubles: exact, of
 * millions of rows.
 */
import { areAlike, hashOfText } from './texts';

/** Of a cell: where its currency stands, with its status right behind it, how long each is, how many rows; then four sums. */
const CURRENCY_BYTES_AT: usize = 4;
const STATUS_BYTES_AT: usize = 8;
const ROWS_AT: usize = 12;
const CENTS_LOW_AT: usize = 16;
const CENTS_HIGH_AT: usize = 24;
const HASH_LOW_AT: usize = 32;
const HASH_HIGH_AT: usize = 40;
const CELL_BYTES: usize = 48;
/** More than there are currencies and statuses together, and than a vector of DuckDB's has rows. */
const MOST_CELLS: u32 = 4096;
export const cells = memory.data(196_608, 16);
export let cellCount: u32 = 0;

/** Twice as many places: from where its hash says the first free one is a cell's. Holds how manieth the cell is, from 1 on; 0: none. */
const places = memory.data(16_384, 16);
const PLACE_BITS: u32 = 13;
const PLACES: u32 = 1 << PLACE_BITS;

export function beginSums(): void {
  if (cellCount > 0) memory.fill(places, 0, PLACES << 1);
  cellCount = 0;
}

/** Both texts together from `start` on, which must stay there until the sums are taken. */
export function addRow(start: usize, currencyBytes: usize, statusBytes: usize, cents: i64, hash: i64): void {
  const cell = cellOf(start, currencyBytes as u32, statusBytes as u32);
  store<u32>(cell, load<u32>(cell, ROWS_AT) + 1, ROWS_AT);
  addHalves(cell + CENTS_LOW_AT, cell + CENTS_HIGH_AT, cents);
  addHalves(cell + HASH_LOW_AT, cell + HASH_HIGH_AT, hash);
}

function addHalves(low: usize, high: usize, value: i64): void {
  store<f64>(low, load<f64>(low) + ((value as u32) as f64));
  store<f64>(high, load<f64>(high) + ((value >> 32) as f64));
}

function cellOf(start: usize, currencyBytes: u32, statusBytes: u32): usize {
  const length = currencyBytes + statusBytes;
  let place = (hashOfText(start, length) >> (64 - PLACE_BITS)) as u32;
  for (;;) {
    const nth = load<u16>(places + (place << 1)) as u32;
    if (nth == 0) break;
    const cell = cells + ((nth - 1) as usize) * CELL_BYTES;
    if (load<u32>(cell, CURRENCY_BYTES_AT) == currencyBytes && load<u32>(cell, STATUS_BYTES_AT) == statusBytes && areAlike(load<u32>(cell), start, length)) return cell;
    place = (place + 1) & (PLACES - 1);
  }
  if (cellCount == MOST_CELLS) unreachable();
  const cell = cells + (cellCount as usize) * CELL_BYTES;
  cellCount += 1;
  store<u16>(places + (place << 1), cellCount as u16);
  store<u32>(cell, start as u32);
  store<u32>(cell, currencyBytes, CURRENCY_BYTES_AT);
  store<u32>(cell, statusBytes, STATUS_BYTES_AT);
  store<u32>(cell, 0, ROWS_AT);
  v128.store(cell, i32x4.splat(0), CENTS_LOW_AT);
  v128.store(cell, i32x4.splat(0), HASH_LOW_AT);
  return cell;
}
