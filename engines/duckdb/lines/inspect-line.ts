/**
 * Looks over the bytes of a line before the engine sees them. No reader of DuckDB is safe alone on hostile bytes (one cuts lines at
 * control characters, one drops what is not UTF-8), nor its parser with what is nearly JSON: it is given only lines that pass here.
 */
import { isUtf8 } from 'node:buffer';
import { MAX_BARE_NUMBER_CHARACTERS, MAX_JSON_DEPTH } from '../../../contract/payment';
import { maskCardsOfLine } from './card-lines';
import { exceedsJsonLimits } from './json-scan';
import { isLaxJson } from './lax-json';
import { isSuspect } from './suspects';

const CR = 0x0d;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;
/** Below this a line can break neither limit. */
const SHORT_LINE = Math.min(MAX_BARE_NUMBER_CHARACTERS, 2 * MAX_JSON_DEPTH);

export interface LineInspection {
  /** the engine must not see it: it is no JSON */
  readonly refused: boolean;
  readonly cards: number;
}

const NOTHING_FOUND: LineInspection = { refused: false, cards: 0 };

/** `knownUtf8`: of the bytes around it too. */
export function inspectLine(bytes: Buffer, start: number, end: number, knownUtf8: boolean): LineInspection {
  const suspect = isSuspect(bytes, start, end);
  const long = end - start > SHORT_LINE;
  if (!suspect && !long && knownUtf8) return NOTHING_FOUND;
  const line = bytes.toString('latin1', start, end);
  const refused = (suspect && (CONTROL.test(line) || isLaxJson(line)))
    || (!knownUtf8 && !isUtf8(bytes.subarray(start, end)))
    || (long && exceedsJsonLimits(line));
  return { refused, cards: suspect ? maskCardsOfLine(line).cards : 0 };
}

/** Where the line's text ends: before the CR of CRLF. */
export function endOfText(bytes: Buffer, start: number, end: number, ended: boolean): number {
  return ended && end > start && bytes[end - 1] === CR ? end - 1 : end;
}
