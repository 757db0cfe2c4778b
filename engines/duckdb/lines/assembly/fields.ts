/**
 * Takes apart a line of the usual shape: one object of one level whose names and texts hold no escape. Where anything else stands, the line
 * is not taken, which says nothing against it: DuckDB's parser takes it apart, and SQL judges it. So this may pass over what is right,
 * but must never take what is not JSON, has a name twice, or means something else than the parser would read.
 */
import { BEYOND, isSame } from '../../assembly/vectors';
import {
  byteAt, CLOSING_BRACE, COLON, COMMA, CR, DOT, endOfText, hasEscaped, hasNotAscii, isDigit, isMerchantId, isPaymentId, LF, MINUS, OPENING_BRACE, QUOTE, SPACE,
  ZERO,
} from './bytes';
import { AMOUNT_CENTS, FIELDS, MERCHANT_ID, PAYMENT_ID, RISK_SCORE } from './field-numbers';
import { isUtf8 } from './host';

/** Of a line; more of them are looked at by the parser. */
const MOST_UNKNOWN: u32 = 8;
const LONGEST_UNKNOWN_NUMBER: usize = 30;
const NULL_WORD: u32 = 0x6c6c756e;
const TRUE_WORD: u32 = 0x65757274;
const ALSE_WORD: u32 = 0x65736c61;

/** A vector for each field: its name, with the quote that ends it, so that none is the beginning of another one. */
export const names = memory.data(208, 16);
/** How long each of these is. */
export const nameLengths = memory.data(13);
/** By field, where its text begins, 0 where it has none, and where it ends. */
const starts = memory.data(64, 16);
const ends = memory.data(52, 16);
/** Names that the contract does not know, and their values: from, to, from, to. */
const unknown = memory.data(128, 16);
export let unknownCount: u32 = 0;
/** A bit for each field: its text has a character that the canonical text writes otherwise. */
export let escaped: u32 = 0;
/** Whether the bytes of all lines are. */
let knownUtf8: bool = false;
/** Of the line's texts, whether there is any such byte. */
let notAscii: bool = false;
/** By field, the one that came after it last time, from 1 on; 0: the next. Lines of one producer are alike. */
const following = memory.data(14);

export function startOf(field: u32): usize {
  return load<u32>(starts + (field << 2));
}

export function endOf(field: u32): usize {
  return load<u32>(ends + (field << 2));
}

export function unknownAt(place: u32): usize {
  return load<u32>(unknown + (place << 2));
}

export function setKnownUtf8(known: bool): void {
  knownUtf8 = known;
}

/** Answers with where the next line begins, 0 where the one at `start` is not plain. A line feed must come somewhere: nothing looks for the end. */
export function takeApart(start: usize): usize {
  if (byteAt(start) != OPENING_BRACE) return 0;
  for (let place: usize = 0; place < 64; place += BEYOND) v128.store(starts + place, i32x4.splat(0));
  unknownCount = 0;
  escaped = 0;
  notAscii = false;
  let at = start + 1;
  let seen: u32 = 0;
  let field = FIELDS;
  for (;;) {
    if (byteAt(at) == SPACE) at += 1;
    if (byteAt(at) != QUOTE) return 0;
    at += 1;
    const next = fieldAt(at, field);
    if (next == FIELDS) {
      at = takeUnknown(at);
    } else {
      if ((seen & (1 << next)) != 0) return 0;
      seen |= 1 << next;
      field = next;
      at = takeValue(field, at + load<u8>(nameLengths + field));
    }
    if (at == 0) return 0;
    if (byteAt(at) == SPACE) at += 1;
    const end = byteAt(at);
    at += 1;
    if (end == COMMA) continue;
    if (end != CLOSING_BRACE) return 0;
    if (byteAt(at) == CR) at += 1;
    // A line that is not UTF-8, among many that are, must not keep these from being plain.
    return byteAt(at) == LF && (!notAscii || knownUtf8 || isUtf8(start, at)) ? at + 1 : 0;
  }
}

/** FIELDS: none of ours. */
function fieldAt(at: usize, before: u32): u32 {
  const remembered = load<u8>(following + before);
  const guess = remembered != 0 ? remembered - 1 : before + 1 < FIELDS ? before + 1 : 0;
  return isName(guess, at) ? guess : searched(at, before);
}

function searched(at: usize, before: u32): u32 {
  for (let field: u32 = 0; field < FIELDS; field += 1) {
    if (!isName(field, at)) continue;
    store<u8>(following + before, field + 1);
    return field;
  }
  return FIELDS;
}

function isName(field: u32, at: usize): bool {
  return isSame(at, names + (field as usize) * BEYOND, load<u8>(nameLengths + field));
}

/** `at`: behind the name. Answers with where the value ends, 0: not plain. */
function takeValue(field: u32, at: usize): usize {
  const value = valueAt(at);
  if (value == 0) return 0;
  if (byteAt(value) == QUOTE) {
    const start = value + 1;
    const end = endOfText(start);
    if (end == 0) return 0;
    notAscii = notAscii || hasNotAscii;
    if (end == start) return end + 1;
    if (field == PAYMENT_ID && !isPaymentId(start, end)) return 0;
    if (field == MERCHANT_ID && !isMerchantId(start, end)) return 0;
    take(field, start, end);
    if (hasEscaped) escaped |= 1 << field;
    return end + 1;
  }
  if (field != AMOUNT_CENTS && field != RISK_SCORE) return endOfNull(value);
  const end = endOfNumber(value);
  if (end == value) return endOfNull(value);
  take(field, value, end);
  return end;
}

function take(field: u32, start: usize, end: usize): void {
  store<u32>(starts + (field << 2), start);
  store<u32>(ends + (field << 2), end);
}

function takeUnknown(at: usize): usize {
  const end = endOfText(at);
  if (end <= at || unknownCount == MOST_UNKNOWN) return 0;
  notAscii = notAscii || hasNotAscii;
  for (let i: u32 = 0; i < unknownCount; i += 1) {
    const known = unknownAt(4 * i);
    if (unknownAt(4 * i + 1) - known == end - at && memory.compare(known, at, end - at) == 0) return 0;
  }
  const value = valueAt(end + 1);
  if (value == 0) return 0;
  let valueEnd: usize = 0;
  if (byteAt(value) == QUOTE) {
    const quote = endOfText(value + 1);
    if (quote == 0) return 0;
    notAscii = notAscii || hasNotAscii;
    valueEnd = quote + 1;
  } else {
    valueEnd = endOfUnknownWord(value);
    if (valueEnd == 0) return 0;
  }
  const place = unknown + (unknownCount << 4);
  store<u32>(place, at);
  store<u32>(place, end, 4);
  store<u32>(place, value, 8);
  store<u32>(place, valueEnd, 12);
  unknownCount += 1;
  return valueEnd;
}

/** Where the value begins whose name ended before `at`; 0: no colon stands there. */
function valueAt(at: usize): usize {
  if (byteAt(at) != COLON) return 0;
  return byteAt(at + 1) == SPACE ? at + 2 : at + 1;
}

function endOfNull(at: usize): usize {
  return load<u32>(at) == NULL_WORD ? at + 4 : 0;
}

function endOfUnknownWord(at: usize): usize {
  const word = load<u32>(at);
  if (word == NULL_WORD || word == TRUE_WORD) return at + 4;
  if (byteAt(at) == 0x66 && load<u32>(at + 1) == ALSE_WORD) return at + 5;
  const digits = byteAt(at) == MINUS ? at + 1 : at;
  const end = endOfNumber(digits);
  return end > digits && end - digits <= LONGEST_UNKNOWN_NUMBER ? end : 0;
}

/** Of digits, none of them a zero too many, and maybe a point and more of them; `at` where there are none. */
function endOfNumber(at: usize): usize {
  let end = endOfDigits(at);
  if (byteAt(at) == ZERO && end > at + 1) return at;
  if (end > at && byteAt(end) == DOT) {
    const fraction = end + 1;
    end = endOfDigits(fraction);
    if (end == fraction) return at;
  }
  return end;
}

function endOfDigits(at: usize): usize {
  let end = at;
  while (isDigit(byteAt(end))) end += 1;
  return end;
}
