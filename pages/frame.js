/** What every page has: the way to the others, the key, and words where something is refused. */
import { byId, el } from './element.js';
import { forgetKey, keepKey, key, Refused, takeKeyFromAddress, withParameters } from './session.js';

/** @typedef {import('./element.js').Child} Child */

const PAGES = [
  ['hours', 'Hours'], ['reports', 'Reports'], ['payment', 'Payment'], ['dead-letters', 'Dead letters'], ['reconciliation', 'Reconciliation'], ['backfills', 'Backfills'],
];

/** The filters of this address. */
export const asked = new URLSearchParams(location.search);

/**
 * Draws the frame, then what `load` answers with.
 * @param {() => Promise<readonly Child[]>} load
 */
export async function show(load) {
  takeKeyFromAddress();
  document.body.prepend(top());
  const answer = byId('answer');
  if (key() === null) {
    answer.replaceChildren(problem(new Refused({ status: 401, title: 'A key is needed', detail: 'These pages show what your key opens.' })));
    askForKey();
    return;
  }
  answer.setAttribute('aria-busy', 'true');
  answer.replaceChildren(el('p', { class: 'muted' }, 'Asking …'));
  try {
    put(answer, await load());
  } catch (error) {
    answer.replaceChildren(problem(error));
  }
  answer.removeAttribute('aria-busy');
  // What the address points at was not there yet when the browser looked for it.
  if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/**
 * @param {Element} place
 * @param {readonly Child[]} children
 */
export function put(place, children) {
  place.replaceChildren(...children.flatMap((child) => (child === null ? [] : [typeof child === 'number' ? String(child) : child])));
}

/**
 * @param {unknown} error
 * @returns {HTMLElement}
 */
export function problem(error) {
  if (!(error instanceof Refused)) throw error;
  return el('div', { class: 'problem', role: 'alert' },
    el('strong', {}, error.message), el('p', {}, error.detail),
    error.status === 401 || error.status === 403 ? el('p', {}, el('button', { type: 'button', onclick: askForKey }, key() === null ? 'Enter a key' : 'Use another key')) : null,
    error.request === null ? null : el('p', {}, `The log knows it as ${error.request}.`));
}

/**
 * Does something because of a button, and says what became of it.
 * @param {HTMLElement} place
 * @param {() => Promise<readonly Child[]>} act
 */
export async function doing(place, act) {
  place.setAttribute('role', 'status');
  place.replaceChildren(el('p', { class: 'muted' }, 'Asking …'));
  try {
    put(place, await act());
  } catch (error) {
    place.replaceChildren(problem(error));
  }
}

function top() {
  const here = location.pathname.split('/').at(-1);
  return el('header', { class: 'top' },
    el('a', { class: 'skip', href: '#main' }, 'To the content'),
    el('div', {},
      el('span', { class: 'name' }, 'Sluice'),
      el('nav', { 'aria-label': 'Pages' }, ...PAGES.map(([path, name]) => el('a', { href: `/pages/${path}`, 'aria-current': path === here ? 'page' : null }, name ?? null)),
        el('a', { href: '/docs' }, 'API')),
      el('button', { type: 'button', onclick: askForKey }, 'Key')));
}

function askForKey() {
  const input = el('input', { name: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': 'key-help' });
  const dialog = el('dialog', { 'aria-labelledby': 'key-title' },
    el('h2', { id: 'key-title' }, 'Your key'),
    el('form', { method: 'dialog' },
      el('label', {}, 'Key', input),
      el('p', { class: 'muted', id: 'key-help' }, 'It stays in this tab until you close it. Who has none makes one with ', el('code', {}, 'npx sluice keys create --name me'), '.'),
      el('div', { class: 'row' },
        el('button', { type: 'submit', class: 'main' }, 'Use it'),
        key() === null ? null : el('button', { type: 'button', onclick: () => { forgetKey(); location.reload(); } }, 'Forget the one in use'),
        el('button', { type: 'button', onclick: () => { dialog.close(); } }, 'Close'))));
  dialog.addEventListener('submit', (event) => {
    event.preventDefault();
    keepKey(input.value.trim());
    location.reload();
  });
  dialog.addEventListener('close', () => { dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * A form whose fields are the address's parameters, so that what is shown can be kept and sent as a link.
 * @param {string} id
 * @param {Readonly<Record<string, string>>} fallbacks
 */
export function filter(id, fallbacks = {}) {
  const form = /** @type {HTMLFormElement} */ (byId(id));
  for (const field of /** @type {Iterable<HTMLInputElement>} */ (/** @type {unknown} */ (form.elements))) {
    if (field.name === '') continue;
    const given = asked.get(field.name);
    field.value = (given !== null && fits(field, given) ? given : fallbacks[field.name]) ?? '';
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    location.assign(withParameters(location.pathname, valuesOf(form)));
  });
  return { ...fallbacks, ...valuesOf(form) };
}

/**
 * What a field cannot hold it would lose, and the console would say so.
 * @param {HTMLInputElement} field
 * @param {string} value
 */
function fits({ type }, value) {
  if (type === 'date') return /^\d{4}-\d{2}-\d{2}$/.test(value);
  return type === 'number' ? /^\d+$/.test(value) : true;
}

/**
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
export function valuesOf(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
}

/** The address with some parameters changed; null takes one out.
 * @param {Readonly<Record<string, string | null>>} changes
 */
export function here(changes) {
  return withParameters(location.pathname, { ...Object.fromEntries(asked), ...changes });
}

/** @type {Promise<{ readonly temporal_ui: string | null }> | null} */
let settings = null;

/**
 * Where Temporal's own pages show a run; its name alone where nobody has said where they are.
 * @param {string} workflowId
 * @param {string} runId
 * @returns {Promise<Node>}
 */
export async function runLink(workflowId, runId) {
  settings ??= fetch('/pages/settings.json').then((response) => response.json());
  const { temporal_ui: address } = await settings;
  if (address === null) return el('code', {}, `${workflowId} ${runId}`);
  return el('a', { href: `${address}/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`, rel: 'noopener' }, 'run in Temporal');
}

/** @param {string} hour */
export function hourLink(hour) {
  return el('a', { href: `/pages/hours?from=${hour.slice(0, 10)}&to=${hour.slice(0, 10)}&hour=${hour}#hour` }, hour);
}

/** @param {number} daysAgo */
export function utcDay(daysAgo) {
  return new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
}
