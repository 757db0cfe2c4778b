/** Pages of columns that say whether a payment has a certain status: a bit for each row. */
import { BEYOND, isSame } from '../../assembly/vectors';
import { STATUS } from '../../lines/assembly/field-numbers';
import { putAllPresent } from './levels';
import { endOf, rows, startOf } from './rows';

/** The statuses that are asked for, a vector for each, and how long they are; filled in. */
export const flagged = memory.data(32, 16);
export const flaggedBytes = memory.data(2);

export function putFlags(flag: u32, to: usize): usize {
  const status = flagged + (flag as usize) * BEYOND;
  const statusBytes = load<u8>(flaggedBytes + flag) as u32;
  const bits = putAllPresent(to);
  for (let from: u32 = 0; from < rows; from += 8) {
    let byte: u32 = 0;
    for (let i: u32 = 0; i < 8 && from + i < rows; i += 1) {
      const start = startOf(STATUS, from + i);
      if (endOf(STATUS, from + i) - start == statusBytes && isSame(start, status, statusBytes)) byte |= 1 << i;
    }
    store<u8>(bits + (from >> 3), byte as u8);
  }
  return bits + ((rows + 7) >> 3);
}
