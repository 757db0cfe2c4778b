/**
 * Card numbers: 13 to 19 digits that pass Luhn's test, also in groups set apart by single spaces or dashes. Whatever we
 * show or keep outside the raw objects (dead letters, samples, logs) shows their first six and last four digits only.
 */
const CANDIDATE = /[0-9](?:[ -]?[0-9]){12,}/g;
const SHORTEST = 13;
const LONGEST = 19;
const SHOWN_FIRST = 6;
const SHOWN_LAST = 4;

export interface MaskedText {
  /** as long as the text given, so that offsets into it stay true */
  readonly text: string;
  readonly cards: number;
}

export function maskCards(text: string): MaskedText {
  let cards = 0;
  const masked = text.replace(CANDIDATE, (run) => {
    const result = maskRun(run);
    cards += result.cards;
    return result.text;
  });
  return cards === 0 ? { text, cards } : { text: masked, cards };
}

/** `run` is groups of digits; a card starts and ends where a group does, or a longer number would pass for several cards. */
function maskRun(run: string): MaskedText {
  const groups: { readonly start: number; readonly end: number }[] = [];
  for (const match of run.matchAll(/[0-9]+/g)) groups.push({ start: match.index, end: match.index + match[0].length });
  let text = run;
  let cards = 0;
  for (let first = 0; first < groups.length; first += 1) {
    const last = lastGroupOfCard(run, groups, first);
    if (last === null) continue;
    const { start } = groups[first]!;
    const { end } = groups[last]!;
    text = text.slice(0, start) + hideMiddle(run.slice(start, end)) + text.slice(end);
    cards += 1;
    first = last;
  }
  return { text, cards };
}

/** The longest card that starts with this group. */
function lastGroupOfCard(run: string, groups: readonly { readonly start: number; readonly end: number }[], first: number): number | null {
  let digits = '';
  let found: number | null = null;
  for (let last = first; last < groups.length; last += 1) {
    const { start, end } = groups[last]!;
    if (digits.length + end - start > LONGEST) break;
    digits += run.slice(start, end);
    if (digits.length >= SHORTEST && passesLuhn(digits)) found = last;
  }
  return found;
}

function hideMiddle(card: string): string {
  const digits = card.replaceAll(/[^0-9]/g, '').length;
  let seen = 0;
  return card.replaceAll(/[0-9]/g, (digit) => {
    seen += 1;
    return seen <= SHOWN_FIRST || seen > digits - SHOWN_LAST ? digit : '*';
  });
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48;
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  // Nothing but zeros passes Luhn and is nobody's card.
  return sum > 0 && sum % 10 === 0;
}
