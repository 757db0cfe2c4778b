/** Payment: the row that reports count, what each landing hour says of it, and on demand its way back to the raw line. */
import { instant, milliseconds, money } from './amounts.js';
import { badge, el, facts, table } from './element.js';
import { asked, doing, filter, here, hourLink, runLink, show } from './frame.js';
import { ask } from './session.js';

/**
 * @typedef {{ readonly landing_hour: string, readonly state: string, readonly revision: number | null, readonly created_at: string, readonly status: string, readonly currency: string, readonly minor_units: number, readonly amount_cents: string, readonly wins: boolean }} Version
 * @typedef {{ readonly landing_hour: string, readonly revision: number | null, readonly raw: readonly { readonly object: string, readonly offset: number, readonly length: number, readonly line_number: number, readonly line: string | null }[], readonly raw_unread: readonly string[], readonly run: { readonly workflow_id: string, readonly workflow_run_id: string, readonly kind: string, readonly requested_by: string, readonly processed_at: string } | null, readonly files: readonly string[], readonly records: readonly { readonly topic: string, readonly partition: number, readonly offset: string, readonly op: string }[], readonly records_gone: boolean, readonly postgres: { readonly curated_payments: boolean } }} Way
 */

const { id = '' } = filter('filter');

void show(async () => {
  if (id === '') return [];
  const { payment, versions } = await ask(`/payments/${encodeURIComponent(id)}`);
  const place = el('div', {});
  const look = () => doing(place, async () => {
    const answer = /** @type {{ readonly versions: readonly Way[] }} */ (await ask(`/payments/${encodeURIComponent(id)}/way`));
    return Promise.all(answer.versions.map(way));
  });
  if (asked.get('way') === 'yes') void look();
  return [
    el('section', {},
      el('h2', {}, `${payment.status}: ${money(payment.amount_cents, payment.minor_units, payment.currency)}`),
      facts(['payment', el('code', {}, payment.payment_id)], ['merchant', payment.merchant_id], ['created', instant(payment.created_at)], ['authorised', instant(payment.authorized_at)],
        ['completed', instant(payment.completed_at)], ['took', milliseconds(payment.authorized_to_complete_ms)], ['method', payment.payment_method], ['decline reason', payment.decline_reason],
        ['risk score', payment.risk_score], ['from', payment.source_system], ['processed', instant(payment.processed_at)])),
    el('section', {}, el('h2', {}, 'Versions'), versionsOf(versions)),
    el('section', { id: 'way' }, el('h2', {}, 'Its way'),
      el('p', { class: 'muted' }, 'From the raw line over run, Parquet file and topic to Postgres. It is looked up in the stores themselves, which reads the hour’s raw objects.'),
      el('div', { class: 'row' }, el('button', { type: 'button', class: 'main', onclick: () => { history.replaceState(null, '', here({ way: 'yes' })); return look(); } }, 'Find its way')), place),
  ];
});

/** @param {readonly Version[]} versions */
function versionsOf(versions) {
  return table('One for each landing hour that has it; the last one wins', [
    { head: 'landing hour', of: ({ landing_hour: hour }) => hourLink(hour) },
    { head: 'hour is', of: ({ state }) => badge(state) },
    { head: 'created', of: ({ created_at: created }) => instant(created) },
    { head: 'status', of: ({ status }) => status },
    { head: 'amount', of: (row) => money(row.amount_cents, row.minor_units, row.currency), number: true },
    { head: 'counts', of: ({ wins }) => (wins ? el('strong', {}, 'reports count this one') : el('span', { class: 'muted' }, 'replaced')) },
  ], versions);
}

/** @param {Way} version */
async function way({ landing_hour: hour, revision, raw, raw_unread: unread, run, files, records, records_gone: gone, postgres }) {
  return el('article', { 'aria-label': `The way of ${hour}` }, el('h3', {}, hourLink(hour), ` revision ${revision ?? '–'}`),
    ...raw.map(({ object, line_number: number, offset, length, line }) => el('div', {},
      el('p', {}, el('code', {}, object), ` line ${number}, byte ${offset} to ${offset + length} of the decompressed object`),
      line === null ? null : el('code', { class: 'line' }, line))),
    raw.length === 0 ? el('p', {}, 'No raw object that can be read has its line.') : null,
    unread.length === 0 ? null : el('p', {}, `Gone, or not to be read to the end: ${unread.join(', ')}`),
    facts(
      ['run', run === null ? null : el('span', {}, `${run.kind}, asked for by ${run.requested_by}, ${instant(run.processed_at)}: `, await runLink(run.workflow_id, run.workflow_run_id))],
      ['Parquet', files.length === 0 ? null : el('span', {}, ...files.flatMap((file, i) => [i === 0 ? '' : el('br'), el('code', {}, file)]))],
      ['topic', gone ? 'the topic no longer has it' : records.map(({ topic, partition, offset, op }) => `${topic}, partition ${partition}, offset ${offset} (${op})`).join('; ') || 'not published by this hour'],
      ['Postgres', postgres.curated_payments ? 'hour_payments and curated_payments: reports count it' : 'hour_payments; another version wins']));
}
