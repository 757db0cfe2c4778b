/** Instants of the contract's form, read where they stand in a line's bytes. Whatever is not certainly one is for SQL to judge. */
const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const DOT = 0x2e;
const SPACE = 0x20;
const CAPITAL_T = 0x54;
const CAPITAL_Z = 0x5a;
const LONGEST_FRACTION = 9;
/** Cut to microseconds. */
const KEPT_OF_FRACTION = 6;
const EARLIEST_OFFSET = -12 * 60;
const LATEST_OFFSET = 14 * 60;
/** `2026-11-20T10:00:00` */
const LONGEST_WITHOUT_FRACTION = 19;

/** The years 2000 to 2100, in seconds. */
const FIRST_SECOND = Date.UTC(2000, 0, 1) / 1000;
const SECOND_AFTER = Date.UTC(2101, 0, 1) / 1000;

export class PlainInstant {
  /** since 1970; whole seconds are exact in a number, and no sum of them and the microseconds is made */
  seconds = 0;
  micros = 0;
  private date = -1;
  private secondsOfDate = 0;

  /** False where the bytes from `start` to `end` are not one, or not of the years 2000 to 2100. */
  read(bytes: Buffer, start: number, end: number): boolean {
    if (end - start < LONGEST_WITHOUT_FRACTION) return false;
    const year = pair(bytes, start) * 100 + pair(bytes, start + 2);
    const month = pair(bytes, start + 5);
    const day = pair(bytes, start + 8);
    const hour = pair(bytes, start + 11);
    const minute = pair(bytes, start + 14);
    const second = pair(bytes, start + 17);
    // What is no pair of digits is below zero, by more than a year's other pair can make up for.
    if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 59) return false;
    const between = bytes[start + 10];
    if (bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS || bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return false;
    if (between !== CAPITAL_T && between !== SPACE) return false;
    if (!this.readDate(year, month, day)) return false;
    const zone = this.readFraction(bytes, start + LONGEST_WITHOUT_FRACTION);
    if (zone < 0 || zone > end) return false;
    const offset = offsetMinutes(bytes, zone, end);
    this.seconds = this.secondsOfDate + hour * 3600 + minute * 60 + second - offset * 60;
    return offset >= EARLIEST_OFFSET && offset <= LATEST_OFFSET && this.seconds >= FIRST_SECOND && this.seconds < SECOND_AFTER;
  }

  /** Lines that come together are of one day, mostly. */
  private readDate(year: number, month: number, day: number): boolean {
    const date = (year * 100 + month) * 100 + day;
    if (date === this.date) return true;
    if (month < 1 || month > 12 || day < 1 || year < 1900) return false;
    const start = new Date(Date.UTC(year, month - 1, day));
    if (start.getUTCDate() !== day) return false;
    this.date = date;
    this.secondsOfDate = start.getTime() / 1000;
    return true;
  }

  /** Answers with where the zone begins. */
  private readFraction(bytes: Buffer, at: number): number {
    this.micros = 0;
    if (bytes[at] !== DOT) return at;
    let digits = 0;
    for (let digit = bytes[at + 1]! - ZERO; digit >= 0 && digit <= 9; digit = bytes[at + 1 + digits]! - ZERO) {
      if (digits < KEPT_OF_FRACTION) this.micros = this.micros * 10 + digit;
      digits += 1;
    }
    if (digits === 0 || digits > LONGEST_FRACTION) return -1;
    for (let missing = digits; missing < KEPT_OF_FRACTION; missing += 1) this.micros *= 10;
    return at + 1 + digits;
  }
}

/** East of Greenwich; not a number where the bytes are no zone. Nothing reads as UTC. */
function offsetMinutes(bytes: Buffer, at: number, end: number): number {
  if (at === end) return 0;
  const sign = bytes[at];
  if (sign === CAPITAL_Z) return at + 1 === end ? 0 : NaN;
  if ((sign !== PLUS && sign !== MINUS) || at + 6 !== end || bytes[at + 3] !== COLON) return NaN;
  const hours = pair(bytes, at + 1);
  const minutes = pair(bytes, at + 4);
  if (hours < 0 || minutes < 0 || minutes > 59) return NaN;
  return sign === PLUS ? hours * 60 + minutes : -(hours * 60 + minutes);
}

const NO_PAIR = -1_000_000;

/** Two digits; far below zero where they are none. */
function pair(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? NO_PAIR : tens * 10 + ones;
}
