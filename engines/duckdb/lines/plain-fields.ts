/**
 * Takes apart a line of the usual shape: one object of one level whose names and texts hold no escape. Where anything else stands, the line
 * is not taken, which says nothing against it: DuckDB's parser takes it apart, and SQL judges it. So this may pass over what is right,
 * but must never take what is not JSON, has a name twice, or means something else than the parser would read.
 */
import { isUtf8 } from 'node:buffer';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** In the order of the canonical text. */
export const PLAIN_FIELDS = [
  'payment_id', 'merchant_id', 'user_id', 'amount_cents', 'currency', 'status', 'payment_method', 'risk_score', 'authorized_at',
  'completed_at', 'created_at', 'source_system', 'decline_reason',
] as const;

/** Where in PLAIN_FIELDS. */
export const PAYMENT_ID = 0;
export const MERCHANT_ID = 1;
export const USER_ID = 2;
export const AMOUNT_CENTS = 3;
export const CURRENCY = 4;
export const STATUS = 5;
export const PAYMENT_METHOD = 6;
export const RISK_SCORE = 7;
export const AUTHORIZED_AT = 8;
export const COMPLETED_AT = 9;
export const CREATED_AT = 10;
export const SOURCE_SYSTEM = 11;
export const DECLINE_REASON = 12;
const FIELDS = PLAIN_FIELDS.length;

/** With the quote that ends it, so that none is the beginning of another one. */
const NAMES = PLAIN_FIELDS.map((name) => Buffer.from(`${name}"`));

/** Bits of a byte: what it may stand in. */
const IN_TEXT = 1;
const IN_PAYMENT_ID = 2;
const IN_MERCHANT_ID = 4;
const ANYWHERE = IN_TEXT | IN_PAYMENT_ID | IN_MERCHANT_ID;
/** The canonical text writes it otherwise. */
const ESCAPED = 8;
/** It is a part of a character, or of none. */
const NOT_ASCII = 16;

const NOT_PLAIN = '"\\\u007f';

const MAY_STAND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return IN_TEXT | NOT_ASCII;
  const character = String.fromCharCode(byte);
  if (byte < SPACE || NOT_PLAIN.includes(character)) return 0;
  if ('|~%'.includes(character)) return IN_TEXT | ESCAPED;
  return IN_TEXT | (/[A-Za-z0-9_.:-]/.test(character) ? IN_PAYMENT_ID : 0) | (/[A-Za-z0-9_.:@-]/.test(character) ? IN_MERCHANT_ID : 0);
});

/** Of a line; more of them are looked at by the parser. */
const MOST_UNKNOWN = 8;
const LONGEST_UNKNOWN_NUMBER = 30;

export class PlainFields {
  /** by field, where its text begins; −1: it has none */
  readonly starts = new Int32Array(FIELDS);
  readonly ends = new Int32Array(FIELDS);
  /** names that the contract does not know, and their values: from, to, from, to */
  readonly unknown = new Int32Array(MOST_UNKNOWN * 4);
  unknownCount = 0;
  /** a bit for each field: its text has a character that the canonical text writes otherwise */
  escaped = 0;
  private bytes: Buffer = Buffer.alloc(0);
  private knownUtf8 = false;
  /** of the line's texts, whether there is any such byte */
  private notAscii = 0;
  /** of the text whose end was looked for last */
  private hasEscaped = false;
  /** by field, the one that came after it last time: lines of one producer are alike */
  private readonly following = Uint8Array.from({ length: FIELDS + 1 }, (_, field) => (field + 1) % FIELDS);

  /** The bytes of the lines to come, whether they are UTF-8 or some of the lines may not be. The last byte must be a line feed: nothing looks for their end. */
  begin(bytes: Buffer, knownUtf8: boolean): void {
    if (bytes[bytes.length - 1] !== LF) throw new RangeError('lines must end with a line feed');
    this.bytes = bytes;
    this.knownUtf8 = knownUtf8;
  }

  /** Answers with where the next line begins, −1 where the one at `start` is not plain. */
  take(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== OPENING_BRACE) return -1;
    this.starts.fill(-1);
    this.unknownCount = 0;
    this.escaped = 0;
    this.notAscii = 0;
    let at = start + 1;
    let seen = 0;
    let field: number = FIELDS;
    for (;;) {
      if (bytes[at] === SPACE) at += 1;
      if (bytes[at] !== QUOTE) return -1;
      at += 1;
      const next = this.fieldAt(at, field);
      if (next < 0) {
        at = this.takeUnknown(at);
      } else {
        if ((seen & (1 << next)) !== 0) return -1;
        seen |= 1 << next;
        field = next;
        at = this.takeValue(field, at + NAMES[field]!.length);
      }
      if (at < 0) return -1;
      if (bytes[at] === SPACE) at += 1;
      const end = bytes[at];
      at += 1;
      if (end === COMMA) continue;
      if (end !== CLOSING_BRACE) return -1;
      if (bytes[at] === CR) at += 1;
      return bytes[at] === LF && this.isCertainlyUtf8(start, at) ? at + 1 : -1;
    }
  }

  /** A line that is not, among many that are, must not keep these from being plain. */
  private isCertainlyUtf8(start: number, end: number): boolean {
    return this.notAscii === 0 || this.knownUtf8 || isUtf8(this.bytes.subarray(start, end));
  }

  /** Of the line that was taken. */
  unknownNames(): readonly string[] {
    return Array.from({ length: this.unknownCount }, (_, i) => this.bytes.toString('utf8', this.unknown[4 * i], this.unknown[4 * i + 1]));
  }

  /** −1: none of ours. */
  private fieldAt(at: number, before: number): number {
    const guess = this.following[before]!;
    if (this.isName(guess, at)) return guess;
    for (let field = 0; field < FIELDS; field += 1) {
      if (!this.isName(field, at)) continue;
      this.following[before] = field;
      return field;
    }
    return -1;
  }

  private isName(field: number, at: number): boolean {
    const { bytes } = this;
    const name = NAMES[field]!;
    for (let i = 0; i < name.length; i += 1) if (bytes[at + i] !== name[i]) return false;
    return true;
  }

  /** `at`: behind the name. Answers with where the value ends, −1: not plain. */
  private takeValue(field: number, at: number): number {
    const { bytes } = this;
    const value = this.valueAt(at);
    if (value < 0) return -1;
    if (bytes[value] === QUOTE) {
      const start = value + 1;
      const wanted = field === PAYMENT_ID ? IN_PAYMENT_ID : field === MERCHANT_ID ? IN_MERCHANT_ID : IN_TEXT;
      const end = this.endOfText(start, wanted);
      if (end < 0) return -1;
      if (end > start) {
        this.starts[field] = start;
        this.ends[field] = end;
        if (this.hasEscaped) this.escaped |= 1 << field;
      }
      return end + 1;
    }
    if (field !== AMOUNT_CENTS && field !== RISK_SCORE) return this.endOfNull(value);
    const end = this.endOfNumber(value);
    if (end === value) return this.endOfNull(value);
    this.starts[field] = value;
    this.ends[field] = end;
    return end;
  }

  private takeUnknown(at: number): number {
    const { bytes, unknown } = this;
    const end = this.endOfText(at, IN_TEXT);
    if (end <= at || this.unknownCount === MOST_UNKNOWN) return -1;
    for (let i = 0; i < this.unknownCount; i += 1) {
      if (bytes.compare(bytes, at, end, unknown[4 * i], unknown[4 * i + 1]) === 0) return -1;
    }
    const value = this.valueAt(end + 1);
    if (value < 0) return -1;
    const valueEnd = bytes[value] === QUOTE ? this.endOfText(value + 1, IN_TEXT) + 1 : this.endOfUnknownWord(value);
    if (valueEnd <= 0) return -1;
    unknown.set([at, end, value, valueEnd], 4 * this.unknownCount);
    this.unknownCount += 1;
    return valueEnd;
  }

  /** Where the value begins whose name ended before `at`; −1: no colon stands there. */
  private valueAt(at: number): number {
    const { bytes } = this;
    if (bytes[at] !== COLON) return -1;
    return bytes[at + 1] === SPACE ? at + 2 : at + 1;
  }

  /** Where the quote stands that ends a text of such bytes; −1: there is none. */
  private endOfText(start: number, wanted: number): number {
    const { bytes } = this;
    let at = start;
    let all = ANYWHERE;
    let any = 0;
    for (let may = MAY_STAND[bytes[at]!]!; may !== 0; may = MAY_STAND[bytes[at]!]!) {
      all &= may;
      any |= may;
      at += 1;
    }
    this.hasEscaped = (any & ESCAPED) !== 0;
    this.notAscii |= any & NOT_ASCII;
    return bytes[at] === QUOTE && (all & wanted) !== 0 ? at : -1;
  }

  private endOfNull(at: number): number {
    return this.isWord('null', at) ? at + 4 : -1;
  }

  private endOfUnknownWord(at: number): number {
    if (this.isWord('null', at) || this.isWord('true', at)) return at + 4;
    if (this.isWord('false', at)) return at + 5;
    const digits = this.bytes[at] === MINUS ? at + 1 : at;
    const end = this.endOfNumber(digits);
    return end > digits && end - digits <= LONGEST_UNKNOWN_NUMBER ? end : -1;
  }

  /** Of digits, none of them a zero too many, and maybe a point and more of them; `at` where there are none. */
  private endOfNumber(at: number): number {
    const { bytes } = this;
    let end = this.endOfDigits(at);
    if (bytes[at] === ZERO && end > at + 1) return at;
    if (end > at && bytes[end] === DOT) {
      const fraction = end + 1;
      end = this.endOfDigits(fraction);
      if (end === fraction) return at;
    }
    return end;
  }

  private endOfDigits(at: number): number {
    const { bytes } = this;
    let end = at;
    while (bytes[end]! >= ZERO && bytes[end]! <= NINE) end += 1;
    return end;
  }

  private isWord(word: 'null' | 'true' | 'false', at: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < word.length; i += 1) if (bytes[at + i] !== word.charCodeAt(i)) return false;
    return true;
  }
}
