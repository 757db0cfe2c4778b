/**
 * Finds in raw bytes what needs a closer look at its line: a control character, what may be a card number, an escape in which a digit of one
 * may be hidden, what a lax parser takes for JSON. A loop and not a pattern: the pattern tried each digit of every amount and instant anew,
 * and took 1.4 µs a line.
 */
const PLAIN = 0;
const DIGIT = 1;
const SEPARATOR = 2;
const BACKSLASH = 3;
const BEFORE_VALUE = 4;
const CONTROL = 5;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING = 0x5b;
/** The shortest card number. */
const CARD_DIGITS = 13;

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x30 && byte <= 0x39) return DIGIT;
  if (byte === 0x20 || byte === 0x2d) return SEPARATOR;
  if (byte === 0x5c) return BACKSLASH;
  if (byte === COLON || byte === COMMA || byte === OPENING) return BEFORE_VALUE;
  return byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d ? CONTROL : PLAIN;
});

/** White space, the beginnings of -NaN and -Infinity, closing brackets: one look tells for most values that they are none of these. */
const LAX_MAY_FOLLOW = Uint8Array.from({ length: 256 }, (_, byte) => (' \t\r-nNiI}]'.includes(String.fromCharCode(byte)) ? 1 : 0));

/** Whether something of that is there between `from` and `to`, where a line ends. */
export function isSuspect(bytes: Buffer, from: number, to: number): boolean {
  // Of digits with at most one separator between two of them.
  let digits = 0;
  let separated = false;
  for (let at = from; at < to; at += 1) {
    switch (KINDS[bytes[at]!]) {
      case PLAIN:
        digits = 0;
        break;
      case DIGIT:
        digits += 1;
        if (digits === CARD_DIGITS) return true;
        separated = false;
        break;
      case SEPARATOR:
        if (separated) digits = 0;
        separated = true;
        break;
      case BACKSLASH:
        if (isEscapedDigit(bytes, at)) return true;
        digits = 0;
        break;
      case BEFORE_VALUE:
        if (LAX_MAY_FOLLOW[bytes[at + 1]!] === 1 && isBeforeLax(bytes, at)) return true;
        digits = 0;
        break;
      default:
        return true;
    }
  }
  return false;
}

/** `\u0030` to `\u0039`, `\u0020`, `\u002d`. */
function isEscapedDigit(bytes: Buffer, at: number): boolean {
  if (bytes[at + 1] !== 0x75 || bytes[at + 2] !== 0x30 || bytes[at + 3] !== 0x30) return false;
  const last = bytes[at + 5];
  if (last === undefined) return false;
  return bytes[at + 4] === 0x33 ? KINDS[last] === DIGIT : bytes[at + 4] === 0x32 && (last === 0x30 || last === 0x64 || last === 0x44);
}

/** NaN or an infinity in a value's place, or a comma with no value behind it. In a text it may be anything: lax-json.ts looks closer. */
function isBeforeLax(bytes: Buffer, before: number): boolean {
  let at = before + 1;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) at += 1;
  if (bytes[at] === 0x7d || bytes[at] === 0x5d) return bytes[before] === COMMA;
  if (bytes[at] === 0x2d) at += 1;
  // Of a letter, the small one.
  const first = bytes[at]! | 0x20;
  const second = bytes[at + 1]! | 0x20;
  return first === 0x6e ? second === 0x61 : first === 0x69 && second === 0x6e;
}
