/**
 * compareRollups: the roll-ups of a day against what its payments add up to, cell by cell. Reads one view of Postgres; writes the object
 * that names the cells and nothing else. Killed anywhere, a second run does it again.
 */
import { rollupDifferencesKey } from '../contract/lake-layout';
import { addCauses } from '../contract/reconciled-day';
import type { CompareRollupsInput, RollupDifference, RollupsComparison } from '../contract/reconciled-rollups';
import type { Lake } from '../stores/lake';
import type { Rollups } from '../stores/rollups';
import { withHeartbeat } from './heartbeat';

export interface CompareRollupsParts {
  readonly lake: Lake;
  readonly rollups: Rollups;
}

/** Named at most; beyond that a table was lost, and no list of cells helps. */
const AT_MOST = 10_000;

export function createCompareRollups({ lake, rollups }: CompareRollupsParts) {
  return async function compareRollups(input: CompareRollupsInput): Promise<RollupsComparison> {
    const startedAt = performance.now();
    return withHeartbeat(async ({ signal }) => {
      const { cells, differing, named } = await rollups.compare(input.date, AT_MOST, signal);
      const key = rollupDifferencesKey(input);
      if (differing === 0) await lake.remove([key]); // Of an attempt that saw another moment.
      else await lake.put(key, named.map((difference) => `${JSON.stringify(difference)}\n`).join(''));
      return {
        cells, differing, causes: addCauses(named.map(({ cause }) => ({ [cause]: 1 }))), differencesKey: differing === 0 ? null : key,
        first: differing === 0 ? null : sentence(input.date, differing, named), seconds: (performance.now() - startedAt) / 1000,
      };
    });
  };
}

/** Without merchants and reasons: they do not pass through Temporal. */
function sentence(date: string, differing: number, named: readonly RollupDifference[]): string {
  const tables = [...new Set(named.map(({ rollup }) => rollup))];
  return `roll-ups of ${date}: ${differing} cells are not what the payments add up to (${tables.join(', ')})`;
}
