/** Dead letters: refused lines by reason, each with its offending part marked, and landed again, corrected or as it was. */
import { count, counted, instant } from './amounts.js';
import { el, facts } from './element.js';
import { asked, doing, filter, here, hourLink, problem, show, utcDay } from './frame.js';
import { offendingParts } from './offending.js';
import { ask, tell } from './session.js';

/**
 * @typedef {{ readonly case: string, readonly object: string, readonly line_number: number, readonly reasons: readonly string[], readonly raw?: string, readonly raw_base64?: string }} Case
 * @typedef {{ readonly reason: string, readonly lines: number, readonly hours: number, readonly first_hour: string, readonly last_hour: string, readonly redriven: number, readonly cases: readonly Case[] }} Group
 */

const SAMPLES = '5';

const { from = '', to = '', reason = '' } = filter('filter', { from: utcDay(6), to: utcDay(0) });

void show(async () => {
  const chosen = asked.get('case');
  const { lines, groups } = await ask('/dead-letters', { from: `${from}T00`, to: `${to}T23`, reason, samples: SAMPLES });
  return [
    chosen === null ? null : await oneCase(chosen).catch(problem),
    groups.length === 0 ? el('p', {}, 'No line of these hours was refused.') : summary(lines, groups),
    ...groups.map(group),
  ];
});

/**
 * @param {number} lines
 * @param {readonly Group[]} groups
 */
function summary(lines, groups) {
  return el('section', {}, el('h2', {}, `${count(lines)} refused, by reason`),
    el('p', { class: 'muted' }, 'A line with two reasons counts in both.'),
    el('ul', { class: 'legend' }, ...groups.map(({ reason: name, lines: number }) => el('li', {}, el('a', { href: here({ reason: name, case: null }) }, name), ` ${count(number)}`))),
    reason === '' ? null : el('p', {}, el('a', { href: here({ reason: null, case: null }) }, 'All reasons')));
}

/** @param {Group} of */
function group({ reason: name, cases, lines, hours, first_hour: first, last_hour: last, redriven }) {
  return el('section', {}, el('h2', {}, name),
    el('p', { class: 'muted' }, `${counted(lines, 'line')} in ${counted(hours, 'hour')}, ${first === last ? first : `${first} to ${last}`}; ${count(redriven)} landed again${cases.length < lines ? `; ${count(cases.length)} of them shown` : ''}`),
    ...cases.map((one) => el('div', {},
      el('a', { href: `${here({ case: one.case })}#case`, 'aria-label': `Case ${one.case}, line ${one.line_number} of ${one.object}` }, one.case),
      el('span', { class: 'muted' }, ` line ${one.line_number} of ${one.object.split('/').at(-1)}`), marked(one))));
}

/** @param {Case} one */
function marked({ raw, raw_base64: base64, reasons }) {
  if (raw === undefined) return el('code', { class: 'line' }, `not UTF-8; in base64: ${base64 ?? ''}`);
  const { parts, notes } = offendingParts(raw, reasons);
  const line = el('code', { class: 'line' });
  let at = 0;
  for (const { from: begin, to: end } of parts) {
    line.append(raw.slice(at, begin), el('mark', {}, raw.slice(begin, end)));
    at = end;
  }
  line.append(raw.slice(at));
  return el('div', {}, line, notes.length === 0 ? null : el('p', { class: 'muted' }, notes.join('; ')));
}

/** @param {string} name */
async function oneCase(name) {
  const letter = await ask(`/dead-letters/${encodeURIComponent(name)}`);
  const line = el('textarea', { id: 'line', spellcheck: 'false', autocomplete: 'off' });
  line.value = letter.raw ?? '';
  const said = el('div', {});
  const redrive = (/** @type {boolean} */ corrected) => doing(said, async () => {
    const { redriven } = await tell('/dead-letters/redrive', { cases: [corrected ? { case: name, line: line.value } : { case: name }] });
    return redriven.map((/** @type {{ readonly landing_hour: string, readonly object: string, readonly found: boolean }} */ { landing_hour: hour, object, found }) => el('div', { class: 'done' },
      found ? 'This very line had been landed before; ' : `Landed as ${object}; `,
      'the run of ', hourLink(hour), ' is asked for.'));
  });
  return el('section', { id: 'case', 'aria-labelledby': 'case-title' },
    el('h2', { id: 'case-title' }, `Case ${name}`), marked(letter),
    facts(['reasons', letter.reasons.join(', ')], ['landing hour', letter.landing_hour], ['object', el('code', {}, letter.object)], ['line', letter.line_number],
      ['bytes', `${letter.offset} to ${letter.offset + letter.length} of the decompressed object`], ['card numbers masked', letter.cards],
      ['redriven', letter.redrives.length === 0 ? 'never' : letter.redrives.map((/** @type {{ readonly by: string, readonly at: string }} */ { by, at }) => `by ${by}, ${instant(at)}`).join('; ')]),
    letter.raw === undefined ? null : el('label', { for: 'line' }, 'The line as it is to be landed'), letter.raw === undefined ? null : line,
    letter.cards === 0 ? null : el('p', {}, 'Masked digits would be landed as they are shown: write them out, or land the line as it was.'),
    el('div', { class: 'row' },
      letter.raw === undefined ? null : el('button', { type: 'button', class: 'main', onclick: () => redrive(true) }, 'Land this line'),
      el('button', { type: 'button', onclick: () => redrive(false) }, 'Land it as it was'),
      el('a', { href: here({ case: null }) }, 'Close')), said);
}
