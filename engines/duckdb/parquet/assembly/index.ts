/** Rows of canonical texts as Parquet files, and added up: what the host asks for (../compiled-rows.ts). */
import { addRow } from '../../assembly/sums';
import { AMOUNT_CENTS, CURRENCY, MERCHANT_ID, STATUS } from '../../lines/assembly/field-numbers';
import { openFiles } from './files';
import { openFronts } from './fronts';
import { endOf, hashOf, numberOf, openRows, rows, startOf } from './rows';
import { openDictionaries } from './texts';

export { beginSums, cellCount, cells } from '../../assembly/sums';
export { beginFile, columns, endFile, putRows, said, saidOfFile, sayings, sayingsEnd, setColumns, setRevision } from './files';
export { flagged, flaggedBytes } from './flags';
export { day, rows, takeRows } from './rows';

/** For row groups of so many rows, whose texts have so many bytes; so many of them in a file. Answers with what is free behind it. */
export function openColumns(at: usize, mostRows: u32, textBytes: usize, mostGroups: u32): usize {
  return openFiles(openFronts(openDictionaries(openRows(at, mostRows), mostRows), mostRows), mostRows, textBytes, mostGroups);
}

/** Adds all rows up, with those that were since the sums began. Their texts stay where they are until the sums are taken. */
export function sumRows(): void {
  for (let row: u32 = 0; row < rows; row += 1) {
    const currency = startOf(CURRENCY, row);
    const status = startOf(STATUS, row);
    // The status with the separator before it: both texts lie together then.
    addRow(currency, status - 1 - currency, endOf(STATUS, row) - status + 1, numberOf(AMOUNT_CENTS, row), hashOf(row));
  }
}

export function merchantStart(): usize {
  return startOf(MERCHANT_ID, 0);
}

export function merchantEnd(): usize {
  return endOf(MERCHANT_ID, 0);
}
