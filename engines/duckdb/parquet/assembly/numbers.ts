/** Pages of columns whose values are numbers, as Parquet has them plain: the levels, then the values of the rows that have one. */
import { AUTHORIZED_AT, COMPLETED_AT } from '../../lines/assembly/field-numbers';
import { putAllPresent, putPresent } from './levels';
import { creationOf, floorDiv, hashOf, isNull, isWithout, MICROS_OF_DAY, numberOf, rows } from './rows';

const MICROS_OF_HOUR: i64 = 3_600_000_000;
const MICROS_OF_MILLI: i64 = 1000;
const MILLIONTHS: f64 = 1_000_000;
/** What a span is made of. */
const SPAN: u32 = (1 << AUTHORIZED_AT) | (1 << COMPLETED_AT);

/** Of the page that was put last, where it has values. */
export let least: i64 = 0;
export let greatest: i64 = 0;

function noneYet(): void {
  least = i64.MAX_VALUE;
  greatest = i64.MIN_VALUE;
}

function put(at: usize, value: i64): usize {
  if (value < least) least = value;
  if (value > greatest) greatest = value;
  store<i64>(at, value);
  return at + 8;
}

export function putNumbers(field: u32, to: usize): usize {
  noneYet();
  let at = putPresent(1 << field, to);
  for (let row: u32 = 0; row < rows; row += 1) if (!isNull(field, row)) at = put(at, numberOf(field, row));
  return at;
}

/** Millionths in the text, the same double as SQL makes of them. */
export function putScores(field: u32, to: usize): usize {
  let at = putPresent(1 << field, to);
  for (let row: u32 = 0; row < rows; row += 1) {
    if (isNull(field, row)) continue;
    store<f64>(at, (numberOf(field, row) as f64) / MILLIONTHS);
    at += 8;
  }
  return at;
}

export function putCreations(to: usize): usize {
  noneYet();
  let at = putAllPresent(to);
  for (let row: u32 = 0; row < rows; row += 1) at = put(at, creationOf(row));
  return at;
}

export function putHashes(to: usize): usize {
  noneYet();
  let at = putAllPresent(to);
  for (let row: u32 = 0; row < rows; row += 1) at = put(at, hashOf(row));
  return at;
}

/** Of four bytes each. */
export function putHours(to: usize): usize {
  noneYet();
  let at = putAllPresent(to);
  for (let row: u32 = 0; row < rows; row += 1) {
    const creation = creationOf(row);
    at = put(at, (creation - floorDiv(creation, MICROS_OF_DAY) * MICROS_OF_DAY) / MICROS_OF_HOUR) - 4;
  }
  return at;
}

/** From authorization to completion in milliseconds, of rows that have both: the floor, of negative spans too. */
export function putSpans(to: usize): usize {
  noneYet();
  let at = putPresent(SPAN, to);
  for (let row: u32 = 0; row < rows; row += 1) {
    if (isWithout(SPAN, row)) continue;
    at = put(at, floorDiv(numberOf(COMPLETED_AT, row) - numberOf(AUTHORIZED_AT, row), MICROS_OF_MILLI));
  }
  return at;
}
