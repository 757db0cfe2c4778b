/**
 * What one recipient is given of a revision: page, tables, letter and webhook body, made from what the ledger keeps and nothing else, so
 * that every attempt gives the same bytes. A restatement speaks of the revision that this recipient had before, whichever that was.
 */
import { createHash } from 'node:crypto';
import { amountText, countText, signed } from '../contract/amount-text';
import { changesBetween, REPORT_TITLES, type BroughtBy, type Change } from '../contract/day-numbers';
import { dailyReportKey } from '../contract/lake-layout';
import { REPORT_COLUMNS } from '../contract/report-rows';
import { REPORTS, type ReportName } from '../contract/reports';
import { csvOf, type TableColumn, type TableRow } from '../contract/table';
import type { Lake } from '../stores/lake';
import type { ReportRevision } from '../stores/ledger-reports';
import { broughtText, dailyReportHtml, numberName, restsOnText, shownNumber } from './daily-report-html';

const CHANGES_IN_LETTER = 30;

const CHANGE_COLUMNS: readonly TableColumn[] = [
  ...['report', 'cell', 'number', 'unit', 'currency'].map((name): TableColumn => ({ name, type: 'text' })),
  ...['before', 'after', 'difference'].map((name): TableColumn => ({ name, type: 'number' })),
];

export interface ReportFile {
  readonly name: string;
  readonly contentType: string;
  readonly body: string;
  readonly key: string;
  readonly sha256: string;
}

export interface ReportDocument {
  /** null: the first that its reader gets */
  readonly after: number | null;
  readonly changes: readonly Change[];
  readonly brought: readonly BroughtBy[];
  /** the page is the first */
  readonly files: readonly ReportFile[];
  readonly subject: string;
  readonly text: string;
}

/** `history`: every revision up to the one that is told of. `after`: the one that the reader has. */
export async function reportDocument(history: readonly ReportRevision[], revision: number, after: number | null): Promise<ReportDocument> {
  const now = history.find((one) => one.revision === revision)!;
  const before = after === null ? null : history.find((one) => one.revision === after)!;
  const changes = before === null ? [] : changesBetween(before.numbers, now.numbers);
  const brought = before === null ? [] : broughtSince(history, before.revision, revision);
  const restates = before === null ? null : { revision: before.revision, changes, brought };
  const file = (name: string, contentType: string, body: string): ReportFile => {
    const sha256 = createHash('sha256').update(body, 'utf8').digest('hex');
    return { name, contentType, body, key: dailyReportKey(now, name, sha256), sha256 };
  };
  const files = [
    file('report.html', 'text/html; charset=utf-8', dailyReportHtml({ ...now, restates })),
    ...await Promise.all(REPORTS.map(async (report) => file(`${report}.csv`, 'text/csv; charset=utf-8', await csvText(REPORT_COLUMNS[report], tableOf(now, report))))),
    ...(before === null ? [] : [file('changes.csv', 'text/csv; charset=utf-8', await csvText(CHANGE_COLUMNS, changes.map((change) => ({ ...change }))))]),
  ];
  return { after, changes, brought, files, subject: subjectOf(now, after), text: letterOf(now, after, changes, brought, files) };
}

/** Named by their contents: written again they are the same. */
export async function saveDocument(lake: Lake, { files }: ReportDocument): Promise<void> {
  await Promise.all(files.map(({ key, body }) => lake.put(key, body)));
}

/** Of each revision in between; an hour that was run twice is named once, from its first revision to its last. */
function broughtSince(history: readonly ReportRevision[], after: number, revision: number): readonly BroughtBy[] {
  const named = new Map<string, BroughtBy>();
  const between = history.filter((one) => one.revision > after && one.revision <= revision).sort((a, b) => a.revision - b.revision);
  for (const one of between.flatMap(({ brought }) => brought)) {
    const earlier = named.get(one.landingHour);
    named.set(one.landingHour, earlier === undefined ? one : { ...one, why: one.why === 'repaired' ? earlier.why : one.why, before: earlier.before });
  }
  return [...named.values()].sort((a, b) => (a.landingHour < b.landingHour ? -1 : 1));
}

function tableOf({ date, numbers }: ReportRevision, report: ReportName): readonly TableRow[] {
  const beside = report === 'daily-recon' ? { date } : report === 'latency' ? { from: date, to: date, payment_method: null } : { from: date, to: date };
  return numbers[report].rows.map((row) => ({ ...beside, ...row }));
}

async function csvText(columns: readonly TableColumn[], rows: readonly TableRow[]): Promise<string> {
  const parts: string[] = [];
  for await (const part of csvOf(columns, (async function* () { yield await Promise.resolve(rows); })())) parts.push(part);
  return parts.join('');
}

function subjectOf({ date, merchant, revision }: ReportRevision, after: number | null): string {
  const whose = merchant === null ? '' : `, ${merchant}`;
  return after === null ? `Payments of ${date}${whose}` : `Restatement: payments of ${date}${whose}, revision ${revision}`;
}

function letterOf(now: ReportRevision, after: number | null, changes: readonly Change[], brought: readonly BroughtBy[], files: readonly ReportFile[]): string {
  const { totals, payments } = now.numbers['daily-recon'];
  const more = changes.length - CHANGES_IN_LETTER;
  return [
    `Payments of ${now.date}, ${now.merchant ?? 'all merchants'}, revision ${now.revision}. ${restsOnText(now.hours)}`,
    '',
    ...totals.map((total) => `${total.currency}  ${amountText(total.amount_cents, total.currency)}  in ${countText(total.payments)} payments`),
    ...(payments === 0 ? ['No payment was made on this day.'] : []),
    ...(after === null ? [] : [
      '',
      `This takes the place of revision ${after}. ${broughtText(brought)}`,
      '',
      ...changes.slice(0, CHANGES_IN_LETTER).map((change) =>
        `${REPORT_TITLES[change.report]}, ${change.cell}, ${numberName(change.number)}: ${shownNumber(change, change.before)} -> ${shownNumber(change, change.after)} (${signed(shownNumber(change, change.difference))})`),
      ...(more > 0 ? [`and ${countText(more)} more: changes.csv has all of them`] : []),
    ]),
    '',
    `Attached: ${files.map(({ name }) => name).join(', ')}. One sum for each currency, never across them.`,
    '',
  ].join('\n');
}

export interface DeliveryIdentity {
  readonly deliveryId: string;
  /** JSON; the same bytes for each attempt */
  readonly body: string;
}

/** The id is of what is said and to whom: an attempt after a lost answer, or after a lost ledger, is known by it. */
export function webhookDelivery(now: ReportRevision, recipient: string, document: ReportDocument, bucket: string): DeliveryIdentity {
  const { date, merchant, revision, numbers, hours, asOf } = now;
  const said = JSON.stringify({ date, merchant, revision, recipient, after: document.after, numbers });
  const deliveryId = `report_${createHash('sha256').update(said, 'utf8').digest('hex').slice(0, 32)}`;
  const body = {
    type: document.after === null ? 'report' : 'restatement', delivery: deliveryId, date, merchant, revision, restates: document.after, as_of: asOf,
    hours: hours.map(({ landingHour, state, revision: loaded }) => ({ landing_hour: landingHour, state: state === 'proven' || state === 'empty' ? state : 'accepted_missing', revision: loaded })),
    totals: numbers['daily-recon'].totals, reports: numbers,
    ...(document.after === null ? {} : {
      changes: document.changes,
      brought_by: document.brought.map(({ landingHour, why, before, after }) => ({ landing_hour: landingHour, why, before, after })),
    }),
    files: { bucket, objects: document.files.map(({ name, key, contentType, body: content, sha256 }) => ({ name, key, content_type: contentType, bytes: Buffer.byteLength(content), sha256 })) },
  };
  return { deliveryId, body: JSON.stringify(body) };
}
