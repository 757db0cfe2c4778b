/**
 * planReports: which days' reports have to be made or looked at again: never sent, resting on data or hours that have moved since, or not
 * with somebody who should have them. Reads only; a second run says the same.
 */
import type { Configuration } from '../contract/configuration';
import type { PlanReportsInput, ReportRef } from '../contract/daily-report';
import type { Ledger } from '../stores/ledger';
import type { ReportDelivery } from '../stores/ledger-reports';
import type { Reports } from '../stores/reports';
import { withHeartbeat } from './heartbeat';
import type { ReportRecipients } from './report-recipients';

const DAY_MS = 86_400_000;

export interface PlanReportsParts {
  readonly reports: Reports;
  readonly ledger: Pick<Ledger, 'reportRevisions' | 'reportDeliveries'>;
  readonly recipients: ReportRecipients;
  readonly configuration: Pick<Configuration, 'SLUICE_REPORT_LOOK_BACK_DAYS'>;
}

export function createPlanReports(parts: PlanReportsParts) {
  const { reports, recipients, configuration } = parts;
  return async function planReports({ date }: PlanReportsInput): Promise<readonly ReportRef[]> {
    return withHeartbeat(async ({ signal }) => {
      const due: ReportRef[] = [];
      for (let back = 0; back < configuration.SLUICE_REPORT_LOOK_BACK_DAYS; back += 1) {
        const day = new Date(Date.parse(date) - back * DAY_MS).toISOString().slice(0, 10);
        const rests = await reports.read(null, (reader) => reader.restsOn(day, day));
        // Before the pipeline was there. Yesterday without a single hour is told all the same: something does not run.
        if (rests.hours === 0 && back > 0) continue;
        for (const merchant of recipients.audiences) {
          signal.throwIfAborted();
          if (await isDue(parts, { date: day, merchant }, rests.revision)) due.push({ date: day, merchant });
        }
      }
      return due;
    });
  };
}

async function isDue({ ledger, recipients }: PlanReportsParts, ref: ReportRef, restsOn: string): Promise<boolean> {
  const [last] = await ledger.reportRevisions(ref, 1);
  if (last === undefined || last.restsOn !== restsOn) return true;
  const deliveries = await ledger.reportDeliveries(ref);
  return recipients.of(ref).some(({ id }) => lastTaken(deliveries, id) !== last.revision);
}

/** The newest revision that the recipient acknowledged; null: none. */
export function lastTaken(deliveries: readonly ReportDelivery[], recipient: string): number | null {
  return deliveries.find((delivery) => delivery.recipient === recipient && delivery.acknowledgedAt !== null)?.revision ?? null;
}
