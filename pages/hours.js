/** Hours: a calendar by proof, the equation of each, and one of them down to its stages and runs. */
import { bytes, count, counted, instant } from './amounts.js';
import { bars, stacked } from './bars.js';
import { badge, el, facts, table } from './element.js';
import { asked, filter, here, problem, runLink, show, utcDay } from './frame.js';
import { ask, withParameters } from './session.js';

/**
 * @typedef {{ readonly landing_hour: string, readonly state: string, readonly revision: number | null, readonly equation: string | null, readonly first_difference: string | null, readonly lines: number | null, readonly updated_at: string }} Hour
 * @typedef {{ readonly stage: string, readonly attempt: number, readonly started_at: string, readonly seconds: number, readonly worker: string, readonly result: unknown }} Stage
 * @typedef {{ readonly workflow_id: string, readonly workflow_run_id: string, readonly kind: string, readonly requested_by: string, readonly revision: number | null, readonly unchanged: boolean, readonly state: string, readonly message: string | null, readonly started_at: string, readonly ended_at: string | null }} Run
 */

/** A shape for each, for whoever does not see the colours. */
const SIGNS = { proven: '✓', broken: '✗', open: '…', empty: '○', missing: '!' };
const MEANINGS = {
  proven: 'every line and cent accounted for', broken: 'a difference, named', open: 'not through yet', empty: 'landed, no line in it', missing: 'nothing landed by its deadline',
};
const FINE = ['proven', 'empty'];

const { from = '', to = '', list = '' } = filter('filter', { from: utcDay(6), to: utcDay(0) });

void show(async () => {
  const found = /** @type {{ readonly by_state: Readonly<Record<string, number>>, readonly rows: readonly Hour[] }} */ (await ask('/hours', { from: `${from}T00`, to: `${to}T23` }));
  const chosen = asked.get('hour');
  return [
    el('section', { 'aria-label': 'Calendar' }, calendar(found.rows, chosen), legend(found.by_state)),
    chosen === null ? null : await detail(chosen).catch(problem),
    equations(found.rows),
  ];
});

/** @param {string} state */
function sign(state) {
  return /** @type {Readonly<Record<string, string>>} */ (SIGNS)[state] ?? '?';
}

/**
 * @param {readonly Hour[]} rows
 * @param {string | null} chosen
 */
function calendar(rows, chosen) {
  const byHour = new Map(rows.map((row) => [row.landing_hour, row]));
  const numbers = Array.from({ length: 24 }, (_, i) => String(i).padStart(2, '0'));
  const cell = (/** @type {string} */ name) => {
    const row = byHour.get(name);
    if (row === undefined) return el('span', { class: 'none', title: `${name}: nobody has asked for it` }, '·');
    return el('a', {
      class: row.state, href: here({ hour: name }), title: `${name}: ${row.state}`, 'aria-label': `${name} ${row.state}`, 'aria-current': name === chosen ? 'true' : null,
    }, sign(row.state));
  };
  const days = daysOf(from, to).map((day) => el('tr', {}, el('th', { scope: 'row' }, day), ...numbers.map((hour) => el('td', {}, cell(`${day}T${hour}`)))));
  return el('div', { class: 'scroll', role: 'region', 'aria-label': 'Calendar of hours', tabindex: 0 },
    el('table', { class: 'calendar' }, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'day'), ...numbers.map((hour) => el('th', { scope: 'col' }, hour)))), el('tbody', {}, ...days)));
}

/**
 * The newest first.
 * @param {string} first
 * @param {string} last
 */
function daysOf(first, last) {
  const days = [];
  for (let at = Date.parse(last); at >= Date.parse(first); at -= 86_400_000) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** @param {Readonly<Record<string, number>>} byState */
function legend(byState) {
  return el('ul', { class: 'legend' }, ...Object.entries(MEANINGS).map(([state, meaning]) => el('li', {},
    el('span', { class: `state ${state}` }, `${sign(state)} ${byState[state] ?? 0} ${state}`), ' ', el('span', { class: 'muted' }, meaning))));
}

/** @param {readonly Hour[]} rows */
function equations(rows) {
  const shown = rows.filter(({ state }) => list !== 'not-fine' || !FINE.includes(state)).toReversed();
  if (shown.length === 0) return el('p', { class: 'muted' }, rows.length === 0 ? 'Nobody has asked for an hour of these days.' : 'None to look at: all of them are proven or empty.');
  return el('section', {}, el('h2', {}, list === 'not-fine' ? 'Hours to look at' : 'Equations'), table('The newest first', [
    { head: 'hour', of: ({ landing_hour: name }) => el('a', { href: `${here({ hour: name })}#hour` }, name) },
    { head: 'state', of: ({ state }) => badge(state) },
    { head: 'revision', of: ({ revision }) => revision ?? '–', number: true },
    { head: 'equation', of: ({ equation, first_difference: difference }) => el('span', {}, equation ?? '–', difference === null ? null : el('br'), difference === null ? null : el('strong', {}, difference)) },
  ], shown));
}

/** @param {string} name */
async function detail(name) {
  const hour = await ask(`/hours/${encodeURIComponent(name)}`);
  const runs = /** @type {readonly Run[]} */ (hour.runs);
  const links = await Promise.all(runs.map(({ workflow_id: id, workflow_run_id: run }) => runLink(id, run)));
  return el('section', { id: 'hour', 'aria-labelledby': 'hour-title' },
    el('h2', { id: 'hour-title' }, `${name} `, badge(hour.state)),
    hour.first_difference === null ? null : el('p', { class: 'problem' }, el('strong', {}, hour.first_difference)),
    hour.proof === null ? el('p', {}, 'There is no proof yet.') : proof(hour),
    facts(['revision', hour.revision], ['committed in the lake', hour.committed_revision], ['loaded into Postgres', hour.loaded_revision], ['deadline', instant(hour.deadline)]),
    hour.stages.length === 0 ? null : stages(hour.stages),
    el('h3', {}, 'Runs'), table('What was asked for this hour, and how it ended', [
      { head: 'asked for', of: (/** @type {number} */ i) => instant(runs[i]?.started_at ?? null) },
      { head: 'by', of: (i) => `${runs[i]?.requested_by} (${runs[i]?.kind})` },
      { head: 'revision', of: (i) => runs[i]?.revision ?? '–', number: true },
      { head: 'ended', of: (i) => `${runs[i]?.state}${runs[i]?.unchanged === true ? ', nothing had changed' : ''}` },
      { head: 'said', of: (i) => runs[i]?.message ?? '' },
      { head: 'shown by', of: (i) => links[i] ?? null },
    ], runs.map((_, i) => i)));
}

/** @param {{ readonly landing_hour: string, readonly equation: string, readonly proof: any }} hour */
function proof({ landing_hour: name, equation, proof: { terms, stores, unchanged } }) {
  const landed = name.slice(0, 10);
  const parts = [
    { name: 'curated', size: terms.curated, text: count(terms.curated), kind: 'good' }, { name: 'duplicates', size: terms.duplicates, text: count(terms.duplicates), kind: 'other' },
    { name: 'dead', size: terms.dead_lettered, text: count(terms.dead_lettered), kind: 'bad' }, { name: 'erased', size: terms.erased, text: count(terms.erased), kind: 'quiet' },
    { name: 'blank', size: terms.blank, text: count(terms.blank), kind: 'quiet' },
  ];
  const held = [['lake', stores.lake], ['topic, as read back', stores.topic], ['not published again', unchanged], ['Postgres', stores.postgres]];
  return el('div', {},
    el('span', { class: 'big' }, equation), stacked(equation, parts),
    terms.dead_lettered === 0 ? null : el('p', {}, el('a', { href: withParameters('/pages/dead-letters', { from: landed, to: landed }) }, `${counted(terms.dead_lettered, 'line')} refused`), ', each for a reason.'),
    table('Stores held against each other: rows and the sum of the rows’ hashes; lake and Postgres must be equal, and topic and what was not published again must add up to them', [
      { head: 'store', of: ([store]) => store },
      { head: 'rows', of: ([, sums]) => count(sums.rows), number: true },
      { head: 'sum of hashes', of: ([, sums]) => el('code', {}, sums.sum_row_hash), number: true },
    ], held));
}

/** @param {readonly Stage[]} stages */
function stages(stages) {
  return el('div', {}, el('h3', {}, 'Stages'),
    bars('Seconds of each stage', stages.map(({ stage, seconds }) => ({ name: stage, size: seconds, text: `${seconds.toFixed(1)} s` }))),
    table('What each stage learned', [
      { head: 'stage', of: ({ stage }) => stage },
      { head: 'began', of: ({ started_at: began }) => instant(began) },
      { head: 'seconds', of: ({ seconds }) => seconds.toFixed(1), number: true },
      { head: 'attempt', of: ({ attempt }) => attempt, number: true },
      { head: 'learned', of: ({ result }) => learned(result) },
    ], stages));
}

/**
 * Counts and texts; what is nested is in the ledger.
 * @param {unknown} result
 */
function learned(result) {
  if (typeof result !== 'object' || result === null) return '';
  return el('span', { class: 'muted' }, Object.entries(result).filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value))
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${name === 'bytes' ? bytes(Number(value)) : String(value)}`).join(', '));
}
