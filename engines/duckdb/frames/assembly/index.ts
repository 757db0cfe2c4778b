/** The loop over rows: each becomes a frame of the spool (contract/record-frame.ts) with the row's Avro behind the value's header, and is added up. */
import { addRow, beginSums } from '../../assembly/sums';
import { copy } from '../../assembly/vectors';
import { putBoolean, putBranch, putDouble, putLong, putText } from './avro';
import {
  AMOUNT_CENTS, AUTHORIZED_AT, AUTHORIZED_TO_COMPLETE_MS, booleanIn, COMPLETED_AT, CREATED_AT, CURATED_VERSION, CURRENCY, DECLINE_REASON, DT, float64BitsIn,
  hasValue, HOUR, int32In, int64In, IS_APPROVED, IS_NEW, IS_REFUNDED, LANDING_HOUR, lengthIn, MERCHANT_ID, PAYMENT_ID, PAYMENT_METHOD, PROCESSED_AT, RISK_SCORE,
  ROW_HASH, SOURCE_SYSTEM, startOf, STATUS, USER_ID,
} from './columns';

export { cellCount, cells } from '../../assembly/sums';
export { dataOf, starts, validityOf } from './columns';

/** Of a frame: what stands before the operation, before the key's length, before the key. */
const OP_AT: usize = 4;
const KEY_BYTES_AT: usize = 5;
const KEY_AT: usize = 7;
/** What its length's two bytes can say. */
const LONGEST_KEY: usize = 65_535;

/** What stands before each value. */
let header: usize = 0;
let headerEnd: usize = 0;
/** Of the row, where its next text begins. */
let text: usize = 0;
/** Of the rows that were encoded last, how many no base has. */
export let newRows: u32 = 0;

/** Answers with where the header must be put: behind all else. */
export function open(headerBytes: usize): usize {
  header = (__heap_base + 15) & ~15;
  headerEnd = header + headerBytes;
  return header;
}

/** Answers with where the last frame ends, 0: a key is too long for a frame. What follows may have been overwritten for a vector's length. */
export function encode(from: usize, to: usize, op: u32, out: usize): usize {
  beginSums();
  newRows = 0;
  let at = out;
  for (let row = from; row < to; row += 1) {
    if (lengthIn(PAYMENT_ID, row) > LONGEST_KEY) return 0;
    at = putFrame(row, op, at);
    if (booleanIn(IS_NEW, row)) newRows += 1;
  }
  return at;
}

function putFrame(row: usize, op: u32, frame: usize): usize {
  text = startOf(row);
  const keyBytes = lengthIn(PAYMENT_ID, row);
  store<u8>(frame, op as u8, OP_AT);
  store<u16>(frame, keyBytes as u16, KEY_BYTES_AT);
  const value = copy(text, text + keyBytes, frame + KEY_AT);
  const end = putRow(row, copy(header, headerEnd, value));
  store<u32>(frame, (end - frame - OP_AT) as u32);
  return end;
}

function putRow(row: usize, start: usize): usize {
  let at = putTextOf(PAYMENT_ID, row, start);
  at = putTextOf(MERCHANT_ID, row, at);
  at = putNullableTextOf(USER_ID, row, at);
  at = putLong(at, int64In(AMOUNT_CENTS, row));
  addRow(text, lengthIn(CURRENCY, row), lengthIn(STATUS, row), int64In(AMOUNT_CENTS, row), int64In(ROW_HASH, row));
  at = putTextOf(CURRENCY, row, at);
  at = putTextOf(STATUS, row, at);
  at = putNullableTextOf(PAYMENT_METHOD, row, at);
  const hasScore = hasValue(RISK_SCORE, row);
  at = putBranch(at, hasScore);
  if (hasScore) at = putDouble(at, float64BitsIn(RISK_SCORE, row));
  at = putNullableLongOf(AUTHORIZED_AT, row, at);
  at = putNullableLongOf(COMPLETED_AT, row, at);
  at = putLong(at, int64In(CREATED_AT, row));
  at = putNullableTextOf(SOURCE_SYSTEM, row, at);
  at = putNullableTextOf(DECLINE_REASON, row, at);
  at = putLong(at, int32In(DT, row));
  at = putLong(at, int32In(HOUR, row));
  at = putNullableLongOf(AUTHORIZED_TO_COMPLETE_MS, row, at);
  at = putBoolean(at, booleanIn(IS_APPROVED, row));
  at = putBoolean(at, booleanIn(IS_REFUNDED, row));
  at = putLong(at, int64In(PROCESSED_AT, row));
  at = putLong(at, int32In(CURATED_VERSION, row));
  at = putLong(at, int64In(LANDING_HOUR, row));
  return putLong(at, int64In(ROW_HASH, row));
}

function putTextOf(column: usize, row: usize, at: usize): usize {
  const start = text;
  text += lengthIn(column, row);
  return putText(at, start, text);
}

/** Of a null the vector holds anything for a length. */
function putNullableTextOf(column: usize, row: usize, at: usize): usize {
  const present = hasValue(column, row);
  const value = putBranch(at, present);
  return present ? putTextOf(column, row, value) : value;
}

function putNullableLongOf(column: usize, row: usize, at: usize): usize {
  const present = hasValue(column, row);
  const value = putBranch(at, present);
  return present ? putLong(value, int64In(column, row)) : value;
}
