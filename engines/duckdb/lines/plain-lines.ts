/**
 * Most of an hour's lines are *plain*: of the usual shape, each value just what its field wants. Of such a line nothing has to be asked, and it
 * is written as its canonical text (CONTRACT §2), which SQL takes from there for a third of what parsing and judging it cost. It keeps to
 * what is certain: whatever else a line is, good or not, is left to the parser and to the rules in SQL, which alone refuse a line.
 * That both say the same of a line is tested, and asked of some lines of every hour (judge-block.ts).
 */
import { copyPart } from '../../../contract/bytes';
import { CURRENCIES } from '../../../contract/currencies';
import { latestCreation, type LandingHour } from '../../../contract/landing-hour';
import { STATUSES } from '../../../contract/payment';
import { ESCAPE_BYTES, putEscaped, putInstant, putLargeNumber } from './canonical-text';
import {
  AMOUNT_CENTS, AUTHORIZED_AT, COMPLETED_AT, CREATED_AT, CURRENCY, DECLINE_REASON, MERCHANT_ID, PAYMENT_ID, PAYMENT_METHOD, PlainFields,
  RISK_SCORE, SOURCE_SYSTEM, STATUS, USER_ID,
} from './plain-fields';
import { PlainInstant } from './plain-instant';
import { mayHoldCard } from './suspects';

const LF = 0x0a;
const DOT = 0x2e;
const ZERO = 0x30;
const CAPITAL_A = 0x41;
const LETTERS = 26;
const OPENING_BRACKET = 0x5b;
const OPENING_BRACE = 0x7b;
const SEPARATOR = 0x7c;
const NULL = 0x7e;

const LONGEST_ID = 128;
/** In bytes, where the contract counts characters: a text of more bytes may be right. */
const LONGEST_TEXT = 256;
/** Whatever its digits, it is an int64. */
const LONGEST_AMOUNT = 18;
/** Digits of a score: with so many the number is exact, and so is the power of ten by which it is divided. */
const LONGEST_SCORE = 15;
const HIGHEST_SCORE = 1_000_000;
const POWERS_OF_TEN = Float64Array.from({ length: LONGEST_SCORE + 1 }, (_, power) => 10 ** power);
/** Two ids, four texts in which each byte may be an escape, six numbers and what separates them. */
export const LONGEST_CANONICAL = 2 * LONGEST_ID + 4 * LONGEST_TEXT * ESCAPE_BYTES + 256;

/** Not plain: those that the rules refuse, and a few beside them that begin or are as short as they. */
const FORBIDDEN_MERCHANT = /^(?:\.{1,2}|null|__HIVE_DEFAULT_PARTITION__)$/i;
const LONGEST_SHORT_FORBIDDEN = 'null'.length;
const UNDERSCORE = 0x5f;

const IS_CURRENCY = new Uint8Array(LETTERS ** 3);
for (const code of CURRENCIES) IS_CURRENCY[placeOf(Buffer.from(code), 0)] = 1;

/** By length and first letter, which no two of them share. */
const STATUS_BY_LOOK = new Array<Buffer | null>(LETTERS * LETTERS).fill(null);
for (const status of STATUSES) {
  const look = status.length * LETTERS + status.charCodeAt(0) - CAPITAL_A;
  if (STATUS_BY_LOOK[look] !== null) throw new Error(`another status looks like ${status}`);
  STATUS_BY_LOOK[look] = Buffer.from(status);
}

export class PlainLines {
  readonly fields = new PlainFields();
  private readonly instant = new PlainInstant();
  private readonly latestSeconds: number;
  private bytes: Buffer = Buffer.alloc(0);

  constructor(landingHour: LandingHour) {
    this.latestSeconds = latestCreation(landingHour).getTime() / 1000;
  }

  begin(bytes: Buffer, knownUtf8: boolean): void {
    this.bytes = bytes;
    this.fields.begin(bytes, knownUtf8);
  }

  /** Answers with where the next line begins; −1: the one at `start` is not plain. Whether its values are, `write` will say. */
  take(start: number): number {
    const next = this.fields.take(start);
    return this.fields.starts[PAYMENT_ID]! < 0 || this.fields.starts[MERCHANT_ID]! < 0 ? -1 : next;
  }

  /** Writes the canonical text of the line that was taken, with a line feed; answers with where it ends, −1: it is not plain. */
  write(to: Buffer, from: number): number {
    const at = this.writeFields(to, from);
    if (at >= 0) to[at - 1] = LF;
    return at;
  }

  /** Of the line that was taken: digits that may be a card's, in whatever text. */
  get mayHoldCard(): boolean {
    const { bytes, fields: { starts, ends, unknown, unknownCount } } = this;
    for (const field of TEXTS) {
      if (starts[field]! >= 0 && mayHoldCard(bytes, starts[field]!, ends[field]!)) return true;
    }
    for (let i = 0; i < 4 * unknownCount; i += 2) if (mayHoldCard(bytes, unknown[i]!, unknown[i + 1]!)) return true;
    return false;
  }

  /** Each with a separator behind it; −1: a value is not plain. */
  private writeFields(to: Buffer, from: number): number {
    let at = this.id(PAYMENT_ID, to, from);
    if (at >= 0) at = this.merchant(to, at);
    if (at >= 0) at = this.text(USER_ID, to, at);
    if (at >= 0) at = this.amount(to, at);
    if (at >= 0) at = this.currency(to, at);
    if (at >= 0) at = this.status(to, at);
    if (at >= 0) at = this.text(PAYMENT_METHOD, to, at);
    if (at >= 0) at = this.score(to, at);
    if (at >= 0) at = this.optionalInstant(AUTHORIZED_AT, to, at);
    if (at >= 0) at = this.optionalInstant(COMPLETED_AT, to, at);
    if (at >= 0) at = this.creation(to, at);
    if (at >= 0) at = this.text(SOURCE_SYSTEM, to, at);
    if (at >= 0) at = this.text(DECLINE_REASON, to, at);
    return at;
  }

  private id(field: number, to: Buffer, at: number): number {
    const start = this.fields.starts[field]!;
    const end = this.fields.ends[field]!;
    return start < 0 || end - start > LONGEST_ID ? -1 : this.put(start, end, to, at);
  }

  private merchant(to: Buffer, at: number): number {
    const start = this.fields.starts[MERCHANT_ID]!;
    const end = this.fields.ends[MERCHANT_ID]!;
    if (start >= 0 && (end - start <= LONGEST_SHORT_FORBIDDEN || this.bytes[start] === UNDERSCORE)
      && FORBIDDEN_MERCHANT.test(this.bytes.toString('latin1', start, end))) return -1;
    return this.id(MERCHANT_ID, to, at);
  }

  private text(field: number, to: Buffer, at: number): number {
    const start = this.fields.starts[field]!;
    if (start < 0) return nothing(to, at);
    const end = this.fields.ends[field]!;
    const first = this.bytes[start];
    if (end - start > LONGEST_TEXT || first === OPENING_BRACKET || first === OPENING_BRACE) return -1;
    if ((this.fields.escaped & (1 << field)) !== 0) return separated(to, putEscaped(this.bytes, start, end, to, at));
    return this.put(start, end, to, at);
  }

  private amount(to: Buffer, at: number): number {
    const { bytes } = this;
    const start = this.fields.starts[AMOUNT_CENTS]!;
    const end = this.fields.ends[AMOUNT_CENTS]!;
    if (start < 0 || end - start > LONGEST_AMOUNT || (bytes[start] === ZERO && end > start + 1)) return -1;
    for (let i = start; i < end; i += 1) if (!isDigit(bytes[i]!)) return -1;
    return this.put(start, end, to, at);
  }

  private currency(to: Buffer, at: number): number {
    const { bytes } = this;
    const start = this.fields.starts[CURRENCY]!;
    const end = this.fields.ends[CURRENCY]!;
    if (start < 0 || end - start !== 3 || !isCapital(bytes[start]!) || !isCapital(bytes[start + 1]!) || !isCapital(bytes[start + 2]!)) return -1;
    return IS_CURRENCY[placeOf(bytes, start)] === 1 ? this.put(start, end, to, at) : -1;
  }

  private status(to: Buffer, at: number): number {
    const { bytes } = this;
    const start = this.fields.starts[STATUS]!;
    const end = this.fields.ends[STATUS]!;
    if (start < 0 || end - start >= LETTERS || !isCapital(bytes[start]!)) return -1;
    const status = STATUS_BY_LOOK[(end - start) * LETTERS + bytes[start]! - CAPITAL_A]!;
    if (status === null) return -1;
    for (let i = 1; i < status.length; i += 1) if (bytes[start + i] !== status[i]) return -1;
    return this.put(start, end, to, at);
  }

  /** In millionths, rounded as SQL rounds: the same steps with the same doubles. */
  private score(to: Buffer, at: number): number {
    const { bytes } = this;
    const start = this.fields.starts[RISK_SCORE]!;
    if (start < 0) return nothing(to, at);
    const end = this.fields.ends[RISK_SCORE]!;
    let digits = 0;
    let number = 0;
    let point = -1;
    for (let i = start; i < end; i += 1) {
      const byte = bytes[i]!;
      if (isDigit(byte)) {
        number = number * 10 + byte - ZERO;
        digits += 1;
      } else {
        if (byte !== DOT || point >= 0 || digits === 0) return -1;
        point = digits;
      }
    }
    const fraction = point < 0 ? 0 : digits - point;
    if (digits > LONGEST_SCORE || point === digits || (bytes[start] === ZERO && digits - fraction > 1)) return -1;
    const score = number / POWERS_OF_TEN[fraction]!;
    return score <= HIGHEST_SCORE ? separated(to, putLargeNumber(to, at, Math.floor(score * 1e6 + 0.5))) : -1;
  }

  private optionalInstant(field: number, to: Buffer, at: number): number {
    const start = this.fields.starts[field]!;
    if (start < 0) return nothing(to, at);
    return this.instant.read(this.bytes, start, this.fields.ends[field]!) ? this.putInstant(to, at) : -1;
  }

  private creation(to: Buffer, at: number): number {
    const start = this.fields.starts[CREATED_AT]!;
    if (start < 0 || !this.instant.read(this.bytes, start, this.fields.ends[CREATED_AT]!)) return -1;
    const { seconds, micros } = this.instant;
    return seconds < this.latestSeconds || (seconds === this.latestSeconds && micros === 0) ? this.putInstant(to, at) : -1;
  }

  private putInstant(to: Buffer, at: number): number {
    return separated(to, putInstant(to, at, this.instant.seconds, this.instant.micros));
  }

  private put(start: number, end: number, to: Buffer, at: number): number {
    return separated(to, copyPart(this.bytes, start, end, to, at));
  }
}

/** In which a card number may stand: amounts and scores are no cards, and all others are of a form that none has. */
const TEXTS = [PAYMENT_ID, MERCHANT_ID, USER_ID, PAYMENT_METHOD, SOURCE_SYSTEM, DECLINE_REASON] as const;

function nothing(to: Buffer, at: number): number {
  to[at] = NULL;
  return separated(to, at + 1);
}

function separated(to: Buffer, at: number): number {
  to[at] = SEPARATOR;
  return at + 1;
}

function placeOf(code: Buffer, at: number): number {
  return ((code[at]! - CAPITAL_A) * LETTERS + code[at + 1]! - CAPITAL_A) * LETTERS + code[at + 2]! - CAPITAL_A;
}

function isCapital(byte: number): boolean {
  return byte >= CAPITAL_A && byte < CAPITAL_A + LETTERS;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte < ZERO + 10;
}
