/**
 * Walks over one line of JSON without reading its values. It is only asked about lines that the parser cannot be trusted
 * with: long ones (nesting and digits without end) and those whose bare numbers must keep the text they were written in.
 */
import { MAX_BARE_NUMBER_CHARACTERS, MAX_JSON_DEPTH } from '../../../contract/payment';

/** One character a byte: structure is ASCII, and a Latin-1 reading of UTF-8 keeps it where it is. */
export type LatinText = string;

const NUMBER = /[-+.0-9eE]+/y;
/** Fields whose bare numbers are read as numbers: their digits are not bounded, or their text does not matter. */
const NUMBER_FIELDS = new Set(['amount_cents', 'risk_score']);

/** Nested too deep, or a bare number too long that is not amount_cents. A line that is no JSON may answer anything. */
export function exceedsJsonLimits(line: LatinText): boolean {
  let exceeded = false;
  walk(line, (token) => {
    if (token.depth > MAX_JSON_DEPTH) exceeded = true;
    if (token.number && token.end - token.start > MAX_BARE_NUMBER_CHARACTERS && !(token.depth === 1 && token.name === 'amount_cents')) exceeded = true;
    return !exceeded;
  });
  return exceeded;
}

/** The line with its top-level bare numbers in quotes, so that `1.50` stays `1.50` where a text is due. */
export function quoteNumbers(line: LatinText): LatinText {
  let out = '';
  let at = 0;
  walk(line, (token) => {
    if (token.number && token.depth === 1 && !NUMBER_FIELDS.has(token.name)) {
      out += `${line.slice(at, token.start)}"${line.slice(token.start, token.end)}"`;
      at = token.end;
    }
    return true;
  });
  return out + line.slice(at);
}

interface Token {
  readonly depth: number;
  /** a bare number; else a bracket that opens */
  readonly number: boolean;
  readonly start: number;
  readonly end: number;
  /** the top-level name before it, unescaped */
  readonly name: string;
}

/** Calls `seen` for every bare number and every opening bracket until it answers false. */
function walk(line: LatinText, seen: (token: Token) => boolean): void {
  let depth = 0;
  let name = '';
  let text = '';
  for (let at = 0; at < line.length;) {
    const code = line.charCodeAt(at);
    const start = at;
    at += 1;
    if (code === 0x22) {
      at = endOfString(line, start);
      if (depth === 1) text = line.slice(start, at);
    } else if (code === 0x3a) {
      if (depth === 1) name = unescaped(text);
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (!seen({ depth, number: false, start, end: at, name })) return;
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      NUMBER.lastIndex = start;
      NUMBER.test(line);
      at = NUMBER.lastIndex;
      if (!seen({ depth, number: true, start, end: at, name })) return;
    }
  }
}

/** Behind the closing quote, or the line's end where there is none. */
export function endOfString(line: LatinText, start: number): number {
  for (let at = start + 1; at < line.length; at += 1) {
    const code = line.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x22) return at + 1;
  }
  return line.length;
}

function unescaped(text: LatinText): string {
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return '';
  }
}
