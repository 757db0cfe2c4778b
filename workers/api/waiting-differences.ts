/** What whoever decides about a repair must see: the first of what differs, by key, while there is no report yet. */
import { differencesIn } from '../../activities/read-differences';
import { minorUnitsOf } from '../../contract/currencies';
import { reconciliationPrefix } from '../../contract/lake-layout';
import type { DayReport } from '../../contract/reconciled-day';
import type { Difference } from '../../contract/reconciliation';
import type { Lake } from '../../stores/lake';

const AT_MOST = 200;

/** By store and hour, as they lie in the lake. */
export async function firstDifferences(lake: Lake, date: string, reconciliationId: string, signal: AbortSignal): Promise<readonly Difference[]> {
  const found: Difference[] = [];
  for (const { key } of await lake.list(`${reconciliationPrefix(date, reconciliationId)}differences/`)) {
    for await (const difference of differencesIn(lake, key, signal)) {
      found.push(difference);
      if (found.length === AT_MOST) return found;
    }
  }
  return found;
}

/** Of each currency in which something differed: of the rows that a repair waits for, and of the report once there is one. */
export function minorUnitsIn(waitingFor: readonly Difference[], report: Pick<DayReport, 'differences' | 'differing'> | null): Record<string, number> {
  const currencies = [
    ...[...waitingFor, ...(report?.differences ?? [])].flatMap(({ expected, found }) => [expected?.currency, found?.currency]),
    ...(report?.differing ?? []).flatMap(({ money }) => money.map(({ currency }) => currency)),
  ].filter((currency) => currency !== undefined);
  return Object.fromEntries([...new Set(currencies)].map((currency) => [currency, minorUnitsOf(currency)]));
}
