/** Instants of the contract's form, read where they stand in a line's bytes. Whatever is not certainly one is for SQL to judge. */
import { byteAt, CAPITAL_T, CAPITAL_Z, COLON, DOT, isDigit, MINUS, PLUS, SPACE, ZERO } from './bytes';

const LONGEST_FRACTION: u32 = 9;
/** Cut to microseconds. */
const KEPT_OF_FRACTION: u32 = 6;
const EARLIEST_OFFSET: i32 = -12 * 60;
const LATEST_OFFSET: i32 = 14 * 60;
/** `2026-11-20T10:00:00` */
const WITHOUT_FRACTION: usize = 19;

/** The years 2000 to 2100, in seconds. */
const FIRST_SECOND: i64 = 946_684_800;
const SECOND_AFTER: i64 = 4_133_980_800;
const SECONDS_OF_DAY: i64 = 86_400;

/** Of the instant that was read last, since 1970. */
export let seconds: i64 = 0;
export let micros: u32 = 0;

let lastDate: i32 = -1;
let secondsOfDate: i64 = 0;
/** Where the fraction that was read last ended. */
let zone: usize = 0;

/** False where the bytes from `start` to `end` are not one, or not of the years 2000 to 2100. */
export function readInstant(start: usize, end: usize): bool {
  if (end - start < WITHOUT_FRACTION) return false;
  const year = pair(start) * 100 + pair(start + 2);
  const month = pair(start + 5);
  const day = pair(start + 8);
  const hour = pair(start + 11);
  const minute = pair(start + 14);
  const second = pair(start + 17);
  // What is no pair of digits is below zero, by more than a year's other pair can make up for.
  if ((year | month | day | hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 59) return false;
  const between = byteAt(start + 10);
  if (byteAt(start + 4) != MINUS || byteAt(start + 7) != MINUS || byteAt(start + 13) != COLON || byteAt(start + 16) != COLON) return false;
  if (between != CAPITAL_T && between != SPACE) return false;
  if (!readDate(year, month, day) || !readFraction(start + WITHOUT_FRACTION) || zone > end) return false;
  const offset = offsetMinutes(zone, end);
  seconds = secondsOfDate + hour * 3600 + minute * 60 + second - offset * 60;
  return offset >= EARLIEST_OFFSET && offset <= LATEST_OFFSET && seconds >= FIRST_SECOND && seconds < SECOND_AFTER;
}

/** Lines that come together are of one day, mostly. */
function readDate(year: i32, month: i32, day: i32): bool {
  const date = (year * 100 + month) * 100 + day;
  return date == lastDate || readOtherDate(date, year, month, day);
}

function readOtherDate(date: i32, year: i32, month: i32, day: i32): bool {
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false;
  lastDate = date;
  secondsOfDate = daysSince1970(year, month, day) * SECONDS_OF_DAY;
  return true;
}

function daysOf(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Of the calendar that is in use, counted in years that begin in March: the day that some years have more is each one's last. */
function daysSince1970(year: i32, month: i32, day: i32): i64 {
  const years = month > 2 ? year : year - 1;
  const months = month > 2 ? month - 3 : month + 9;
  return years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day - 1 - 719_468;
}

function readFraction(at: usize): bool {
  micros = 0;
  zone = at;
  if (byteAt(at) != DOT) return true;
  let digits: u32 = 0;
  for (let byte = byteAt(at + 1); isDigit(byte); byte = byteAt(at + 1 + digits)) {
    if (digits < KEPT_OF_FRACTION) micros = micros * 10 + byte - ZERO;
    digits += 1;
  }
  if (digits == 0 || digits > LONGEST_FRACTION) return false;
  for (let missing = digits; missing < KEPT_OF_FRACTION; missing += 1) micros *= 10;
  zone = at + 1 + digits;
  return true;
}

/** East of Greenwich; far too many where the bytes are no zone. Nothing reads as UTC. */
function offsetMinutes(at: usize, end: usize): i32 {
  if (at == end) return 0;
  const sign = byteAt(at);
  if (sign == CAPITAL_Z) return at + 1 == end ? 0 : i32.MAX_VALUE / 60;
  if ((sign != PLUS && sign != MINUS) || at + 6 != end || byteAt(at + 3) != COLON) return i32.MAX_VALUE / 60;
  const hours = pair(at + 1);
  const minutes = pair(at + 4);
  if ((hours | minutes) < 0 || minutes > 59) return i32.MAX_VALUE / 60;
  return sign == PLUS ? hours * 60 + minutes : -(hours * 60 + minutes);
}

const NO_PAIR: i32 = -1_000_000;

/** Two digits; far below zero where they are none. */
function pair(at: usize): i32 {
  const tens = byteAt(at) - ZERO;
  const ones = byteAt(at + 1) - ZERO;
  return tens > 9 || ones > 9 ? NO_PAIR : ((tens * 10 + ones) as i32);
}
