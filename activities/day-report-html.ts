/** A day's reconciliation as one page. */
import { causesText, type DayReport, type RepairedHour } from '../contract/reconciled-day';
import type { RollupDifference, RollupFindings } from '../contract/reconciled-rollups';
import type { ComparedRow, Difference, StoreComparison } from '../contract/reconciliation';
import type { Money } from '../contract/repair';
import { escape, pageHtml, section, table } from './page-html';

const COLOUR: Readonly<Record<string, string>> = {
  agrees: 'good', repaired: 'good', healed: 'good', proven: 'good', empty: 'good', waiting: 'wait', refused: 'wait', ask_timed_out: 'wait',
};

export function dayReportHtml(report: DayReport): string {
  const { date, state, message } = report;
  return pageHtml({ title: `${date}: ${words(state)}`, body: `<h1>Reconciliation of ${escape(date)}: <span class="state ${colour(state)}">${escape(words(state))}</span></h1>
<p>${escape(message)}</p>
<p class="soft">${escape(facts(report))}</p>
${report.problems.length === 0 ? '' : `<ul>${report.problems.map((problem) => `<li>${escape(problem)}</li>`).join('')}</ul>`}
${section('Stores', table(['store', '#rows', '#hours that differ', 'what differs', 'minor units', '#buckets compared', '#looked into', '#seconds'], report.compared.map((store) => storeRow(report, store))))}
${report.comparedAgain.length === 0 ? '' : section('Compared again, after the repairs', table(['store', '#rows', '#hours that differ', 'first'], report.comparedAgain.map((store) => [
    escape(store.store), count(store.rows), count(store.hours.length), escape(store.hours[0]?.first ?? 'equal'),
  ])))}
${report.repairs.length === 0 ? '' : section('Repairs', table(['hour', 'what was done', 'stores', '#rows', 'minor units', 'approved by', 'outcome'], report.repairs.map(repairRow)))}
${report.decision === null ? '' : section('Decision', `<p>${escape(`${words(report.decision.decision)} by ${report.decision.by}${report.decision.why === null ? '' : `: ${report.decision.why}`}`)}</p>`)}
${report.raw.length === 0 ? '' : section('What raw says', table(['hour', 'finding', '#objects', 'in words'], report.raw.map((finding) => [
    escape(finding.landingHour), escape(words(finding.kind)), count(finding.objects), escape(finding.message),
  ])))}
${report.asked.length === 0 ? '' : section('Hours asked for again', table(['hour', 'state', 'in words'], report.asked.map((hour) => [
    escape(hour.landingHour), stateCell(hour.state), escape(hour.message),
  ])))}
${report.differences.length === 0 ? '' : section(`Differences${report.differencesInAll > report.differences.length ? `: the first ${report.differences.length} of ${count(report.differencesInAll)}` : ''}`,
    table(['store', 'hour', 'payment', 'cause', 'expected', 'found', 'where'], report.differences.map(differenceRow)))}
${report.rollups === undefined ? '' : section('Roll-ups', rollupsText(report.rollups, report.rollupDifferences ?? []))}
${section('Hours', table(['hour', 'state', '#revision', '#rows', 'not compared'], report.hours.map((hour) => [
    escape(hour.landingHour), stateCell(hour.state), hour.revision === null ? '–' : count(hour.revision), count(hour.rows),
    report.compared.flatMap((store) => store.notCompared.filter(({ landingHour }) => landingHour === hour.landingHour).map(({ why }) => escape(`${store.store}: ${why}`))).join('<br>'),
  ])))}` });
}

function facts({ reconciliationId, by, repair, deep, startedAt, finishedAt, rows, hours }: DayReport): string {
  return `${count(hours.length)} hours, ${count(rows)} rows. Asked for by ${by}, repair ${repair}${deep ? ', every file read' : ''}. ${startedAt} to ${finishedAt}. ${reconciliationId}`;
}

function storeRow(report: DayReport, store: StoreComparison): readonly string[] {
  const its = report.differing.find((differing) => differing.store === store.store);
  return [
    escape(store.store), count(store.rows), count(store.hours.length),
    its === undefined ? '<span class="good">equal</span>' : `<span class="bad">${escape(causesText(its.causes))}</span>`,
    escape(moneyText(its?.money ?? [])), count(store.bucketsCompared), count(store.bucketsDescended), store.seconds.toFixed(1),
  ];
}

function repairRow(repair: RepairedHour): readonly string[] {
  const done = repair.action === 'reload' ? 'its rows put right in Postgres, from the lake' : 'made again from raw and published whole';
  return [
    escape(repair.landingHour), escape(done), escape(repair.stores.join(', ')), count(repair.rows), escape(moneyText(repair.money)), escape(repair.by),
    `${stateCell(repair.outcome)}<br><span class="soft">${escape(repair.message)}</span>`,
  ];
}

function differenceRow({ store, landingHour, paymentId, cause, expected, found, where }: Difference): readonly string[] {
  return [
    escape(store), escape(landingHour), `<code>${escape(paymentId)}</code>`, `<span class="bad">${escape(cause)}</span>`, rowText(expected, found), rowText(found, expected),
    where === null ? '' : `<code>${escape(where)}</code>`,
  ];
}

function rollupsText({ compared, repair }: RollupFindings, named: readonly RollupDifference[]): string {
  if (compared === null) return '<p class="bad">not compared</p>';
  const done = repair === null ? '' : `<p>made again from the payments, approved by ${escape(repair.by)}: ${stateCell(repair.outcome)} <span class="soft">${escape(repair.message)}</span></p>`;
  if (compared.differing === 0) return `<p><span class="good">${count(compared.cells)} cells are what the payments add up to</span></p>`;
  return `<p><span class="bad">${count(compared.differing)} of ${count(compared.cells)} cells are not what the payments add up to</span></p>${done}${
    table(['roll-up', 'cell', 'cause', 'the payments', 'the roll-up'], named.map(({ rollup, cell, cause, expected, found }) => [
      escape(rollup), escape(Object.values(cell).join(' ')), `<span class="bad">${escape(cause)}</span>`, cellText(expected), cellText(found),
    ]))}`;
}

function cellText(cell: RollupDifference['found']): string {
  return cell === null ? '<span class="soft">nothing</span>' : escape(Object.entries(cell).map(([name, value]) => `${words(name)} ${value}`).join(', '));
}

/** What differs from the other is marked. */
function rowText(row: ComparedRow | null, other: ComparedRow | null): string {
  if (row === null) return '<span class="soft">nothing</span>';
  const part = (name: keyof ComparedRow, text: string): string => (other !== null && other[name] !== row[name] ? `<mark>${escape(text)}</mark>` : escape(text));
  const amount = other !== null && (other.amountCents !== row.amountCents || other.currency !== row.currency)
    ? `<mark>${escape(`${row.amountCents} ${row.currency}`)}</mark>` : escape(`${row.amountCents} ${row.currency}`);
  return `${amount} ${part('status', row.status)}<br>${part('createdAt', row.createdAt)}<br><span class="soft">${part('merchantId', row.merchantId)}, dt ${part('dt', row.dt)}, hash ${part('rowHash', row.rowHash)}</span>`;
}

function stateCell(state: string): string {
  return `<span class="${colour(state)}">${escape(words(state))}</span>`;
}

function colour(state: string): string {
  return COLOUR[state] ?? 'bad';
}

function moneyText(money: readonly Money[]): string {
  return money.map(({ currency, amountCents }) => `${amountCents} ${currency}`).join(', ');
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
