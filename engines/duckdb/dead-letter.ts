/** Makes a dead letter of a refused line, with card numbers masked. */
import { isUtf8 } from 'node:buffer';
import type { DeadLetter, Reason } from '../../contract/payment';
import type { LandingHour } from '../../contract/landing-hour';
import type { LinePlace, RefusedLine } from './lines/block';
import { maskCardsOfLine } from './lines/card-lines';
import { KEPT_OF_LONG_LINE } from './lines/object-lines';

export interface RunOfLetters {
  readonly landingHour: LandingHour;
  readonly revision: number;
}

export function deadLetterOf(run: RunOfLetters, place: LinePlace, reasons: readonly Reason[]): DeadLetter {
  return {
    ...run,
    object: place.object.key,
    version: place.object.version,
    offset: place.offset,
    length: place.raw.length,
    lineNumber: place.lineNumber,
    reasons,
    ...shown(place.raw, place.raw.length),
  };
}

export function deadLetterOfLongLine(run: RunOfLetters, refused: Extract<RefusedLine, { kind: 'long' }>): DeadLetter {
  return {
    ...run,
    object: refused.object.key,
    version: refused.object.version,
    offset: refused.line.offset,
    length: refused.line.length,
    lineNumber: refused.lineNumber,
    reasons: ['line_too_long'],
    ...shown(refused.line.beginning, KEPT_OF_LONG_LINE),
    sha256: refused.line.sha256,
  };
}

/** Masks all of `bytes`, then keeps the first `keep`: a card cut in half would not be seen as one. */
function shown(bytes: Buffer, keep: number): Pick<DeadLetter, 'raw' | 'rawBase64' | 'cards'> {
  const masked = maskCardsOfLine(bytes.toString('latin1'));
  const kept = Buffer.from(masked.text, 'latin1').subarray(0, keep);
  const cards = masked.cards > 0 ? { cards: masked.cards } : {};
  const text = keep < bytes.length ? withoutCutCharacter(kept) : kept;
  return isUtf8(text) ? { raw: text.toString('utf8'), ...cards } : { rawBase64: kept.toString('base64'), ...cards };
}

/** Without the bytes of a character whose end was cut off. */
function withoutCutCharacter(bytes: Buffer): Buffer {
  for (let cut = 0; cut <= 3; cut += 1) {
    const shorter = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(shorter)) return shorter;
  }
  return bytes;
}
