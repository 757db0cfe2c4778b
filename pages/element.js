/** Elements and their text. Nothing here takes markup, so a stored `<script>` stays text whatever page shows it. */

/** @typedef {Node | string | number | null} Child */
/** @typedef {Readonly<Record<string, string | number | boolean | null | (() => unknown)>>} Attributes */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] functions are listeners: onclick
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  dress(element, attributes);
  for (const child of children) if (child !== null) element.append(typeof child === 'number' ? String(child) : child);
  return element;
}

/**
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function drawn(tag, attributes = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS('http://www.w3.org/2000/svg', tag));
  dress(element, attributes);
  for (const child of children) if (child !== null) element.append(typeof child === 'number' ? String(child) : child);
  return element;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 */
function dress(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), () => { void value(); });
    else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== false) element.setAttribute(name, String(value));
  }
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * @template Row
 * @typedef {{ readonly head: string, readonly of: (row: Row) => Child, readonly number?: boolean }} Column
 */

/**
 * The first column names the row. Wide tables scroll by themselves, also by keyboard.
 * @template Row
 * @param {string} caption
 * @param {readonly Column<Row>[]} columns
 * @param {readonly Row[]} rows
 */
export function table(caption, columns, rows) {
  const head = el('tr', {}, ...columns.map(({ head: text, number }) => el('th', { scope: 'col', class: number === true ? 'number' : null }, text)));
  const body = rows.map((row) => el('tr', {}, ...columns.map(({ of, number }, i) => (
    i === 0 ? el('th', { scope: 'row' }, of(row)) : el('td', { class: number === true ? 'number' : null }, of(row))
  ))));
  return el('div', { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 },
    el('table', {}, el('caption', {}, caption), el('thead', {}, head), el('tbody', {}, ...body)));
}

/**
 * @param {...(readonly [string, Child])} pairs
 */
export function facts(...pairs) {
  return el('dl', {}, ...pairs.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value ?? '–')]));
}

/** @param {string} state */
export function badge(state) {
  const known = ['proven', 'broken', 'open', 'empty', 'missing'];
  return el('span', { class: known.includes(state) ? `state ${state}` : 'state' }, state);
}
