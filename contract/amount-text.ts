/** Amounts as people read them: the point is put into the digits, nothing is divided. */
import { minorUnitsOf } from './currencies';

/** `1234567` of EUR is `12,345.67`. Takes a sign. */
export function amountText(minorUnits: string, currency: string): string {
  const [, sign, digits] = /^(-?)(\d+)$/.exec(minorUnits)!;
  const places = minorUnitsOf(currency);
  const padded = digits!.padStart(places + 1, '0');
  const whole = countText(padded.slice(0, padded.length - places));
  return `${sign}${whole}${places === 0 ? '' : `.${padded.slice(-places)}`}`;
}

/** `1234567` of EUR is `12,345.67 EUR`. */
export function moneyText(minorUnits: string, currency: string): string {
  return `${amountText(minorUnits, currency)} ${currency}`;
}

/** Digits in groups of three. */
export function countText(digits: string | number): string {
  return String(digits).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 hour`, `2 hours`. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A difference always says its sign; what is none stays as it is. */
export function signed(text: string): string {
  return /^\d/.test(text) ? `+${text}` : text;
}
