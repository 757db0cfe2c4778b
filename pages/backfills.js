/** Backfills: the list of them, what one would take before it is started, where it stands, and its live controls. */
import { bytes, count, instant, money } from './amounts.js';
import { byId, el, facts, table } from './element.js';
import { asked, doing, filter, here, hourLink, put, show, utcDay } from './frame.js';
import { ask, Refused, tell, withParameters } from './session.js';

/**
 * @typedef {{ readonly landing_hour: string, readonly why: string, readonly objects: number, readonly bytes: number, readonly rows: number | null, readonly rows_by: string }} Planned
 * @typedef {{ readonly landing_hour: string, readonly end: string, readonly unchanged: boolean, readonly lines: number, readonly message: string }} Ended
 * @typedef {{ readonly run: string | null, readonly from: string, readonly to: string, readonly shadow: boolean, readonly only: string, readonly by: string, readonly state: string, readonly why: string, readonly counts: Readonly<Record<string, number>>, readonly ended: number, readonly left: number, readonly lines: number, readonly started_at: string, readonly ended_at: string | null }} Listed
 * @typedef {{ readonly backfill_id: string, readonly from: string, readonly to: string, readonly by: string, readonly state: string, readonly why: string, readonly counts: Readonly<Record<string, number>>, readonly ended: number, readonly in_flight: readonly string[], readonly pending: number, readonly not_planned: number, readonly skipped: number, readonly unchanged: number, readonly lines: number, readonly started_at: string, readonly options: Readonly<Record<string, unknown>>, readonly money: readonly { readonly currency: string, readonly minor_units: number, readonly amount_cents: string }[], readonly unproven?: Readonly<Record<string, readonly string[]>>, readonly recent: readonly Ended[] }} Status
 */

const LOOK_AGAIN_MS = 2_000;
const GOING_ON = ['running', 'paused', 'ending'];
const SHOWN = 200;

const given = filter('filter', { from: `${utcDay(1)}T00`, to: `${utcDay(1)}T23`, only: 'missing', parallel: '4', canary: '0', stop_after_broken: '0', shadow: '' });
const form = /** @type {HTMLFormElement} */ (byId('filter'));
const watched = asked.get('watch');

// Hours that never landed have nothing that a shadow could be compared with.
field('shadow').addEventListener('change', () => { if (field('shadow').value === 'true' && field('only').value === 'missing') field('only').value = 'all'; });

/** @param {string} name */
function field(name) {
  return /** @type {HTMLSelectElement} */ (form.elements.namedItem(name));
}

void show(async () => {
  if (watched !== null) return [await status(watched)];
  return asked.has('from') ? [await dryRun()] : [await list()];
});

/** As the API wants it. */
function wanted() {
  return {
    from: given.from, to: given.to, only: given.only, parallel: Number(given.parallel), canary: Number(given.canary), stop_after_broken: Number(given.stop_after_broken),
    shadow: given.shadow === 'true',
  };
}

async function list() {
  const { rows, next } = /** @type {{ readonly rows: readonly Listed[], readonly next: string | null }} */ (await ask('/backfills', { after: asked.get('after') }));
  const first = asked.get('after') === null;
  if (rows.length === 0) return el('p', {}, first ? 'There was never a backfill. Choose hours: what one would take is shown before anything is started.' : 'There are no older ones.');
  return el('section', { 'aria-labelledby': 'list-title' },
    el('h2', { id: 'list-title' }, first ? 'Backfills' : 'Older backfills'),
    table('The newest first', [
      { head: 'hours', of: ({ from, to, shadow, run }) => el('a', { href: withParameters(location.pathname, { watch: `${from}/${to}`, shadow: shadow ? 'true' : null, run }) }, `${from} to ${to}`) },
      { head: 'takes', of: ({ only, shadow }) => `${shadow ? 'shadow of ' : ''}${only}` },
      { head: 'state', of: ({ state, why }) => el('span', {}, stateOf(state), why === '' ? null : ` ${why}`) },
      { head: 'ended', of: ({ counts }) => endsOf(counts) },
      { head: 'left', of: ({ left }) => count(left), number: true },
      { head: 'lines', of: ({ lines }) => count(lines), number: true },
      { head: 'asked for by', of: ({ by }) => by },
      { head: 'began', of: ({ started_at: began }) => instant(began) },
      { head: 'over', of: ({ ended_at: over }) => instant(over) },
    ], rows),
    el('p', {}, first ? null : el('a', { href: location.pathname }, 'The newest'), first || next === null ? null : ' · ', next === null ? null : el('a', { href: here({ after: next }) }, 'Older ones')));
}

/** @param {string} state */
function stateOf(state) {
  const like = state === 'done' ? 'proven' : state === 'stopped' || state === 'cut_off' ? 'broken' : state === 'cancelled' ? 'empty' : 'open';
  return el('span', { class: `state ${like}` }, state.replace('_', ' '));
}

/** @param {Readonly<Record<string, number>>} counts */
function endsOf(counts) {
  const ends = Object.entries(counts).filter(([, number]) => number > 0).map(([end, number]) => `${count(number)} ${end}`).join(', ');
  return ends === '' ? 'none yet' : ends;
}

async function dryRun() {
  const plan = await tell('/backfills/plan', wanted());
  const hours = /** @type {readonly Planned[]} */ (plan.hours);
  const said = el('div', {});
  const start = el('button', { type: 'button', class: 'main', disabled: hours.length === 0, onclick: () => doing(said, async () => {
    const started = await tell('/backfills', wanted());
    location.assign(withParameters(location.pathname, { ...given, watch: `${started.from}/${started.to}` }));
    return [];
  }) }, 'Start it');
  return el('section', { 'aria-labelledby': 'plan-title' },
    el('h2', { id: 'plan-title' }, `Dry run: ${count(hours.length)} of ${count(plan.looked)} hours would be asked for`),
    el('p', {}, 'Nothing has been started.'),
    el('div', { class: 'row' }, start, el('a', { href: location.pathname }, 'All backfills')), said,
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
  const [from = '', ...to] = range.split('/');
  // Two parts and no more: anything longer in the address would be another route.
  const path = `/backfills/${encodeURIComponent(from)}/${encodeURIComponent(to.join('/'))}`;
  const shadow = given.shadow === 'true' ? 'true' : null;
  const look = () => ask(path, { shadow, run: asked.get('run') });
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
    put(state, [el('span', { id: 'state' }, stateOf(found.state)), ' ', found.why]);
    const inside = controls.contains(document.activeElement);
    put(controls, GOING_ON.includes(found.state) ? controlsOf(found, act) : []);
    if (inside) controls.querySelector('button')?.focus();
  };
  /** @param {string} action @param {Readonly<Record<string, unknown>>} body */
  const act = (action, body) => doing(said, async () => {
    draw(await tell(withParameters(`${path}/${action}`, { shadow }), body));
    return [];
  });
  const found = /** @type {Status} */ (await look());
  draw(found);
  if (GOING_ON.includes(found.state)) void watch(look, draw, said);
  return el('section', { 'aria-labelledby': 'backfill-title' },
    el('h2', { id: 'backfill-title' }, `${shadow === null ? 'Backfill' : 'Shadow'} of ${range.replace('/', ' to ')}`), state, progress, controls, said, ended,
    el('p', {}, el('a', { href: location.pathname }, 'All backfills')));
}

/**
 * Until it is over.
 * @param {() => Promise<Status>} look
 * @param {(found: Status) => void} draw
 * @param {HTMLElement} said
 */
async function watch(look, draw, said) {
  for (;;) {
    await new Promise((resolve) => { setTimeout(resolve, LOOK_AGAIN_MS); });
    try {
      const found = await look();
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
  return [
    el('label', { for: 'progress' }, `${count(found.ended)} of ${count(all)} hours ended`), el('progress', { id: 'progress', max: Math.max(all, 1), value: found.ended }),
    facts(['ended', endsOf(found.counts)], ['under way', found.in_flight.length === 0 ? 'none' : found.in_flight.join(', ')], ['waiting', count(found.pending)],
      ['not looked at yet', count(found.not_planned)], ['skipped', count(found.skipped)], ['nothing had changed in', count(found.unchanged)], ['lines', count(found.lines)],
      ['at once, at most', String(found.options.parallel)], ['asked for by', `${found.by}, ${instant(found.started_at)}`],
      ...(found.money.length === 0 ? [] : [/** @type {const} */ (['would change by', found.money.map(({ amount_cents: cents, minor_units: units, currency }) => money(cents, units, currency)).join(', ')])])),
  ];
}

/**
 * @param {Status} found
 * @param {(action: string, body: Readonly<Record<string, unknown>>) => Promise<void>} act
 */
function controlsOf(found, act) {
  const why = el('input', { name: 'why', maxlength: 200, autocomplete: 'off' });
  const parallel = el('input', { name: 'at-once', type: 'number', min: 1, max: 64, value: Number(found.options.parallel) });
  const hour = el('input', { name: 'hour', size: 14, autocomplete: 'off', placeholder: found.from });
  const reason = () => (why.value.trim() === '' ? {} : { why: why.value.trim() });
  return [
    el('label', {}, 'Why (of pause and cancel)', why),
    found.state === 'paused' ? el('button', { type: 'button', class: 'main', onclick: () => act('resume', {}) }, 'Resume') : el('button', { type: 'button', onclick: () => act('pause', reason()) }, 'Pause'),
    el('button', { type: 'button', onclick: () => act('cancel', reason()) }, 'Cancel it'),
    el('label', {}, 'Hours at once', parallel),
    el('button', { type: 'button', onclick: () => act('parallel', { parallel: Number(parallel.value) }) }, 'Change'),
    el('label', {}, 'One hour', hour),
    el('button', { type: 'button', onclick: () => act('skip', { hour: hour.value.trim() }) }, 'Skip it'),
    el('button', { type: 'button', onclick: () => act('retry', { hour: hour.value.trim() }) }, 'Try it again'),
  ];
}

/** @param {Status} found */
function endedOf({ recent, unproven = {} }) {
  const left = Object.entries(unproven).flatMap(([end, hours]) => hours.map((hour) => ({ end, hour })));
  return [
    left.length === 0 ? null : el('h3', {}, 'Not proven'),
    left.length === 0 ? null : el('ul', { class: 'hours' }, ...left.slice(0, SHOWN).map(({ end, hour }) => el('li', {}, hourLink(hour), ` ${end}`))),
    left.length <= SHOWN ? null : el('p', {}, `and ${count(left.length - SHOWN)} more`),
    recent.length === 0 ? null : endedLast(recent),
  ];
}

/** @param {readonly Ended[]} recent */
function endedLast(recent) {
  return table('Hours that ended last', [
    { head: 'hour', of: ({ landing_hour: hour }) => hourLink(hour) },
    { head: 'ended', of: ({ end, unchanged }) => (unchanged ? `${end}, nothing had changed` : end) },
    { head: 'lines', of: ({ lines }) => count(lines), number: true },
    { head: 'said', of: ({ message }) => message },
  ], recent.toReversed().slice(0, SHOWN));
}
