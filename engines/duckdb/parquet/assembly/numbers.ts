/** Pages of columns whose values are numbers: the levels, then the values of the rows that have one, plain or as deltas. */
import { AUTHORIZED_AT, COMPLETED_AT } from '../../lines/assembly/field-numbers';
import { beginDeltas, endDeltas, putDelta } from './deltas';
import { present, putAllPresent, putPresent } from './levels';
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

function note(value: i64): void {
  if (value < least) least = value;
  if (value > greatest) greatest = value;
}

function putAsDelta(value: i64): void {
  note(value);
  putDelta(value);
}

export function putNumbers(field: u32, to: usize): usize {
  noneYet();
  const at = putPresent(1 << field, to);
  beginDeltas(at, present);
  for (let row: u32 = 0; row < rows; row += 1) if (!isNull(field, row)) putAsDelta(numberOf(field, row));
  return endDeltas();
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
  beginDeltas(putAllPresent(to), rows);
  for (let row: u32 = 0; row < rows; row += 1) putAsDelta(creationOf(row));
  return endDeltas();
}

export function putHashes(to: usize): usize {
  noneYet();
  let at = putAllPresent(to);
  for (let row: u32 = 0; row < rows; row += 1) {
    const hash = hashOf(row);
    note(hash);
    store<i64>(at, hash);
    at += 8;
  }
  return at;
}

/** Of four bytes each. */
export function putHours(to: usize): usize {
  noneYet();
  let at = putAllPresent(to);
  for (let row: u32 = 0; row < rows; row += 1) {
    const creation = creationOf(row);
    const hour = (creation - floorDiv(creation, MICROS_OF_DAY) * MICROS_OF_DAY) / MICROS_OF_HOUR;
    note(hour);
    store<i32>(at, hour as i32);
    at += 4;
  }
  return at;
}

/** From authorization to completion in milliseconds, of rows that have both: the floor, of negative spans too. */
export function putSpans(to: usize): usize {
  noneYet();
  const at = putPresent(SPAN, to);
  beginDeltas(at, present);
  for (let row: u32 = 0; row < rows; row += 1) {
    if (!isWithout(SPAN, row)) putAsDelta(floorDiv(numberOf(COMPLETED_AT, row) - numberOf(AUTHORIZED_AT, row), MICROS_OF_MILLI));
  }
  return endDeltas();
}
