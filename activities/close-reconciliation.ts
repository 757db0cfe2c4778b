/**
 * closeReconciliation: the report of a day as JSON and HTML into the lake and into the ledger, and how each repair ended. Written
 * under the same keys and rows each time, so that a second run changes nothing.
 */
import { addCauses, type DayFindings, type DayReport, type ReconcileAnswer, type StoreDifferences } from '../contract/reconciled-day';
import { reportKeys } from '../contract/lake-layout';
import type { RollupDifference } from '../contract/reconciled-rollups';
import type { Difference, HourDifference } from '../contract/reconciliation';
import { sumOfMoney } from '../contract/repair';
import type { JobControl } from '../engines/engine';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import { dayReportHtml } from './day-report-html';
import { differencesIn, linesIn } from './read-differences';
import { withHeartbeat } from './heartbeat';

/** People read no more than this, and whoever needs all finds them in the lake. */
const NAMED_AT_MOST = 200;

export interface CloseReconciliationParts {
  readonly lake: Lake;
  readonly ledger: Ledger;
}

export function createCloseReconciliation({ lake, ledger }: CloseReconciliationParts) {
  return async function closeReconciliation(findings: DayFindings): Promise<ReconcileAnswer> {
    return withHeartbeat(async (control) => {
      const { reconciliationId, date, state, message, repairs } = findings;
      const keys = reportKeys(date, reconciliationId);
      const former = await lake.readText(keys.json);
      const report = former === null ? await reportOf(lake, findings, control) : JSON.parse(former.text) as DayReport;
      for (const repair of repairs) {
        await ledger.saveRepairOutcome({ reconciliationId, landingHour: repair.landingHour, attempt: repair.attempt }, repair.outcome, repair.message);
      }
      const mended = findings.rollups?.repair;
      if (mended != null) await ledger.saveRollupRepairOutcome(reconciliationId, mended.outcome, mended.message);
      await lake.put(keys.html, dayReportHtml(report));
      if (former === null) await lake.put(keys.json, JSON.stringify(report));
      await ledger.closeReconciliation({ reconciliationId, state, message, reportKey: keys.json, htmlKey: keys.html, report });
      return { reconciliationId, date, state, message, rows: report.rows, differing: report.differing, repairs, reportKey: keys.json, htmlKey: keys.html };
    });
  };
}

async function reportOf(lake: Lake, findings: DayFindings, control: JobControl): Promise<DayReport> {
  const hours = findings.compared.flatMap((store) => store.hours);
  return {
    ...findings,
    finishedAt: new Date().toISOString(),
    rows: findings.hours.reduce((sum, hour) => sum + hour.rows, 0),
    differing: differingStores(hours),
    differences: await firstDifferences(lake, hours, control),
    differencesInAll: hours.reduce((sum, hour) => sum + hour.rows, 0),
    rollupDifferences: await firstOfRollups(lake, findings, control),
  };
}

function differingStores(hours: readonly HourDifference[]): readonly StoreDifferences[] {
  return [...new Set(hours.map(({ store }) => store))].map((store) => {
    const its = hours.filter((hour) => hour.store === store);
    return {
      store,
      causes: addCauses(its.map(({ causes }) => causes)),
      rows: its.reduce((sum, { rows }) => sum + rows, 0),
      money: sumOfMoney(its.flatMap(({ money }) => money)),
    };
  });
}

async function firstDifferences(lake: Lake, hours: readonly HourDifference[], control: JobControl): Promise<readonly Difference[]> {
  const named: Difference[] = [];
  for (const { differencesKey } of hours) {
    for await (const difference of differencesIn(lake, differencesKey, control.signal)) {
      named.push(difference);
      if (named.length === NAMED_AT_MOST) return named;
    }
  }
  return named;
}

async function firstOfRollups(lake: Lake, { rollups }: DayFindings, control: JobControl): Promise<readonly RollupDifference[]> {
  const named: RollupDifference[] = [];
  const key = rollups?.compared?.differencesKey ?? null;
  if (key === null) return named;
  for await (const difference of linesIn<RollupDifference>(lake, key, control.signal)) {
    named.push(difference);
    if (named.length === NAMED_AT_MOST) break;
  }
  return named;
}
