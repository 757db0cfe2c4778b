/** A day's report as a page for people who check money: totals first, then what they are made of, then what they rest on. To be read, mailed and printed. */
import { amountText, countText, moneyText, signed } from '../contract/amount-text';
import type { ReportHour } from '../contract/daily-report';
import { REPORT_TITLES, type BroughtBy, type Change, type DayNumbers } from '../contract/day-numbers';
import type { DeclineRow, ReconRow } from '../contract/report-rows';
import { escape, pageHtml, section, table } from './page-html';

/** The files have all of them. */
const DECLINES_SHOWN = 50;
const CHANGES_SHOWN = 200;
/** Of a bar that is the whole. */
const BAR_REM = 9;

const STYLE = `
body { max-width: 60rem; }
.lead { font-size: 1.05rem; margin: .25rem 0 0; }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 0; padding: 0; list-style: none; }
.cards li { border: 1px solid #d1d9e0; border-radius: .5rem; padding: .6rem 1rem; min-width: 11rem; }
.cards b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cards .code { font-weight: 600; }
tr.sum td { font-weight: 600; border-bottom: 2px solid #59636e; }
.share { white-space: nowrap; }
.bar { display: inline-block; height: .55rem; background: #4c8dd6; border-radius: 2px; vertical-align: baseline; }
.notice { border: 1px solid #d4a72c; border-left-width: 5px; border-radius: .35rem; padding: .25rem 1rem 1rem; margin: 1.5rem 0 0; }
.notice h2 { margin-top: .75rem; }
.hours { column-width: 13rem; padding-left: 0; list-style: none; font-size: .85rem; font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) { .cards li { border-color: #3d444d; } .notice { border-color: #9e6a03; } tr.sum td { border-color: #9198a1; } }
@media print {
  :root { color-scheme: light; } body { color: #000; background: #fff; max-width: none; padding: 0; font-size: 10pt; }
  .scroll { overflow: visible; } table, .cards li, .notice { break-inside: auto; } tr, .cards li { break-inside: avoid; } h2 { break-after: avoid; } thead { display: table-header-group; }
  .bar { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;

export interface ShownReport {
  readonly date: string;
  readonly merchant: string | null;
  readonly revision: number;
  readonly numbers: DayNumbers;
  readonly hours: readonly ReportHour[];
  readonly asOf: string | null;
  readonly renderedAt: string;
  /** null: the first that its reader gets */
  readonly restates: { readonly revision: number; readonly changes: readonly Change[]; readonly brought: readonly BroughtBy[] } | null;
}

export function dailyReportHtml(report: ShownReport): string {
  const { date, merchant, revision, numbers, hours, asOf, renderedAt, restates } = report;
  const whose = merchant ?? 'all merchants';
  return pageHtml({
    title: `Payments of ${date}, ${whose}${restates === null ? '' : ': restatement'}`, style: STYLE, body: `
<h1>Payments of ${escape(date)} ${stateOf(report)}</h1>
<p class="lead">${escape(whose)}, revision ${revision}</p>
<p class="soft">${escape(`${restsOnText(hours)} Days are UTC, by the payment's creation. Last change ${asOf === null ? 'none' : instantText(asOf)}, made ${instantText(renderedAt)}.`)}</p>
${restates === null ? '' : notice(restates)}
${cards(numbers)}
${section(`${REPORT_TITLES['daily-recon']} by currency and status`, recon(numbers))}
${section(REPORT_TITLES['refund-rate'], refunds(numbers))}
${section(REPORT_TITLES.declines, declines(numbers))}
${section(REPORT_TITLES.latency, latency(numbers))}
${section('What it rests on', `<ul class="hours">${hours.map(hourItem).join('')}</ul>`)}` });
}

function stateOf({ hours, restates }: ShownReport): string {
  if (restates !== null) return '<span class="state wait">restated</span>';
  return isWhole(hours) ? '<span class="state good">proven</span>' : '<span class="state wait">proven but for hours without an object</span>';
}

/** False: somebody accepted that an hour had no object. */
function isWhole(hours: readonly ReportHour[]): boolean {
  return hours.every(({ state }) => state === 'proven' || state === 'empty');
}

/** One sentence: whether all of it is proven, and what somebody took upon himself. */
export function restsOnText(hours: readonly ReportHour[]): string {
  const missing = hours.filter(({ state }) => state === 'missing' || state === 'unasked').length;
  const good = hours.length - missing;
  return missing === 0 ? `All ${good} landing hours are proven or empty.` : `${good} landing hours are proven or empty; ${missing} had no object, which was accepted.`;
}

function notice({ revision, changes, brought }: NonNullable<ShownReport['restates']>): string {
  const more = changes.length - CHANGES_SHOWN;
  return `<div class="notice">${section(`Restatement: ${countText(changes.length)} ${changes.length === 1 ? 'number is' : 'numbers are'} not what revision ${revision} said`, `
<p>${escape(broughtText(brought))}</p>
${table(['report', 'of', 'number', '#before', '#after', '#difference'], changes.slice(0, CHANGES_SHOWN).map(changeRow))}
${more > 0 ? `<p class="soft">and ${countText(more)} more: changes.csv has all of them</p>` : ''}`)}</div>`;
}

export function broughtText(brought: readonly BroughtBy[]): string {
  if (brought.length === 0) return 'No run and no repair of a landing hour explains it: somebody else may have written to the payments. Have the day reconciled.';
  const words = brought.map(({ landingHour, why, before, after }) => {
    if (why === 'repaired') return `${landingHour} was repaired`;
    if (why === 'came') return `${landingHour} came in (revision ${after ?? '–'})`;
    if (why === 'left') return `${landingHour} has none of its payments any more`;
    return `${landingHour} was run again (revision ${before ?? '–'} → ${after ?? '–'})`;
  });
  return `Brought by: ${words.join(', ')}.`;
}

function changeRow(change: Change): readonly string[] {
  return [
    escape(REPORT_TITLES[change.report]), escape(change.cell), escape(numberName(change.number)),
    ...[change.before, change.after].map((value) => escape(shownNumber(change, value))), `<b>${escape(signed(shownNumber(change, change.difference)))}</b>`,
  ];
}

/** For people; the files and webhooks have the exact text. */
export function shownNumber({ unit, currency }: Pick<Change, 'unit' | 'currency'>, value: string | null): string {
  if (value === null) return '–';
  if (unit === 'money') return moneyText(value, currency!);
  if (unit === 'payments') return countText(value);
  if (unit === 'ms') return `${value} ms`;
  return percentText(value);
}

export function numberName(number: string): string {
  return number.replace(/_cents$/, ' amount').replace(/^amount amount$/, 'amount').replace(/_ms$/, '').replaceAll('_', ' ');
}

function cards(numbers: DayNumbers): string {
  const { totals } = numbers['daily-recon'];
  if (totals.length === 0) return '<p>No payment was made on this day.</p>';
  return `<ul class="cards">${totals.map(({ currency, payments, amount_cents }) =>
    `<li><span class="code">${escape(currency)}</span><b>${escape(amountText(amount_cents, currency))}</b><span class="soft">${countText(payments)} payments</span></li>`).join('')}</ul>`;
}

function recon(numbers: DayNumbers): string {
  const { rows, totals } = numbers['daily-recon'];
  const sums = new Set<readonly string[]>();
  const lines = totals.flatMap((total) => {
    const sum = [escape(total.currency), 'all', countText(total.payments), escape(amountText(total.amount_cents, total.currency)), ''];
    sums.add(sum);
    return [...rows.filter(({ currency }) => currency === total.currency).map((row) => reconLine(row, total.amount_cents)), sum];
  });
  return table(['currency', 'status', '#payments', '#amount', 'share of the amount'], lines, (row) => sums.has(row));
}

function reconLine({ currency, status, payments, amount_cents }: ReconRow, whole: string): readonly string[] {
  return [escape(currency), escape(status), countText(payments), escape(amountText(amount_cents, currency)), bar(BigInt(amount_cents), BigInt(whole))];
}

function bar(part: bigint, whole: bigint): string {
  const permille = whole <= 0n || part <= 0n ? 0 : Number((part * 1000n) / whole);
  return `<span class="share"><span class="bar" style="width:${(permille * BAR_REM / 1000).toFixed(2)}rem"></span> <span class="soft">${(permille / 10).toFixed(1)} %</span></span>`;
}

function refunds(numbers: DayNumbers): string {
  const { rows, all } = numbers['refund-rate'];
  if (rows.length === 0) return '<p class="soft">Nothing was captured.</p>';
  return `${table(['currency', '#captured', '#captured amount', '#refunded', '#refunded amount', '#rate by count', '#rate by amount'], rows.map((row) => [
    escape(row.currency), countText(row.captured), escape(amountText(row.captured_cents, row.currency)), countText(row.refunded), escape(amountText(row.refunded_cents, row.currency)),
    percentText(row.rate_by_count), percentText(row.rate_by_amount),
  ]))}<p class="soft">Over all currencies ${countText(all.refunded)} of ${countText(all.captured)} captured payments were refunded${all.rate_by_count === null ? '' : `: ${percentText(all.rate_by_count)}`}.</p>`;
}

function declines(numbers: DayNumbers): string {
  const { rows, payments } = numbers.declines;
  if (rows.length === 0) return '<p class="soft">No payment was declined.</p>';
  const frequent = [...rows].sort((a, b) => b.payments - a.payments || (a.cell < b.cell ? -1 : 1));
  const rest = frequent.slice(DECLINES_SHOWN);
  return `${table(['reason', 'currency', '#payments', '#amount', 'share of the declines'], frequent.slice(0, DECLINES_SHOWN).map((row) => declineLine(row, payments)))}${
    rest.length === 0 ? '' : `<p class="soft">and ${countText(rest.length)} more rows with ${countText(rest.reduce((sum, row) => sum + row.payments, 0))} payments: declines.csv has all of them</p>`}`;
}

function declineLine({ reason, currency, payments, amount_cents }: DeclineRow, all: number): readonly string[] {
  return [escape(reason), escape(currency), countText(payments), escape(amountText(amount_cents, currency)), bar(BigInt(payments), BigInt(all))];
}

function latency(numbers: DayNumbers): string {
  const { rows: [row], percentile_error } = numbers.latency;
  if (row === undefined || row.payments === 0) return '<p class="soft">No payment was authorised and completed.</p>';
  const ms = (value: number | null): string => (value === null ? '–' : `${countText(value)} ms`);
  return `${table(['#payments', '#mean', '#p50', '#p95', '#p99', '#longest', '#clock skew'], [[
    countText(row.payments), `${escape(row.mean_ms ?? '–')} ms`, ms(row.p50_ms), ms(row.p95_ms), ms(row.p99_ms), ms(row.max_ms), countText(row.skewed),
  ]])}<p class="soft">Percentiles are at most ${(percentile_error * 100).toFixed(1)} % off, the rest is exact. Clock skew: completed before they were authorised, in none of the other numbers.</p>`;
}

/** `0.012346` is `1.2346 %`: the point moves, nothing is rounded. */
export function percentText(rate: string | null): string {
  if (rate === null) return '–';
  const [, sign, whole, part] = /^(-?)(\d+)\.(\d{6})$/.exec(rate)!;
  return `${sign}${BigInt(`${whole}${part!.slice(0, 2)}`)}.${part!.slice(2)} %`;
}

function hourItem({ landingHour, state, revision }: ReportHour): string {
  const good = state === 'proven' || state === 'empty';
  return `<li>${escape(landingHour)} <span class="${good ? 'good' : 'wait'}">${good ? state : 'accepted as missing'}</span>${revision === null ? '' : ` <span class="soft">r${revision}</span>`}</li>`;
}

function instantText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}
