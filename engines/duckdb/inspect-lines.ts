/**
 * Looks over the bytes of a run of lines before the engine sees them. No reader of DuckDB is safe alone on hostile
 * bytes (one cuts lines at control characters, one drops what is not UTF-8), nor its parser with what is nearly JSON: it is given only lines that pass here.
 */
import { isUtf8 } from 'node:buffer';
import { MAX_BARE_NUMBER_CHARACTERS, MAX_JSON_DEPTH } from '../../contract/payment';
import { maskCardsOfLine } from './card-lines';
import { exceedsJsonLimits } from './json-scan';
import { isLaxJson } from './lax-json';
import { isBlank } from './object-lines';
import { nextSuspect } from './suspects';

const CR = 0x0d;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;
/** Below this a line can break neither limit. */
const SHORT_LINE = Math.min(MAX_BARE_NUMBER_CHARACTERS, 2 * MAX_JSON_DEPTH);

/** A line that the engine must not see, or need not. */
export interface HiddenLine {
  /** 0, 1, … in the run */
  readonly index: number;
  readonly start: number;
  /** its end with its ending */
  readonly next: number;
  readonly blank: boolean;
  /** bytes of this line and the hidden ones before it that the engine will not see, their line feeds not counted */
  readonly removed: number;
}

export interface Inspection {
  readonly lines: number;
  readonly blank: number;
  readonly hidden: readonly HiddenLine[];
  readonly cards: number;
}

/** `open`: the last line has no ending, so a CR there is part of it. */
export function inspectLines(bytes: Buffer, open: boolean): Inspection {
  const latin = bytes.toString('latin1');
  const valid = isUtf8(bytes);
  const hidden: HiddenLine[] = [];
  let cards = 0;
  let lines = 0;
  let blanks = 0;
  let removed = 0;
  let suspect = nextSuspect(bytes, 0);
  for (let start = 0; start < latin.length; lines += 1) {
    const lf = latin.indexOf('\n', start);
    const next = lf < 0 ? latin.length : lf + 1;
    const end = endOfText(bytes, start, lf < 0 ? latin.length : lf, lf >= 0 || !open);
    const blank = bytes[start]! <= 0x20 && isBlank(bytes.subarray(start, end));
    let refused = false;
    if (!blank) {
      if (suspect < next) {
        const line = latin.slice(start, end);
        refused = CONTROL.test(line) || isLaxJson(line);
        cards += maskCardsOfLine(line).cards;
      }
      refused ||= !valid && !isUtf8(bytes.subarray(start, end));
      refused ||= end - start > SHORT_LINE && exceedsJsonLimits(latin.slice(start, end));
    }
    if (blank) blanks += 1;
    // An empty line is hidden as it is: an object of nothing but line feeds must not cost a note for each.
    if ((blank && next - start > 1) || refused) {
      removed += next - start - 1;
      hidden.push({ index: lines, start, next, blank, removed });
    }
    if (suspect < next) suspect = nextSuspect(bytes, next);
    start = next;
  }
  return { lines, blank: blanks, hidden, cards };
}

/** Where the line's text ends: before the CR of CRLF. */
export function endOfText(bytes: Buffer, start: number, end: number, ended: boolean): number {
  return ended && end > start && bytes[end - 1] === CR ? end - 1 : end;
}
