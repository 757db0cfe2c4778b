/** Card numbers in a raw line, whatever field they stand in, an unknown one or one that is not JSON at all included. */
import { maskCards, type MaskedText } from '../../../contract/cards';

/** Digits, space and dash can be written as escapes; what a reader of the JSON would see as a card is one. */
const ESCAPED = /\\u00(?:3[0-9]|20|2[dD])/;
const ESCAPED_PAIR = /\\(?:u00(?:3[0-9]|20|2[dD])|[^])/g;
/** Amounts and scores are numbers, not texts: one of 16 digits passes Luhn's test by chance and would be spoilt. */
const NUMBER_FIELD = /"(?:amount_cents|risk_score)"[ \t\r]*:[ \t\r]*(?:-?[0-9.]+(?=[ \t\r]*[,}])|"-?[0-9.]+")/g;

/** `line` has one character a byte or is text; either way the answer has the bytes beside the digits as they were. */
export function maskCardsOfLine(line: string): MaskedText {
  const plain = ESCAPED.test(line) ? line.replace(ESCAPED_PAIR, unescapeDigit) : line;
  let text = '';
  let cards = 0;
  let at = 0;
  const mask = (part: string): void => {
    const masked = maskCards(part);
    text += masked.text;
    cards += masked.cards;
  };
  for (const field of plain.matchAll(NUMBER_FIELD)) {
    mask(plain.slice(at, field.index));
    text += field[0];
    at = field.index + field[0].length;
  }
  mask(plain.slice(at));
  return cards === 0 ? { text: line, cards } : { text, cards };
}

function unescapeDigit(escape: string): string {
  return escape[1] === 'u' && escape.length === 6 ? String.fromCharCode(parseInt(escape.slice(2), 16)) : escape;
}
