/** What the producer's plain lines add up to, by currency. An amount's digits come in two parts, each of which adds up exactly over more lines than there are. */
import { currency } from './canonical';
import { numberBetween } from './digits';
import { AMOUNT_CENTS } from './field-numbers';
import { endOf, startOf } from './fields';

const LOW_DIGITS: usize = 9;
/** By how manieth the currency is: how many lines, the sum of the nine last digits, the sum of those before them. */
export const sums = memory.data(6_144, 16);
const BYTES_OF_ONE: usize = 24;

export function addSent(): void {
  const start = startOf(AMOUNT_CENTS);
  const end = endOf(AMOUNT_CENTS);
  const middle = end - start > LOW_DIGITS ? end - LOW_DIGITS : start;
  const sum = sums + (currency as usize) * BYTES_OF_ONE;
  store<u64>(sum, load<u64>(sum) + 1);
  store<u64>(sum, load<u64>(sum, 8) + (numberBetween(middle, end) as u64), 8);
  store<u64>(sum, load<u64>(sum, 16) + (numberBetween(start, middle) as u64), 16);
}
