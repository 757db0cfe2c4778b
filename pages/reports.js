/** Reports: the four, each with its chart, its table, its file, and the payments behind every number. */
import { count, counted, instant, milliseconds, money, percent } from './amounts.js';
import { bars } from './bars.js';
import { badge, byId, el, table } from './element.js';
import { asked, doing, filter, here, hourLink, problem, put, show, utcDay } from './frame.js';
import { ask, save } from './session.js';
import { paymentsBehind } from './payments-behind.js';

/**
 * @typedef {import('./element.js').Child} Child
 * @typedef {import('./bars.js').Bar} Bar
 * @typedef {{ readonly cell: string, readonly currency: string, readonly minor_units: number, readonly status: string, readonly reason: string, readonly payments: number, readonly amount_cents: string }} Cell
 * @typedef {{ readonly currency: string, readonly minor_units: number, readonly captured: number, readonly captured_cents: string, readonly refunded: number, readonly refunded_cents: string, readonly rate_by_count: string | null, readonly rate_by_amount: string | null }} Rate
 */

/** @type {Readonly<Record<string, { readonly title: string, readonly says: string, readonly fields: readonly string[], readonly drawn: (answer: any) => readonly Child[] }>>} */
const REPORTS = {
  'daily-recon': { title: 'Daily totals', says: 'Count and money of a day’s payments by currency and status.', fields: ['date', 'merchant'], drawn: dailyRecon },
  'refund-rate': { title: 'Refund rate', says: 'Refunded out of captured. A row holds a payment’s current state, so what was refunded counts as captured.', fields: ['from', 'to', 'merchant'], drawn: refundRate },
  latency: { title: 'Latency', says: 'From authorised to completed. Clock skew is counted apart.', fields: ['from', 'to', 'merchant', 'payment_method'], drawn: latency },
  declines: { title: 'Declines', says: 'Declined payments by reason and currency.', fields: ['from', 'to', 'merchant'], drawn: declines },
};
const FIELDS = {
  date: { name: 'Day', type: 'date' }, from: { name: 'From day', type: 'date' }, to: { name: 'To day', type: 'date' },
  merchant: { name: 'Merchant', type: 'text' }, payment_method: { name: 'Payment method', type: 'text' },
};

const wanted = asked.get('report') ?? '';
const name = Object.hasOwn(REPORTS, wanted) ? wanted : 'daily-recon';
const report = REPORTS[name];
if (report === undefined) throw new Error('there is no report');

byId('tabs').append(...Object.entries(REPORTS).map(([other, { title }]) => el('a', { href: `?report=${other}`, 'aria-current': report.title === title ? 'page' : null }, title)));
const form = byId('filter');
put(form, [
  el('input', { type: 'hidden', name: 'report', value: name }),
  ...report.fields.map((field) => {
    const { name: label, type } = FIELDS[/** @type {keyof typeof FIELDS} */ (field)];
    return el('label', {}, label, el('input', { name: field, type, required: type === 'date', placeholder: type === 'date' ? null : 'all', autocomplete: 'off', spellcheck: 'false' }));
  }),
  el('button', { type: 'submit', class: 'main' }, 'Show'),
]);
const values = filter('filter', { report: name, date: utcDay(0), from: utcDay(6), to: utcDay(0) });
/** @type {Record<string, string>} */
const parameters = Object.fromEntries(report.fields.map((field) => [field, values[field] ?? '']));

void show(async () => {
  const answer = await ask(`/reports/${name}`, parameters);
  const cell = asked.get('cell');
  return [
    el('p', {}, report.says), name === 'daily-recon' ? neighbours() : null, restsOn(answer),
    answer.rows.length === 0 ? el('p', {}, 'There are no such payments.') : el('section', {}, ...report.drawn(answer), files()),
    cell === null ? null : await paymentsBehind(name, cell, parameters).catch(problem),
  ];
});

function neighbours() {
  const day = (/** @type {number} */ by) => new Date(Date.parse(parameters.date ?? '') + by * 86_400_000).toISOString().slice(0, 10);
  return el('div', { class: 'row' }, ...[['‹', day(-1)], ['›', day(1)]].map(([arrow, date]) => (
    el('a', { href: here({ report: name, date: date ?? null, cell: null }) }, arrow === '‹' ? `‹ ${date}` : `${date} ›`))));
}

/** @param {{ readonly as_of: string | null, readonly proof: { readonly state: string, readonly hours: number, readonly not_proven: readonly string[] } }} answer */
function restsOn({ as_of: asOf, proof: { state, hours, not_proven: notProven } }) {
  const word = state === 'none' ? 'no hour yet' : state;
  return el('p', {}, 'Rests on ', el('strong', {}, counted(hours, 'hour')), ', ', badge(word), asOf === null ? null : `, as of ${instant(asOf)}. `,
    state === 'proven' || state === 'none' ? null : el('span', {}, 'These numbers may change: ', ...notProven.flatMap((hour, i) => [
      i === 0 ? '' : ', ', hourLink(hour)]), '.'));
}

function files() {
  const said = el('div', {});
  const file = (/** @type {string} */ format) => doing(said, async () => {
    await save(`/reports/${name}`, { ...parameters, format }, `${[name, ...Object.values(parameters).filter((value) => value !== '')].join('-')}.${format}`);
    return [];
  });
  return el('div', {}, el('div', { class: 'row' },
    el('button', { type: 'button', onclick: () => file('csv') }, 'Save as CSV'), el('button', { type: 'button', onclick: () => file('json') }, 'Save as JSON'),
    el('button', { type: 'button', onclick: () => file('parquet') }, 'Save as Parquet')), said);
}

/**
 * @param {string} cell
 * @param {string | number} text
 */
function behind(cell, text) {
  return el('a', { href: `${here({ report: name, ...parameters, cell })}#behind`, 'aria-label': `${text}, the payments behind ${cell}` }, String(text));
}

/** @param {string} status */
function kindOf(status) {
  if (['SETTLED', 'CAPTURED', 'APPROVED'].includes(status)) return 'good';
  if (['DECLINED', 'FAILED', 'CHARGEBACK'].includes(status)) return 'bad';
  return ['REFUNDED', 'VOIDED'].includes(status) ? 'other' : ['CANCELLED', 'EXPIRED', 'PENDING'].includes(status) ? 'quiet' : '';
}

/**
 * @param {{ readonly payments: number, readonly totals: readonly Cell[], readonly rows: readonly Cell[] }} answer
 * @returns {readonly Child[]}
 */
function dailyRecon({ payments, totals, rows }) {
  const statuses = [...new Set(rows.map(({ status }) => status))];
  const byStatus = statuses.map((status) => ({ status, size: rows.filter((row) => row.status === status).reduce((sum, row) => sum + row.payments, 0) })).sort((a, b) => b.size - a.size);
  return [
    el('div', { class: 'figures' }, figure(count(payments), 'payments'),
      ...totals.map((total) => figure(money(total.amount_cents, total.minor_units, total.currency), counted(total.payments, 'payment')))),
    el('h2', {}, 'Payments by status'),
    bars('Payments by status, all currencies', byStatus.map(({ status, size }) => ({ name: status, size, text: count(size), kind: kindOf(status) }))),
    el('h2', {}, 'By currency and status'),
    table('Each count leads to its payments', [
      { head: 'currency', of: ({ currency }) => currency },
      { head: 'status', of: ({ status }) => status },
      { head: 'payments', of: ({ cell, payments: number }) => behind(cell, count(number)), number: true },
      { head: 'amount', of: (row) => money(row.amount_cents, row.minor_units, row.currency), number: true },
    ], rows),
  ];
}

/**
 * @param {{ readonly all: { readonly captured: number, readonly refunded: number, readonly rate_by_count: string | null }, readonly rows: readonly Rate[] }} answer
 * @returns {readonly Child[]}
 */
function refundRate({ all, rows }) {
  return [
    el('div', { class: 'figures' }, figure(percent(all.rate_by_count), 'of captured payments were refunded'), figure(count(all.refunded), 'refunded'), figure(count(all.captured), 'captured')),
    el('h2', {}, 'Rate by count'),
    bars('Refund rate by count, for each currency', rows.map((row) => ({ name: row.currency, size: Number(row.rate_by_count ?? 0), text: percent(row.rate_by_count), kind: 'other' }))),
    el('h2', {}, 'By currency'),
    table('Each count leads to its payments', [
      { head: 'currency', of: ({ currency }) => currency },
      { head: 'captured', of: (row) => behind(`${row.currency}/captured`, count(row.captured)), number: true },
      { head: 'amount captured', of: (row) => money(row.captured_cents, row.minor_units, row.currency), number: true },
      { head: 'refunded', of: (row) => behind(`${row.currency}/refunded`, count(row.refunded)), number: true },
      { head: 'amount refunded', of: (row) => money(row.refunded_cents, row.minor_units, row.currency), number: true },
      { head: 'rate by count', of: (row) => percent(row.rate_by_count), number: true },
      { head: 'rate by amount', of: (row) => percent(row.rate_by_amount), number: true },
    ], rows),
  ];
}

/**
 * @param {{ readonly percentile_error: number, readonly rows: readonly { readonly payments: number, readonly skewed: number, readonly mean_ms: string | null, readonly p50_ms: number | null, readonly p95_ms: number | null, readonly p99_ms: number | null, readonly max_ms: number | null }[] }} answer
 * @returns {readonly Child[]}
 */
function latency({ percentile_error: error, rows: [row] }) {
  if (row === undefined) return [];
  const shown = /** @type {const} */ ([['half of them within', row.p50_ms], ['95 of 100 within', row.p95_ms], ['99 of 100 within', row.p99_ms], ['longest', row.max_ms]]);
  return [
    el('div', { class: 'figures' },
      figure(behind('timed', count(row.payments)), 'timed payments'), figure(row.mean_ms === null ? '–' : `${row.mean_ms} ms`, 'mean, exact'), figure(behind('skewed', count(row.skewed)), 'with clock skew, in no other number')),
    el('h2', {}, 'From authorised to completed'),
    bars('Percentiles of the latency', shown.map(([text, ms]) => ({ name: text, size: ms ?? 0, text: milliseconds(ms) }))),
    table(`Percentiles are at most ${(error * 100).toFixed(2)} % off; the longest is exact`, [
      { head: 'share', of: ([text]) => text }, { head: 'milliseconds', of: ([, ms]) => (ms === null ? '–' : count(ms)), number: true },
    ], shown),
  ];
}

/**
 * @param {{ readonly payments: number, readonly reasons: readonly { readonly reason: string, readonly payments: number }[], readonly rows: readonly Cell[] }} answer
 * @returns {readonly Child[]}
 */
function declines({ payments, reasons, rows }) {
  return [
    el('div', { class: 'figures' }, figure(count(payments), 'declined payments'), figure(count(reasons.length), 'reasons')),
    el('h2', {}, 'By reason'),
    bars('Declined payments by reason, all currencies', reasons.map(({ reason, payments: size }) => ({ name: reason, size, text: count(size), kind: 'bad' }))),
    el('h2', {}, 'By reason and currency'),
    table('Each count leads to its payments', [
      { head: 'reason', of: ({ reason }) => reason },
      { head: 'currency', of: ({ currency }) => currency },
      { head: 'payments', of: ({ cell, payments: number }) => behind(cell, count(number)), number: true },
      { head: 'amount', of: (row) => money(row.amount_cents, row.minor_units, row.currency), number: true },
    ], rows),
  ];
}

/**
 * @param {Child} value
 * @param {string} name
 */
function figure(value, name) {
  return el('div', {}, el('span', { class: 'big' }, value), el('span', { class: 'muted' }, name));
}
