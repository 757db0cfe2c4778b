/** Reconciliation: what a day's stores disagree in, down to the key, and the decision about a repair that waits. */
import { count, instant, money } from './amounts.js';
import { el, facts, table } from './element.js';
import { doing, filter, runLink, show, utcDay } from './frame.js';
import { ask, tell } from './session.js';

/**
 * @typedef {{ readonly store: string, readonly causes: Readonly<Record<string, number>>, readonly rows: number, readonly money: readonly { readonly currency: string, readonly amount_cents: string }[] }} Differing
 * @typedef {Readonly<Record<string, number>>} Units
 * @typedef {{ readonly status: string, readonly currency: string, readonly amount_cents: string, readonly created_at: string }} Compared
 * @typedef {{ readonly store: string, readonly landing_hour: string, readonly payment_id: string, readonly cause: string, readonly expected: Compared | null, readonly found: Compared | null }} Difference
 * @typedef {{ readonly landing_hour: string, readonly revision: number, readonly attempt: number, readonly action: string, readonly stores: readonly string[], readonly by: string, readonly done_at: string | null, readonly outcome: string | null, readonly message: string | null }} Repair
 */

const { date = '' } = filter('filter', { date: utcDay(1) });

void show(async () => {
  const { latest, earlier, minor_units: units } = await ask(`/reconciliations/${encodeURIComponent(date)}`);
  const { report } = latest;
  return [
    el('section', { 'aria-labelledby': 'latest-title' },
      el('h2', { id: 'latest-title' }, `${date} `, stateOf(latest.state)),
      latest.message === null ? null : el('p', {}, latest.message),
      report === null ? null : el('ul', {}, ...report.problems.map((/** @type {string} */ text) => el('li', {}, text))),
      facts(['asked for by', latest.requested_by], ['may repair', latest.mode], ['read every file', latest.deep ? 'yes' : 'those that changed'], ['began', instant(latest.started_at)],
        ['ended', instant(latest.finished_at)], ['decided', latest.decision === null ? null : `${latest.decision.decision.replace('_', ' ')} by ${latest.decision.by}, ${instant(latest.decision.at)}${latest.decision.why === null ? '' : `: ${latest.decision.why}`}`],
        ['rows compared', report === null ? null : count(report.rows)], ['shown by', await runLink(latest.workflow_id, latest.workflow_run_id)]),
      latest.state === 'waiting' ? decide() : null),
    latest.waiting_for.length === 0 ? null : el('section', {}, el('h2', {}, 'What the repair is for'), differences(latest.waiting_for, null, units)),
    report === null || report.differing.length === 0 ? null : el('section', {}, el('h2', {}, 'What differed'), differing(report.differing, units), differences(report.differences, report.differences_in_all, units)),
    latest.repairs.length === 0 ? null : el('section', {}, el('h2', {}, 'Repairs'), repairs(latest.repairs)),
    earlier.length === 0 ? null : el('section', {}, el('h2', {}, 'Earlier ones of this day'), table('The newest first', [
      { head: 'began', of: ({ started_at: began }) => instant(began) }, { head: 'state', of: ({ state }) => stateOf(state) }, { head: 'asked for by', of: ({ requested_by: by }) => by },
      { head: 'said', of: ({ message }) => message ?? '' },
    ], /** @type {readonly { readonly started_at: string, readonly state: string, readonly requested_by: string, readonly message: string | null }[]} */ (earlier))),
  ];
});

/** @param {string} state */
function stateOf(state) {
  const like = state === 'agrees' || state === 'repaired' ? 'proven' : state === 'differs' || state === 'failed' ? 'broken' : state === 'waiting' || state === 'open' ? 'open' : 'empty';
  return el('span', { class: `state ${like}` }, state.replaceAll('_', ' '));
}

function decide() {
  const said = el('div', {});
  const why = el('input', { name: 'why', maxlength: 1000, autocomplete: 'off', size: 40 });
  const decided = (/** @type {string} */ action, /** @type {Readonly<Record<string, string>>} */ body) => doing(said, async () => {
    const { message } = await tell(`/reconciliations/${encodeURIComponent(date)}/${action}`, body);
    return [el('p', { class: 'done' }, `${action === 'approve' ? 'Approved' : 'Refused'}. ${message} `, el('a', { href: '' }, 'Look again'))];
  });
  return el('div', {}, el('div', { class: 'row' },
    el('button', { type: 'button', class: 'main', onclick: () => decided('approve', {}) }, 'Approve the repair'),
    el('label', {}, 'What is wrong with it', why),
    el('button', { type: 'button', onclick: () => decided('refuse', { why: why.value.trim() }) }, 'Refuse it')), said);
}

/**
 * @param {readonly Differing[]} stores
 * @param {Units} units
 */
function differing(stores, units) {
  return table('Rows of each store that were not as proven; what the money differs by is added up without signs', [
    { head: 'store', of: ({ store }) => el('code', {}, store) },
    { head: 'rows', of: ({ rows }) => count(rows), number: true },
    { head: 'causes', of: ({ causes }) => Object.entries(causes).map(([cause, number]) => `${count(number)} ${cause}`).join(', ') },
    { head: 'money', of: ({ money: amounts }) => amounts.map(({ currency, amount_cents: cents }) => money(cents, units[currency] ?? 0, currency)).join(', '), number: true },
  ], stores);
}

/**
 * @param {readonly Difference[]} rows
 * @param {number | null} inAll null: nobody has counted them yet
 * @param {Units} units
 */
function differences(rows, inAll, units) {
  const caption = inAll === null ? 'Differences, each with its key, at most 200 of them'
    : rows.length < inAll ? `The first ${count(rows.length)} of ${count(inAll)} differences; all of them lie in the lake` : 'Differences, each with its key';
  return table(caption, [
    { head: 'payment', of: ({ payment_id: id }) => el('a', { href: `/pages/payment?id=${encodeURIComponent(id)}` }, id) },
    { head: 'store', of: ({ store }) => el('code', {}, store) },
    { head: 'landing hour', of: ({ landing_hour: hour }) => hour },
    { head: 'cause', of: ({ cause }) => cause },
    { head: 'proven', of: ({ expected }) => said(expected, units) },
    { head: 'found', of: ({ found }) => said(found, units) },
  ], rows);
}

/**
 * @param {Compared | null} row
 * @param {Units} units
 */
function said(row, units) {
  return row === null ? 'nothing' : `${row.status} ${money(row.amount_cents, units[row.currency] ?? 0, row.currency)}, created ${instant(row.created_at)}`;
}

/** @param {readonly Repair[]} rows */
function repairs(rows) {
  return table('What was done about it', [
    { head: 'hour', of: ({ landing_hour: hour }) => el('a', { href: `/pages/hours?from=${hour.slice(0, 10)}&to=${hour.slice(0, 10)}&hour=${hour}#hour` }, hour) },
    { head: 'action', of: ({ action }) => (action === 'reload' ? 'keys loaded again from the lake' : 'hour made again from raw') },
    { head: 'stores', of: ({ stores }) => stores.join(', ') },
    { head: 'attempt', of: ({ attempt }) => attempt, number: true },
    { head: 'by', of: ({ by }) => by },
    { head: 'done', of: ({ done_at: done }) => instant(done) },
    { head: 'outcome', of: ({ outcome, message }) => `${outcome ?? 'not done yet'}${message === null ? '' : `: ${message}`}` },
  ], rows);
}
