/** What rows were added up to by a compiled module (assembly/sums.ts), added to sums of more of them. */
import type { SummedParts, SumsOfRows } from '../../contract/sums';

/** As assembly/sums.ts lays a cell out: numbers of four bytes, then of eight. */
const CELL_BYTES = 48;

export interface CellExports {
  readonly cells: WebAssembly.Global;
  readonly cellCount: WebAssembly.Global;
}

/** Before the rows' texts are overwritten. `between`: bytes of what was summed as the status that are before it. */
export function addCells(memory: Buffer, { cells, cellCount }: CellExports, summed: SummedParts, sums: SumsOfRows, between = 0): void {
  summed.bytes = memory;
  for (let n = 0; n < cellCount.value; n += 1) {
    const cell = cells.value + n * CELL_BYTES;
    summed.currencyStart = memory.readUInt32LE(cell);
    summed.currencyEnd = summed.currencyStart + memory.readUInt32LE(cell + 4);
    summed.statusStart = summed.currencyEnd + between;
    summed.statusEnd = summed.currencyEnd + memory.readUInt32LE(cell + 8);
    summed.centsLow = memory.readDoubleLE(cell + 16);
    summed.centsHigh = memory.readDoubleLE(cell + 24);
    summed.hashLow = memory.readDoubleLE(cell + 32);
    summed.hashHigh = memory.readDoubleLE(cell + 40);
    sums.addGroup(summed, memory.readUInt32LE(cell + 12));
  }
}
