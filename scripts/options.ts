/** Options that several commands share, read with an error that shows a right value. */
import { userInfo } from 'node:os';
import { InvalidArgumentError } from 'commander';
import { isLandingHour, isUtcDate, type LandingHour } from '../contract/landing-hour';

export const LANDING_HOUR = '--landing-hour <hour>';

export function landingHourOption(text: string): LandingHour {
  if (isLandingHour(text)) return text;
  throw new InvalidArgumentError('Write a UTC hour like 2026-11-20T10.');
}

export function dateOption(text: string): string {
  if (isUtcDate(text)) return text;
  throw new InvalidArgumentError('Write a UTC date like 2026-11-20.');
}

export function merchantOption(text: string): string {
  if (/^[A-Za-z0-9_.:@-]{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError('Write a merchant’s id.');
}

/** A whole number of at least `least`. */
export function wholeNumberOption(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^[0-9]+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Write a whole number of at least ${least}.`);
  };
}

/** Who asks, for the ledger: the login name, unless said otherwise. */
export function operator(by: string | undefined): string {
  return by ?? userInfo().username;
}
