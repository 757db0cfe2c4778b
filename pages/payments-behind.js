/** The payments behind a number: page by page, or all of them in a file. */
import { count, counted, instant, milliseconds, money } from './amounts.js';
import { el, table } from './element.js';
import { doing, here } from './frame.js';
import { ask, save } from './session.js';

/** @typedef {{ readonly payment_id: string, readonly merchant_id: string, readonly created_at: string, readonly status: string, readonly currency: string, readonly minor_units: number, readonly amount_cents: string, readonly payment_method: string | null, readonly decline_reason: string | null, readonly authorized_to_complete_ms: number | null, readonly landing_hour: string }} Listed */

/**
 * @param {string} report
 * @param {string} cell
 * @param {Readonly<Record<string, string>>} parameters of the report
 */
export async function paymentsBehind(report, cell, parameters) {
  const question = { report, cell, ...parameters };
  const first = await ask('/explain', question);
  const list = el('div', {}, rowsOf(first.rows));
  const said = el('div', {});
  /** @type {string | null} */
  let next = first.next;
  let shown = first.rows.length;
  const told = el('p', { class: 'muted' });
  const more = el('button', { type: 'button', onclick: () => doing(said, async () => {
    const page = await ask('/explain', { ...question, after: next });
    list.append(rowsOf(page.rows));
    next = page.next;
    shown += page.rows.length;
    tell();
    return [];
  }) }, 'More of them');
  const tell = () => {
    told.textContent = `${count(shown)} of ${count(first.payments)} shown`;
    more.hidden = next === null;
  };
  tell();
  const of = first.amount_cents === null || first.rows.length === 0 ? '' : `, ${money(first.amount_cents, first.rows[0].minor_units, first.rows[0].currency)}`;
  return el('section', { id: 'behind', 'aria-labelledby': 'behind-title' },
    el('h2', { id: 'behind-title' }, `Behind ${cell}: ${counted(first.payments, 'payment')}${of}`),
    list, told,
    el('div', { class: 'row' }, more,
      el('button', { type: 'button', onclick: () => doing(said, async () => { await save('/explain', { ...question, format: 'csv' }, `${report}-${cell.replaceAll('/', '-')}.csv`); return []; }) }, 'Save all as CSV'),
      el('a', { href: here({ cell: null }) }, 'Close')), said);
}

/** @param {readonly Listed[]} rows */
function rowsOf(rows) {
  return table('Payments, by day and id', [
    { head: 'payment', of: ({ payment_id: id }) => el('a', { href: `/pages/payment?id=${encodeURIComponent(id)}` }, id) },
    { head: 'created', of: ({ created_at: created }) => instant(created) },
    { head: 'merchant', of: ({ merchant_id: merchant }) => merchant },
    { head: 'status', of: ({ status, decline_reason: reason }) => (reason === null ? status : `${status}: ${reason}`) },
    { head: 'method', of: ({ payment_method: method }) => method ?? '–' },
    { head: 'took', of: ({ authorized_to_complete_ms: ms }) => milliseconds(ms), number: true },
    { head: 'amount', of: (row) => money(row.amount_cents, row.minor_units, row.currency), number: true },
  ], rows);
}
