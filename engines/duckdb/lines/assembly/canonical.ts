/** Writes the canonical text (CONTRACT §2) of the line that was taken apart last, where each of its values is plainly what its field wants. */
import { copy, isSame } from '../../assembly/vectors';
import { byteAt, CAPITAL_A, DOT, isDigit, LF, NULL, OPENING_BRACE, OPENING_BRACKET, PERCENT, SEPARATOR, UNDERSCORE, ZERO } from './bytes';
import { putMicros, putNumber } from './digits';
import {
  AMOUNT_CENTS, AUTHORIZED_AT, COMPLETED_AT, CREATED_AT, CURRENCY, DECLINE_REASON, MERCHANT_ID, PAYMENT_ID, PAYMENT_METHOD, RISK_SCORE,
  SOURCE_SYSTEM, STATUS, USER_ID,
} from './field-numbers';
import { endOf, escaped, startOf } from './fields';
import { isForbiddenMerchant } from './host';
import { micros, readInstant, seconds } from './instant';

const LETTERS: u32 = 26;
const LONGEST_ID: usize = 128;
/** In bytes, where the contract counts characters: a text of more bytes may be right. */
const LONGEST_TEXT: usize = 256;
/** Whatever its digits, it is an int64. */
const LONGEST_AMOUNT: usize = 18;
/** Digits of a score: with so many the number is exact, and so is the power of ten by which it is divided. */
const LONGEST_SCORE: u32 = 15;
const HIGHEST_SCORE: f64 = 1_000_000;
/** Of merchant ids that the rules refuse, all that do not begin with `_`. */
const LONGEST_FORBIDDEN: usize = 4;
const POWERS_OF_TEN = memory.data<f64>([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]);
/** By code, as a number of three letters: how manieth it is, from 1 on; 0: there is no such currency. */
export const currencies = memory.data(17_576);
/** By length and first letter, which no two of them share: a vector with the status; all 0: there is none. */
export const statuses = memory.data(10_816, 16);

/** No created_at may be later. */
let latestSeconds: i64 = 0;
/** How manieth the currency of the text is that was written last. */
export let currency: u32 = 0;

export function setLatest(inSeconds: f64): void {
  latestSeconds = inSeconds as i64;
}

/** With a line feed behind it; answers with where it ends, 0: the line is not plain. */
export function writeCanonical(to: usize): usize {
  let at = id(PAYMENT_ID, to);
  if (at != 0) at = merchant(at);
  if (at != 0) at = text(USER_ID, at);
  if (at != 0) at = amount(at);
  if (at != 0) at = currencyCode(at);
  if (at != 0) at = status(at);
  if (at != 0) at = text(PAYMENT_METHOD, at);
  if (at != 0) at = score(at);
  if (at != 0) at = optionalInstant(AUTHORIZED_AT, at);
  if (at != 0) at = optionalInstant(COMPLETED_AT, at);
  if (at != 0) at = creation(at);
  if (at != 0) at = text(SOURCE_SYSTEM, at);
  if (at != 0) at = text(DECLINE_REASON, at);
  if (at != 0) store<u8>(at - 1, LF as u8);
  return at;
}

function id(field: u32, at: usize): usize {
  const start = startOf(field);
  const end = endOf(field);
  return start == 0 || end - start > LONGEST_ID ? 0 : put(start, end, at);
}

function merchant(at: usize): usize {
  const start = startOf(MERCHANT_ID);
  const end = endOf(MERCHANT_ID);
  if (start != 0 && (end - start <= LONGEST_FORBIDDEN || byteAt(start) == UNDERSCORE) && isForbiddenMerchant(start, end)) return 0;
  return id(MERCHANT_ID, at);
}

function text(field: u32, at: usize): usize {
  const start = startOf(field);
  if (start == 0) return nothing(at);
  const end = endOf(field);
  const first = byteAt(start);
  if (end - start > LONGEST_TEXT || first == OPENING_BRACKET || first == OPENING_BRACE) return 0;
  return (escaped & (1 << field)) != 0 ? putEscaped(start, end, at) : put(start, end, at);
}

function amount(at: usize): usize {
  const start = startOf(AMOUNT_CENTS);
  const end = endOf(AMOUNT_CENTS);
  if (start == 0 || end - start > LONGEST_AMOUNT || (byteAt(start) == ZERO && end > start + 1)) return 0;
  for (let i = start; i < end; i += 1) if (!isDigit(byteAt(i))) return 0;
  return put(start, end, at);
}

function currencyCode(at: usize): usize {
  const start = startOf(CURRENCY);
  if (start == 0 || endOf(CURRENCY) - start != 3) return 0;
  const first = byteAt(start) - CAPITAL_A;
  const second = byteAt(start + 1) - CAPITAL_A;
  const third = byteAt(start + 2) - CAPITAL_A;
  if (first >= LETTERS || second >= LETTERS || third >= LETTERS) return 0;
  currency = load<u8>(currencies + (first * LETTERS + second) * LETTERS + third);
  return currency == 0 ? 0 : put(start, start + 3, at);
}

function status(at: usize): usize {
  const start = startOf(STATUS);
  const end = endOf(STATUS);
  const first = byteAt(start) - CAPITAL_A;
  if (start == 0 || end - start > 16 || first >= LETTERS) return 0;
  const length = (end - start) as u32;
  return isSame(start, statuses + ((length * LETTERS + first) << 4), length) ? put(start, end, at) : 0;
}

/** In millionths, rounded as SQL rounds: the same steps with the same doubles. */
function score(at: usize): usize {
  const start = startOf(RISK_SCORE);
  if (start == 0) return nothing(at);
  const end = endOf(RISK_SCORE);
  let digits: u32 = 0;
  let number: u64 = 0;
  let fraction: u32 = 0;
  let pointed = false;
  for (let i = start; i < end; i += 1) {
    const byte = byteAt(i);
    if (isDigit(byte)) {
      number = number * 10 + byte - ZERO;
      digits += 1;
      if (pointed) fraction += 1;
      if (digits > LONGEST_SCORE) return 0;
    } else {
      if (byte != DOT || pointed || digits == 0) return 0;
      pointed = true;
    }
  }
  if ((pointed && fraction == 0) || (byteAt(start) == ZERO && digits - fraction > 1)) return 0;
  const value = (number as f64) / load<f64>(POWERS_OF_TEN + (fraction << 3));
  return value <= HIGHEST_SCORE ? separated(putNumber(at, Math.floor(value * 1e6 + 0.5) as u64)) : 0;
}

function optionalInstant(field: u32, at: usize): usize {
  const start = startOf(field);
  if (start == 0) return nothing(at);
  return readInstant(start, endOf(field)) ? putInstant(at) : 0;
}

function creation(at: usize): usize {
  const start = startOf(CREATED_AT);
  if (start == 0 || !readInstant(start, endOf(CREATED_AT))) return 0;
  return seconds < latestSeconds || (seconds == latestSeconds && micros == 0) ? putInstant(at) : 0;
}

/** In epoch microseconds. */
function putInstant(at: usize): usize {
  const digits = putNumber(at, seconds);
  putMicros(digits, micros);
  return separated(digits + 6);
}

/** `%25`, `%7C` and `%7E` for what means something else in a canonical text. */
function putEscaped(start: usize, end: usize, to: usize): usize {
  let at = to;
  for (let from = start; from < end; from += 1) {
    const byte = byteAt(from);
    if (byte == PERCENT || byte == SEPARATOR || byte == NULL) {
      store<u8>(at, PERCENT as u8);
      store<u16>(at + 1, byte == PERCENT ? 0x3532 : byte == SEPARATOR ? 0x4337 : 0x4537);
      at += 3;
    } else {
      store<u8>(at, byte as u8);
      at += 1;
    }
  }
  return separated(at);
}

function put(start: usize, end: usize, at: usize): usize {
  return separated(copy(start, end, at));
}

function nothing(at: usize): usize {
  store<u8>(at, NULL as u8);
  return separated(at + 1);
}

function separated(at: usize): usize {
  store<u8>(at, SEPARATOR as u8);
  return at + 1;
}
