/** Reconciliation: started, watched, what a day's stores disagree in, down to the key, and the decision about a repair that waits. */
import { count, instant, money } from './amounts.js';
import { byId, el, facts, table } from './element.js';
import { doing, filter, hourLink, put, runLink, show, utcDay } from './frame.js';
import { ask, Refused, tell } from './session.js';

/**
 * @typedef {{ readonly store: string, readonly causes: Readonly<Record<string, number>>, readonly rows: number, readonly money: readonly { readonly currency: string, readonly amount_cents: string }[] }} Differing
 * @typedef {Readonly<Record<string, number>>} Units
 * @typedef {{ readonly status: string, readonly currency: string, readonly amount_cents: string, readonly created_at: string }} Compared
 * @typedef {{ readonly store: string, readonly landing_hour: string, readonly payment_id: string, readonly cause: string, readonly expected: Compared | null, readonly found: Compared | null }} Difference
 * @typedef {{ readonly landing_hour: string, readonly revision: number, readonly attempt: number, readonly action: string, readonly stores: readonly string[], readonly by: string, readonly done_at: string | null, readonly outcome: string | null, readonly message: string | null }} Repair
 */

const LOOK_AGAIN_MS = 2_000;

const { date = '' } = filter('filter', { date: utcDay(1) });
const path = `/reconciliations/${encodeURIComponent(date)}`;
/** Of what the page shows: run and state. */
let shown = '';
/** @type {string | null} */
let watched = null;

void show(async () => {
  const found = await last();
  if (found?.latest.state === 'open') void watch(found.latest.workflow_run_id);
  return drawn(found);
});

/** Null: this day was never reconciled. */
async function last() {
  try {
    return await ask(path);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

/**
 * Until it waits for somebody, or is over; then the page shows it. One that was just asked for is in the ledger a moment later.
 * @param {string} run
 */
async function watch(run) {
  if (watched === run) return;
  watched = run;
  for (;;) {
    await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN_MS); });
    try {
      const found = await last();
      if (found === null || found.latest.workflow_run_id !== run) continue;
      if (shownOf(found) !== shown) await showAgain(found);
      if (found.latest.state === 'open') continue;
      watched = null;
      return;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      watched = null;
      byId('answer').append(el('p', { class: 'problem', role: 'alert' }, `${error.message}: ${error.detail} Load the page again to go on watching.`));
      return;
    }
  }
}

/** @param {any} found */
async function showAgain(found) {
  const answer = byId('answer');
  const inside = answer.contains(document.activeElement);
  put(answer, await drawn(found));
  // Whoever works by keyboard goes on from what is new.
  if (inside) answer.querySelector('h2')?.focus();
}

/** @param {any} found */
function shownOf({ latest }) {
  return `${latest.workflow_run_id} ${latest.state}`;
}

/** @param {any} found */
async function drawn(found) {
  if (found === null) return [el('p', {}, `${date} was never reconciled.`), begin()];
  shown = shownOf(found);
  const { latest, earlier, minor_units: units } = found;
  const { report } = latest;
  return [
    el('section', { 'aria-labelledby': 'latest-title' },
      el('h2', { id: 'latest-title', tabindex: -1 }, `${date} `, stateOf(latest.state)),
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
    begin(),
  ];
}

/** One at a time for a day: whoever asks while one goes on is told whose it is. */
function begin() {
  const said = el('div', {});
  const repair = el('select', { name: 'repair' }, el('option', { value: 'off' }, 'look only'), el('option', { value: 'ask' }, 'repair what somebody approves'));
  const deep = el('select', { name: 'deep' }, el('option', { value: '' }, 'those that changed'), el('option', { value: 'yes' }, 'every file'));
  const start = () => doing(said, async () => {
    const { workflow_run_id: run, attached, requested_by: by, mode } = await tell(path, { repair: repair.value, deep: deep.value === 'yes' });
    void watch(run);
    return [el('p', { class: 'done' }, attached ? `One goes on already${by === null ? '' : `, asked for by ${by}, may repair: ${mode}`}; this page shows how it ends.` : 'Started; this page shows how it ends.')];
  });
  return el('section', { 'aria-labelledby': 'begin-title' }, el('h2', { id: 'begin-title' }, `Reconcile ${date}`),
    el('div', { class: 'row controls' }, el('label', {}, 'What may be done', repair), el('label', {}, 'Files read', deep), el('button', { type: 'button', onclick: start }, 'Reconcile it')), said);
}

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
    { head: 'landing hour', of: ({ landing_hour: hour }) => hourLink(hour) },
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
    { head: 'hour', of: ({ landing_hour: hour }) => hourLink(hour) },
    { head: 'action', of: ({ action }) => (action === 'reload' ? 'keys loaded again from the lake' : 'hour made again from raw') },
    { head: 'stores', of: ({ stores }) => stores.join(', ') },
    { head: 'attempt', of: ({ attempt }) => attempt, number: true },
    { head: 'by', of: ({ by }) => by },
    { head: 'done', of: ({ done_at: done }) => instant(done) },
    { head: 'outcome', of: ({ outcome, message }) => `${outcome ?? 'not done yet'}${message === null ? '' : `: ${message}`}` },
  ], rows);
}
