/** Which of some texts, in the order of their rows, become rows of one file, those of one merchant and day; and where each of their fields stands. */
import { BEYOND } from '../../assembly/vectors';
import { LF, NULL, SEPARATOR, byteAt } from '../../lines/assembly/bytes';
import { numberBetween } from '../../lines/assembly/digits';
import { CREATED_AT, FIELDS, MERCHANT_ID, PAYMENT_ID } from '../../lines/assembly/field-numbers';
import { compareIds } from '../../lines/assembly/ids';
import { PAYMENT_AT } from '../../lines/assembly/text-fields';

/** Before the payment's id: a hash, behind it a separator. */
const HASH_BYTES: usize = 20;

export const MICROS_OF_DAY: i64 = 86_400_000_000;

/** By field and row: four bytes. Behind the last field, where the next one would be. */
let starts: usize = 0;
/** By row: eight bytes. */
let creations: usize = 0;
/** By row two bytes, with a bit for each field that has no value: a text itself is looked at for each column only where there is something to be read. */
let nulls: usize = 0;
let most: u32 = 0;
export let rows: u32 = 0;
/** Of all rows: the date as days since 1970. */
export let day: i32 = 0;

/** Answers with what is free behind so many rows. */
export function openRows(at: usize, mostRows: u32): usize {
  most = mostRows;
  creations = (at + 15) & ~15;
  nulls = creations + ((most as usize) << 3);
  starts = (nulls + ((most as usize) << 1) + 3) & ~3;
  return starts + ((FIELDS + 1) as usize) * ((most as usize) << 2);
}

/** Takes texts as long as they are rows of one file, and as there may be more; answers with where the first one stands that was not taken. */
export function takeRows(start: usize, end: usize): usize {
  rows = 0;
  let at = start;
  while (at < end && rows < most) {
    const next = place(at, rows);
    const creation = numberBetween(startOf(CREATED_AT, rows), endOf(CREATED_AT, rows));
    const ofDay = floorDiv(creation, MICROS_OF_DAY) as i32;
    if (rows == 0) day = ofDay;
    else if (ofDay != day || compareIds(startOf(MERCHANT_ID, rows), startOf(MERCHANT_ID, 0)) != 0) break;
    store<i64>(creations + ((rows as usize) << 3), creation);
    rows += 1;
    at = next;
  }
  return at;
}

/** Answers with where the next text stands. */
function place(text: usize, row: u32): usize {
  const width = (most as usize) << 2;
  let slot = starts + ((row as usize) << 2);
  const last = slot + (FIELDS as usize) * width;
  store<u32>(slot, (text + PAYMENT_AT) as u32);
  let next: usize = 0;
  // The payment is always there.
  let field: u32 = 0;
  let without: u32 = 0;
  for (let at = text + PAYMENT_AT; slot != last; at += BEYOND) {
    const bytes = v128.load(at);
    let ends = i8x16.bitmask(v128.or(i8x16.eq(bytes, i8x16.splat(SEPARATOR as i8)), i8x16.eq(bytes, i8x16.splat(LF as i8))));
    for (; ends != 0 && slot != last; ends &= ends - 1) {
      next = at + ctz(ends) + 1;
      slot += width;
      store<u32>(slot, next as u32);
      field += 1;
      // In a text `~` is only where there is no value.
      if (byteAt(next) == NULL) without |= 1 << field;
      // A text has as many fields as it has; with fewer or more, nothing of it is what it seems.
      if ((slot == last) != (byteAt(next - 1) == LF)) unreachable();
    }
  }
  store<u16>(nulls + ((row as usize) << 1), without as u16);
  return next;
}

export function startOf(field: u32, row: u32): usize {
  return load<u32>(starts + (((field * most + row) as usize) << 2));
}

/** Of its separator, or of the line feed. */
export function endOf(field: u32, row: u32): usize {
  return startOf(field + 1, row) - 1;
}

/** Whether one of these fields, a bit for each, has no value. */
export function isWithout(fields: u32, row: u32): bool {
  return (load<u16>(nulls + ((row as usize) << 1)) & fields) != 0;
}

export function isNull(field: u32, row: u32): bool {
  return isWithout(1 << field, row);
}

export function numberOf(field: u32, row: u32): i64 {
  return numberBetween(startOf(field, row), endOf(field, row));
}

export function hashOf(row: u32): i64 {
  const payment = startOf(PAYMENT_ID, row);
  return numberBetween(payment - HASH_BYTES, payment - 1);
}

export function creationOf(row: u32): i64 {
  return load<i64>(creations + ((row as usize) << 3));
}

export function floorDiv(value: i64, by: i64): i64 {
  const quotient = value / by;
  return quotient * by > value ? quotient - 1 : quotient;
}
