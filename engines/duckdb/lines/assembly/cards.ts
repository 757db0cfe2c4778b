/** Finds what may be a card number in the texts of the line that was taken apart last: amounts and scores are no cards, and all others are of a form that none has. */
import { byteAt, isDigit, MINUS, SPACE } from './bytes';
import { DECLINE_REASON, MERCHANT_ID, PAYMENT_ID, PAYMENT_METHOD, SOURCE_SYSTEM, USER_ID } from './field-numbers';
import { endOf, startOf, unknownAt, unknownCount } from './fields';

/** The shortest card number. */
const CARD_DIGITS: usize = 13;

export function mayHoldCards(): bool {
  if (fieldMayHoldCard(PAYMENT_ID) || fieldMayHoldCard(MERCHANT_ID) || fieldMayHoldCard(USER_ID)) return true;
  if (fieldMayHoldCard(PAYMENT_METHOD) || fieldMayHoldCard(SOURCE_SYSTEM) || fieldMayHoldCard(DECLINE_REASON)) return true;
  for (let i: u32 = 0; i < 4 * unknownCount; i += 2) if (mayHoldCard(unknownAt(i), unknownAt(i + 1))) return true;
  return false;
}

function fieldMayHoldCard(field: u32): bool {
  const start = startOf(field);
  return start != 0 && mayHoldCard(start, endOf(field));
}

/** A run of so many digits holds every so manieth byte of the text: of most texts no other is looked at. */
function mayHoldCard(from: usize, to: usize): bool {
  for (let at = from + CARD_DIGITS - 1; at < to; at += CARD_DIGITS) {
    if (!isOfCard(byteAt(at))) continue;
    let start = at;
    while (start > from && isOfCard(byteAt(start - 1))) start -= 1;
    let digits: usize = 0;
    let separated = false;
    for (at = start; at < to && isOfCard(byteAt(at)); at += 1) {
      if (isDigit(byteAt(at))) {
        digits += 1;
        if (digits == CARD_DIGITS) return true;
        separated = false;
      } else {
        // Of digits with at most one separator between two of them.
        if (separated) digits = 0;
        separated = true;
      }
    }
  }
  return false;
}

function isOfCard(byte: u32): bool {
  return isDigit(byte) || byte == SPACE || byte == MINUS;
}
