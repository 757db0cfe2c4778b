/** Backfills: what one would take before it is started, where it stands, and its live controls. */
import { bytes, count, instant } from './amounts.js';
import { byId, el, facts, table } from './element.js';
import { asked, doing, filter, here, put, show, utcDay, valuesOf } from './frame.js';
import { ask, Refused, tell, withParameters } from './session.js';

/**
 * @typedef {{ readonly landing_hour: string, readonly why: string, readonly objects: number, readonly bytes: number, readonly rows: number | null, readonly rows_by: string }} Planned
 * @typedef {{ readonly landing_hour: string, readonly end: string, readonly unchanged: boolean, readonly lines: number, readonly message: string }} Ended
 * @typedef {{ readonly backfill_id: string, readonly from: string, readonly to: string, readonly by: string, readonly state: string, readonly why: string, readonly counts: Readonly<Record<string, number>>, readonly ended: number, readonly in_flight: readonly string[], readonly pending: number, readonly not_planned: number, readonly skipped: number, readonly unchanged: number, readonly lines: number, readonly started_at: string, readonly options: Readonly<Record<string, unknown>>, readonly recent: readonly Ended[] }} Status
 */

const LOOK_AGAIN_MS = 2_000;
const GOING_ON = ['running', 'paused', 'ending'];
const SHOWN = 200;

const given = filter('filter', { from: `${utcDay(1)}T00`, to: `${utcDay(1)}T23`, only: 'missing', parallel: '4' });
const form = /** @type {HTMLFormElement} */ (byId('filter'));
const watched = asked.get('watch');

void show(async () => {
  if (watched !== null) return [await status(watched)];
  if (!asked.has('from')) return [el('p', { class: 'muted' }, 'Choose the hours; what the backfill would take is shown before anything is started.')];
  return [await dryRun()];
});

/** As the API wants it. */
function wanted() {
  return { from: given.from, to: given.to, only: given.only, parallel: Number(given.parallel) };
}

async function dryRun() {
  const plan = await tell('/backfills/plan', wanted());
  const hours = /** @type {readonly Planned[]} */ (plan.hours);
  const said = el('div', {});
  const start = el('button', { type: 'button', class: 'main', disabled: hours.length === 0, onclick: () => doing(said, async () => {
    const started = await tell('/backfills', wanted());
    location.assign(withParameters(location.pathname, { ...valuesOf(form), watch: `${started.from}/${started.to}` }));
    return [];
  }) }, 'Start it');
  return el('section', { 'aria-labelledby': 'plan-title' },
    el('h2', { id: 'plan-title' }, `Dry run: ${count(hours.length)} of ${count(plan.looked)} hours would be asked for`),
    el('p', {}, 'Nothing has been started.'),
    el('div', { class: 'row' }, start, el('a', { href: here({ watch: `${given.from}/${given.to}` }) }, 'Look whether one of these hours goes on')), said,
    table(hours.length > SHOWN ? `The first ${SHOWN} hours` : 'Hours it would take', [
      { head: 'hour', of: ({ landing_hour: hour }) => hour },
      { head: 'why', of: ({ why }) => why },
      { head: 'objects', of: ({ objects }) => count(objects), number: true },
      { head: 'size', of: ({ bytes: size }) => bytes(size), number: true },
      { head: 'lines', of: ({ rows, rows_by: by }) => (rows === null ? 'unknown' : `${count(rows)} ${by}`), number: true },
    ], hours.slice(0, SHOWN)),
    el('h3', {}, 'What it would cost'),
    table('Estimates from list prices, no bill', [
      { head: 'engine', of: ({ engine }) => engine },
      { head: 'US dollars', of: ({ dollars }) => dollars.toFixed(2), number: true },
    ], /** @type {readonly { readonly engine: string, readonly dollars: number }[]} */ (plan.costs)),
    el('p', { class: 'muted' }, plan.assumptions));
}

/** @param {string} range */
async function status(range) {
  const path = `/backfills/${range.split('/').map(encodeURIComponent).join('/')}`;
  const said = el('div', {});
  const state = el('p', { role: 'status' });
  const progress = el('div', {});
  const controls = el('div', { class: 'row controls' });
  const ended = el('div', {});
  /** @type {string | null} */
  let before = null;
  const draw = (/** @type {Status} */ found) => {
    put(progress, progressOf(found));
    put(ended, endedOf(found));
    // Only what changed is said again, and no button is exchanged under the hand of whoever is about to press it.
    if (`${found.state} ${found.why}` === before) return;
    before = `${found.state} ${found.why}`;
    put(state, [el('span', { class: 'state', id: 'state' }, found.state), ' ', found.why]);
    const inside = controls.contains(document.activeElement);
    put(controls, GOING_ON.includes(found.state) ? controlsOf(found, act) : []);
    if (inside) controls.querySelector('button')?.focus();
  };
  /** @param {string} action @param {Readonly<Record<string, unknown>>} body */
  const act = (action, body) => doing(said, async () => {
    draw(await tell(`${path}/${action}`, body));
    return [];
  });
  const found = /** @type {Status} */ (await ask(path));
  draw(found);
  if (GOING_ON.includes(found.state)) void watch(path, draw, said);
  return el('section', { 'aria-labelledby': 'backfill-title' }, el('h2', { id: 'backfill-title' }, `Backfill of ${range.replace('/', ' to ')}`), state, progress, controls, said, ended);
}

/**
 * Until it is over.
 * @param {string} path
 * @param {(found: Status) => void} draw
 * @param {HTMLElement} said
 */
async function watch(path, draw, said) {
  for (;;) {
    await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN_MS); });
    try {
      const found = /** @type {Status} */ (await ask(path));
      draw(found);
      if (!GOING_ON.includes(found.state)) return;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said.replaceChildren(el('p', { class: 'problem', role: 'alert' }, `${error.message}: ${error.detail} Load the page again to go on watching.`));
      return;
    }
  }
}

/** @param {Status} found */
function progressOf(found) {
  const all = found.ended + found.in_flight.length + found.pending + found.not_planned;
  const ends = Object.entries(found.counts).filter(([, number]) => number > 0).map(([end, number]) => `${count(number)} ${end}`).join(', ');
  return [
    el('label', { for: 'progress' }, `${count(found.ended)} of ${count(all)} hours ended`), el('progress', { id: 'progress', max: Math.max(all, 1), value: found.ended }),
    facts(['ended', ends === '' ? 'none yet' : ends], ['under way', found.in_flight.length === 0 ? 'none' : found.in_flight.join(', ')], ['waiting', count(found.pending)],
      ['not looked at yet', count(found.not_planned)], ['skipped', count(found.skipped)], ['nothing had changed in', count(found.unchanged)], ['lines', count(found.lines)],
      ['at once, at most', String(found.options.parallel)], ['asked for by', `${found.by}, ${instant(found.started_at)}`]),
  ];
}

/**
 * @param {Status} found
 * @param {(action: string, body: Readonly<Record<string, unknown>>) => Promise<void>} act
 */
function controlsOf(found, act) {
  const why = el('input', { name: 'why', maxlength: 200, autocomplete: 'off' });
  const parallel = el('input', { name: 'at-once', type: 'number', min: 1, max: 64, value: Number(found.options.parallel) });
  const reason = () => (why.value.trim() === '' ? {} : { why: why.value.trim() });
  return [
    el('label', {}, 'Why (of pause and cancel)', why),
    found.state === 'paused' ? el('button', { type: 'button', class: 'main', onclick: () => act('resume', {}) }, 'Resume') : el('button', { type: 'button', onclick: () => act('pause', reason()) }, 'Pause'),
    el('button', { type: 'button', onclick: () => act('cancel', reason()) }, 'Cancel it'),
    el('label', {}, 'Hours at once', parallel),
    el('button', { type: 'button', onclick: () => act('parallel', { parallel: Number(parallel.value) }) }, 'Change'),
  ];
}

/** @param {Status} found */
function endedOf({ recent }) {
  return recent.length === 0 ? [] : [table('Hours that ended last', [
    { head: 'hour', of: ({ landing_hour: hour }) => el('a', { href: `/pages/hours?from=${hour.slice(0, 10)}&to=${hour.slice(0, 10)}&hour=${hour}#hour` }, hour) },
    { head: 'ended', of: ({ end, unchanged }) => (unchanged ? `${end}, nothing had changed` : end) },
    { head: 'lines', of: ({ lines }) => count(lines), number: true },
    { head: 'said', of: ({ message }) => message },
  ], recent.toReversed().slice(0, SHOWN))];
}
