/**
 * renderReport: a day's report, if and only if all that it rests on is proven. The numbers and the states of their hours are read as one
 * view of the data. A number that is not what the last revision said makes a new revision: first in the ledger, then as files in the lake.
 * Killed in between, the next attempt writes the files of the revision that the ledger has; run again, nothing is new.
 */
import type { Configuration } from '../contract/configuration';
import type { HoldingHour, RenderReportInput, RenderReportResult, ReportHour, ReportRef } from '../contract/daily-report';
import { changesBetween, type BroughtBy, type DayNumbers } from '../contract/day-numbers';
import { SluiceError } from '../contract/errors';
import { hourEnd } from '../contract/landing-hour';
import { labelOf } from '../contract/report-recipients';
import type { Lake } from '../stores/lake';
import type { Ledger } from '../stores/ledger';
import type { ReportRevision } from '../stores/ledger-reports';
import type { Reports, RestsOn } from '../stores/reports';
import { withHeartbeat } from './heartbeat';
import { lastTaken } from './plan-reports';
import { reportDocument, saveDocument } from './report-document';
import type { ReportRecipients } from './report-recipients';
import { dayNumbersOf } from './report-rows';

/** What passes through Temporal is for people; the ledger has all of them. */
const HOLDING_NAMED = 30;

export interface RenderReportParts {
  readonly reports: Reports;
  readonly ledger: Pick<Ledger, 'reportRevisions' | 'saveReportRevision' | 'seeReportRevision' | 'markReportSaved' | 'reportDeliveries' | 'acceptMissing' | 'acceptedMissing' | 'repairedSince'>;
  readonly lake: Lake;
  readonly recipients: ReportRecipients;
  readonly configuration: Pick<Configuration, 'SLUICE_REPORT_DEADLINE_HOURS'>;
}

export function createRenderReport(parts: RenderReportParts) {
  const { ledger, recipients, configuration } = parts;
  return async function renderReport(input: RenderReportInput): Promise<RenderReportResult> {
    return withHeartbeat(async () => {
      const ref: ReportRef = { date: input.date, merchant: input.merchant };
      const look = await lookAt(parts, ref, input);
      if (look.holding.length > 0) {
        return { outcome: 'held', holding: look.holding.slice(0, HOLDING_NAMED), holdingInAll: look.holding.length, deadlineHours: configuration.SLUICE_REPORT_DEADLINE_HOURS };
      }
      const { revision, changes, isNew } = await kept(parts, ref, input.by, look);
      const deliveries = await ledger.reportDeliveries(ref);
      const own = recipients.of(ref);
      return {
        outcome: isNew ? 'rendered' : 'unchanged', revision, changes, htmlKey: await saved(parts, ref, revision),
        due: own.filter(({ id }) => lastTaken(deliveries, id) !== revision).map((recipient) => ({ id: recipient.id, label: labelOf(recipient) })),
        recipients: own.length,
      };
    });
  };
}

interface Look {
  readonly holding: readonly HoldingHour[];
  readonly hours: readonly ReportHour[];
  readonly rests: RestsOn;
  readonly numbers: DayNumbers;
}

async function lookAt({ reports, ledger, recipients }: RenderReportParts, { date, merchant }: ReportRef, { acceptMissing, by }: RenderReportInput): Promise<Look> {
  const accepted = new Set((await ledger.acceptedMissing(date)).map(({ landingHour }) => landingHour));
  const now = new Date();
  const look = await reports.read(merchant, async (reader) => {
    // A merchant whose name was typed wrongly has no payments either. One that has recipients and no payment yet is told so.
    if (merchant !== null && recipients.of({ merchant }).length === 0 && !await reader.merchantKnown(merchant)) throw unknownMerchant(merchant);
    const hours = await reader.hoursOf(date);
    const holding = hours.filter(({ state }) => state !== 'proven' && state !== 'empty');
    // An hour that is not over yet may still get its objects, whatever somebody accepts.
    const acceptable = holding.filter(({ landingHour, state }) => (state === 'missing' || state === 'unasked') && landingHour.startsWith(date) && hourEnd(landingHour) <= now);
    const taken = acceptable.filter(({ landingHour }) => acceptMissing || accepted.has(landingHour));
    return {
      hours, taken, holding: holding.filter((hour) => !taken.includes(hour)),
      rests: await reader.restsOn(date, date), numbers: await dayNumbersOf(reader, date, merchant ?? undefined),
    };
  });
  // Also where others hold it back: it need not be said twice.
  const news = look.taken.map(({ landingHour }) => landingHour).filter((hour) => !accepted.has(hour));
  if (news.length > 0) await ledger.acceptMissing(news, by);
  return { ...look, holding: look.holding.map(({ landingHour, state }) => ({ landingHour, state })) };
}

function unknownMerchant(merchant: string): SluiceError {
  return new SluiceError({ kind: 'usage', what: 'no payment of this merchant was ever loaded, and nobody is configured to get its report', on: merchant, fix: 'Look at the name' });
}

async function kept({ ledger }: RenderReportParts, ref: ReportRef, by: string, { hours, rests, numbers }: Look): Promise<{ readonly revision: number; readonly changes: number; readonly isNew: boolean }> {
  const [last] = await ledger.reportRevisions(ref, 1);
  const changes = last === undefined ? [] : changesBetween(last.numbers, numbers);
  if (last !== undefined && changes.length === 0) {
    await ledger.seeReportRevision(ref, last.revision, hours, rests.revision);
    return { revision: last.revision, changes: 0, isNew: false };
  }
  const revision = (last?.revision ?? 0) + 1;
  const brought = last === undefined ? [] : await broughtBy(ledger, last, hours);
  if (!await ledger.saveReportRevision({ ...ref, revision, numbers, hours, brought, asOf: rests.asOf, restsOn: rests.revision, by })) {
    throw new SluiceError({ kind: 'transient', what: 'somebody else made this revision of the report at the same moment', on: `${ref.date} r${revision}`, fix: 'It is looked at again by itself' });
  }
  return { revision, changes: changes.length, isNew: true };
}

/** Against the hours when the numbers were last seen to be the old ones: an hour that was run again before then did not bring it. */
async function broughtBy(ledger: RenderReportParts['ledger'], { seenHours, seenAt }: ReportRevision, hours: readonly ReportHour[]): Promise<readonly BroughtBy[]> {
  const was = new Map(seenHours.map((hour) => [hour.landingHour, hour]));
  const is = new Map(hours.map((hour) => [hour.landingHour, hour]));
  const repaired = new Set(await ledger.repairedSince([...is.keys()], seenAt));
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap((landingHour): readonly BroughtBy[] => {
    const before = was.get(landingHour)?.revision ?? null;
    const after = is.get(landingHour)?.revision ?? null;
    if (!is.has(landingHour)) return [{ landingHour, why: 'left', before, after: null }];
    if (before === null && after !== null) return [{ landingHour, why: 'came', before, after }];
    if (before !== after) return [{ landingHour, why: 'revision', before, after }];
    return repaired.has(landingHour) ? [{ landingHour, why: 'repaired', before, after }] : [];
  });
}

/** As whoever had the revision before would get it. */
async function saved({ ledger, lake }: RenderReportParts, ref: ReportRef, revision: number): Promise<string> {
  const history = await ledger.reportRevisions(ref, 2);
  const { htmlKey } = history[0]!;
  if (htmlKey !== null) return htmlKey;
  const document = await reportDocument(history, revision, history[1]?.revision ?? null);
  await saveDocument(lake, document);
  await ledger.markReportSaved(ref, revision, document.files[0]!.key);
  return document.files[0]!.key;
}
