/** Parts of a canonical text (CONTRACT §2), written as bytes. Who writes says with each step where the next one goes on. */
const ZERO = 0x30;
const SIX_DIGITS = 6;
const HALF = 100_000;
const HALF_DIGITS = 5;

/** Of `%25`, `%7C` and `%7E`. */
export const ESCAPE_BYTES = 3;
const ESCAPES = new Map(['%', '|', '~'].map((character) => [character.charCodeAt(0), Buffer.from(`%${character.charCodeAt(0).toString(16).toUpperCase()}`)]));

export function putEscaped(from: Buffer, start: number, end: number, bytes: Buffer, at: number): number {
  let place = at;
  for (let next = start; next < end; next += 1) {
    const escape = ESCAPES.get(from[next]!);
    if (escape === undefined) bytes[place++] = from[next]!;
    else place += escape.copy(bytes, place);
  }
  return place;
}

/** Digits of a whole number below 2^31. */
export function putNumber(bytes: Buffer, at: number, value: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits += 1;
  return putDigits(bytes, at, value, digits);
}

/** Digits of a whole number below 10^14, which is more than an int32 holds and less than a number holds exactly. */
export function putLargeNumber(bytes: Buffer, at: number, value: number): number {
  const high = Math.floor(value / HALF);
  return high === 0 ? putNumber(bytes, at, value) : putDigits(bytes, putNumber(bytes, at, high), value - high * HALF, HALF_DIGITS);
}

/** An instant in epoch microseconds. */
export function putInstant(bytes: Buffer, at: number, seconds: number, micros: number): number {
  return putDigits(bytes, putLargeNumber(bytes, at, seconds), micros, SIX_DIGITS);
}

/** So many digits, with zeros before them. */
function putDigits(bytes: Buffer, at: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place -= 1) {
    const tenth = (rest / 10) | 0;
    bytes[place] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return at + digits;
}
