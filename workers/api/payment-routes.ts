/** From a number to the payments behind it, and from a payment to where it came from. */
import { z } from 'zod';
import { wayOf, type PaymentWayParts } from '../../activities/payment-way';
import { minorUnitsOf } from '../../contract/currencies';
import { isUtcDate } from '../../contract/landing-hour';
import { STATUSES } from '../../contract/payment';
import type { ExportFormat } from '../../contract/exports';
import { maskCardsOfLine } from '../../engines/duckdb/lines/card-lines';
import { ALL_MERCHANTS, CAPTURED, DECLINED, REFUNDED, REPORTS, type ReportName } from '../../contract/reports';
import type { ReportReader, Reports } from '../../stores/reports';
import { paymentsOfCell, seenPayment, seenVersions, type CellOfPayments, type ListedPayment, type SeenPayment, type SeenVersion } from '../../stores/seen-payments';
import { AS_OF, checkRange, COUNT, CURRENCY, date, format, freeText, limit, merchant, MINOR_UNITS, MONEY, paymentId, PROOF, proofOf } from './parameters';
import { EXPORT_ACCEPTED, exportAcceptedOf, type Exports } from './exports';
import { Problem } from './problems';
import { merchantOf } from './merchants';
import { route, type Answer, type AnyRoute } from './route';
import type { TableColumn, TableRow } from '../../contract/table';

export interface PaymentRoutesParts {
  readonly reports: Reports;
  readonly way: PaymentWayParts;
  readonly exports: Exports;
  /** payments that are streamed at most */
  readonly streamedAtMost: number;
}

const PAGE = 100;
const PAGE_OF_EXPORT = 1000;
const TEXT = z.string().nullable();

const LISTED = z.object({
  payment_id: z.string(), merchant_id: z.string(), dt: z.string(), created_at: z.string(), status: z.string(), currency: CURRENCY, minor_units: MINOR_UNITS, amount_cents: MONEY,
  payment_method: TEXT, decline_reason: TEXT, authorized_to_complete_ms: z.number().nullable(), landing_hour: z.string(), revision: z.int(),
});

const VERSION = z.object({
  landing_hour: z.string(), state: z.string().meta({ description: 'Of the hour' }), revision: z.int().nullable(), created_at: z.string(), status: z.string(), currency: CURRENCY,
  minor_units: MINOR_UNITS, amount_cents: MONEY, dt: z.string(), merchant_id: z.string(), row_hash: z.string(), wins: z.boolean().meta({ description: 'It is the row that reports count' }),
});

const EXPLAINED = z.object({
  report: z.enum(REPORTS), cell: z.string(), as_of: AS_OF, proof: PROOF, payments: COUNT.meta({ description: 'In the cell, on all pages' }),
  amount_cents: MONEY.nullable().meta({ description: 'Of the cell; null where it has no money' }), rows: z.array(LISTED), next: z.string().nullable(),
});

/** More payments than are streamed. */
interface LargeExport {
  readonly large: CellOfPayments;
  readonly format: ExportFormat;
  readonly revision: string;
}

const LISTED_COLUMNS: readonly TableColumn[] = [
  { name: 'payment_id', type: 'text' }, { name: 'merchant_id', type: 'text' }, { name: 'dt', type: 'date' }, { name: 'created_at', type: 'timestamp' },
  { name: 'status', type: 'text' }, { name: 'currency', type: 'text' }, { name: 'minor_units', type: 'integer' }, { name: 'amount_cents', type: 'money' },
  { name: 'payment_method', type: 'text' }, { name: 'decline_reason', type: 'text' }, { name: 'authorized_to_complete_ms', type: 'integer' },
  { name: 'landing_hour', type: 'text' }, { name: 'revision', type: 'integer' },
];

export function paymentRoutes(parts: PaymentRoutesParts): readonly AnyRoute[] {
  return [explain(parts), payment(parts), paymentWay(parts)];
}

function explain({ reports, exports, streamedAtMost }: PaymentRoutesParts): AnyRoute {
  return route({
    method: 'GET', path: '/explain', tag: 'payments', scope: 'payments:read', cached: true,
    summary: 'The payments behind a number of a report',
    about: 'Ask with the report’s own parameters and a cell: the `cell` of a row of daily-recon and declines; EUR/captured or EUR/refunded of refund-rate; timed or skewed of latency. CSV and Parquet have all of them, JSON a page. What is too large for a stream becomes a file: 202, to be polled, then a signed link.',
    query: z.strictObject({
      report: z.enum(REPORTS), cell: z.string().min(1).max(300).meta({ example: 'EUR/CAPTURED' }), date: date.optional(), from: date.optional(), to: date.optional(),
      merchant: merchant.optional(), payment_method: freeText.optional(), limit: limit.optional(),
      after: z.string().regex(/^[A-Za-z0-9_-]{1,300}$/).optional().meta({ description: '`next` of the page before' }), format: format.optional(),
    }),
    answer: EXPLAINED,
    columns: LISTED_COLUMNS, accepted: EXPORT_ACCEPTED,
    problems: ['unknown-merchant', 'range-reversed', 'range-too-wide'],
    handle: async ({ query, caller, as, hasAnswerOf, signal }) => {
      const days = daysOf(query);
      const answer = await reports.read(caller.merchantId, async (reader): Promise<Answer<z.input<typeof EXPLAINED>> | LargeExport> => {
        const rests = await reader.restsOn(days.from, days.to);
        if (rests.rebuilding) throw new Problem('unavailable', 'Postgres is being made again from the lake: the payments behind a number can be asked for when that is through');
        const of = await merchantOf(reader, caller, query.merchant, rests);
        if (hasAnswerOf(rests.revision)) return { revision: rests.revision };
        const cell = cellOf(query, days, of);
        const sum = await sumOf(reader, query.report, query.cell, days, of, query.payment_method);
        if (as !== 'json' && sum.payments > streamedAtMost) return { large: cell, format: as, revision: rests.revision };
        if (as !== 'json') return { revision: rests.revision, table: everyPage(reports, caller.merchantId, cell, signal) };
        const most = query.limit ?? PAGE;
        const rows = await paymentsOfCell(reader.session, cell, query.after === undefined ? null : placeOf(query.after), most);
        const last = rows.at(-1);
        return {
          revision: rests.revision,
          body: {
            report: query.report, cell: query.cell, as_of: rests.asOf, proof: proofOf(rests), payments: Number(sum.payments), amount_cents: sum.amountCents?.toString() ?? null,
            rows: rows.map(listedRow), next: last === undefined || rows.length < most ? null : Buffer.from(`${last.dt} ${last.paymentId}`).toString('base64url'),
          },
        };
      });
      if (!('large' in answer)) return answer;
      const { large: cell, format: wanted, revision } = answer;
      const state = await exports.start({ question: [cell, revision], caller, format: wanted, columns: LISTED_COLUMNS, pages: (going) => everyPage(reports, caller.merchantId, cell, going) });
      return { location: `/exports/${state.id}`, accepted: exportAcceptedOf(state) };
    },
  });
}

interface Days {
  readonly from: string;
  readonly to: string;
}

function daysOf(query: { readonly report: ReportName; readonly date?: string | undefined; readonly from?: string | undefined; readonly to?: string | undefined }): Days {
  const wanted = query.report === 'daily-recon' ? (['date'] as const) : (['from', 'to'] as const);
  for (const name of ['date', 'from', 'to'] as const) {
    const due = (wanted as readonly string[]).includes(name);
    if (due && query[name] === undefined) throw new Problem('missing-parameter', `${query.report} is asked with ${wanted.join(' and ')}`, name);
    if (!due && query[name] !== undefined) throw new Problem('unknown-parameter', `${query.report} is asked with ${wanted.join(' and ')}`, name);
  }
  const days = { from: query.from ?? query.date!, to: query.to ?? query.date! };
  checkRange(days.from, days.to);
  return days;
}

function cellOf(query: { readonly report: ReportName; readonly cell: string; readonly payment_method?: string | undefined }, days: Days, of: string | undefined): CellOfPayments {
  const all = { ...days, merchant: of ?? ALL_MERCHANTS, statuses: null, currency: null, reason: null, paymentMethod: null, timing: null };
  if (query.report === 'latency') {
    if (query.cell !== 'timed' && query.cell !== 'skewed') throw wrongCell('of latency there are timed and skewed');
    return { ...all, paymentMethod: query.payment_method ?? null, timing: query.cell };
  }
  const [, currency, rest] = /^([A-Z]{3})\/(.+)$/su.exec(query.cell) ?? [];
  if (currency === undefined || rest === undefined) throw wrongCell('write a currency, a slash and what is counted, like EUR/CAPTURED');
  if (query.report === 'declines') return { ...all, currency, statuses: [DECLINED], reason: storable(rest) };
  if (query.report === 'daily-recon') {
    if (!(STATUSES as readonly string[]).includes(rest)) throw wrongCell(`${rest} is not a status`);
    return { ...all, currency, statuses: [rest] };
  }
  if (rest !== 'captured' && rest !== 'refunded') throw wrongCell('of refund-rate there are captured and refunded, like EUR/captured');
  return { ...all, currency, statuses: rest === 'captured' ? CAPTURED : REFUNDED };
}

/** No reason has a control character; and the database would refuse the first of them. */
function storable(text: string): string {
  const read = freeText.safeParse(text);
  if (read.success) return read.data;
  throw wrongCell('no reason is written so');
}

function wrongCell(detail: string): Problem {
  return new Problem('invalid-parameter', detail, 'cell');
}

/** As the report itself says it: what the pages add up to must be this. */
async function sumOf(
  reader: ReportReader, report: ReportName, cell: string, days: Days, of: string | undefined, method: string | undefined,
): Promise<{ readonly payments: bigint; readonly amountCents: bigint | null }> {
  const none = { payments: 0n, amountCents: 0n };
  const [currency, ...rest] = cell.split('/');
  const name = rest.join('/');
  switch (report) {
    case 'daily-recon':
      return (await reader.dailyRecon(days.from, of)).find((one) => one.currency === currency && one.status === name) ?? none;
    case 'declines':
      return (await reader.declines({ ...days, merchant: of })).find((one) => one.currency === currency && one.reason === name) ?? none;
    case 'refund-rate': {
      const found = (await reader.refundRate({ ...days, merchant: of })).find((one) => one.currency === currency);
      if (found === undefined) return none;
      return name === 'captured' ? { payments: found.captured, amountCents: found.capturedCents } : { payments: found.refunded, amountCents: found.refundedCents };
    }
    case 'latency': {
      const { payments, skewed } = await reader.latency({ ...days, merchant: of }, method);
      return { payments: cell === 'timed' ? payments : skewed, amountCents: null };
    }
  }
}

/** A view of its own for each page: an export may take longer than a transaction may. */
async function* everyPage(reports: Reports, merchantId: string | null, cell: CellOfPayments, signal: AbortSignal): AsyncGenerator<readonly TableRow[]> {
  let after: Place | null = null;
  for (;;) {
    signal.throwIfAborted();
    const from: Place | null = after;
    const rows: readonly ListedPayment[] = await reports.read(merchantId, (reader) => paymentsOfCell(reader.session, cell, from, PAGE_OF_EXPORT));
    yield rows.map(listedRow);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_OF_EXPORT) return;
    after = last;
  }
}

/** After which payment a page begins. */
interface Place {
  readonly dt: string;
  readonly paymentId: string;
}

function placeOf(after: string): Place {
  const [dt, id] = Buffer.from(after, 'base64url').toString('utf8').split(' ');
  if (isUtcDate(dt) && id !== undefined && paymentId.safeParse(id).success) return { dt, paymentId: id };
  throw new Problem('invalid-parameter', 'after is the `next` of a page of this', 'after');
}

function listedRow(one: ListedPayment): z.input<typeof LISTED> {
  return {
    payment_id: one.paymentId, merchant_id: one.merchantId, dt: one.dt, created_at: one.createdAt, status: one.status, currency: one.currency, minor_units: minorUnitsOf(one.currency),
    amount_cents: one.amountCents.toString(), payment_method: one.paymentMethod, decline_reason: one.declineReason,
    authorized_to_complete_ms: one.authorizedToCompleteMs === null ? null : Number(one.authorizedToCompleteMs), landing_hour: one.landingHour, revision: one.revision,
  };
}

function payment({ reports }: PaymentRoutesParts): AnyRoute {
  return route({
    method: 'GET', path: '/payments/{payment_id}', tag: 'payments', scope: 'payments:read',
    summary: 'A payment: the row that reports count, and what each landing hour says of it',
    params: z.strictObject({ payment_id: paymentId }),
    answer: z.object({
      payment: LISTED.extend({ risk_score: z.number().nullable(), authorized_at: TEXT, completed_at: TEXT, source_system: TEXT, processed_at: z.string(), row_hash: z.string() }),
      versions: z.array(VERSION).meta({ description: 'One an hour, the greatest last' }),
    }),
    problems: ['not-found'],
    handle: async ({ params, caller }) => {
      const { found, versions } = await known(reports, caller.merchantId, params.payment_id);
      return { body: { payment: paymentRow(found), versions: versions.map((version) => versionRow(version, found)) } };
    },
  });
}

/** Of a payment that is another merchant's now nothing is shown, also where an hour still has it as one's own. */
function known(reports: Reports, merchantId: string | null, id: string): Promise<{ readonly found: SeenPayment; readonly versions: readonly SeenVersion[] }> {
  return reports.read(merchantId, async ({ session }) => {
    const found = await seenPayment(session, id);
    if (found === null) throw new Problem('not-found', 'There is no such payment', 'payment_id');
    return { found, versions: await seenVersions(session, id) };
  });
}

function paymentRow(found: SeenPayment) {
  return {
    ...listedRow(found), risk_score: found.riskScore, authorized_at: found.authorizedAt, completed_at: found.completedAt, source_system: found.sourceSystem,
    processed_at: found.processedAt, row_hash: found.rowHash.toString(),
  };
}

function versionRow(version: SeenVersion, winner: SeenPayment): z.input<typeof VERSION> {
  return {
    landing_hour: version.landingHour, state: version.state, revision: version.revision, created_at: version.createdAt, status: version.status, currency: version.currency,
    minor_units: minorUnitsOf(version.currency), amount_cents: version.amountCents.toString(), dt: version.dt, merchant_id: version.merchantId, row_hash: version.rowHash.toString(),
    wins: version.landingHour === winner.landingHour && version.rowHash === winner.rowHash,
  };
}

function paymentWay({ reports, way }: PaymentRoutesParts): AnyRoute {
  return route({
    method: 'GET', path: '/payments/{payment_id}/way', tag: 'payments', scope: 'payments:read',
    summary: 'Where each version of a payment came from: raw object, offset and line; run; Parquet file; Kafka offset; Postgres',
    about: 'Looked up in the stores when it is asked: it reads the hour’s raw objects once.',
    params: z.strictObject({ payment_id: paymentId }),
    answer: z.object({
      payment_id: z.string(),
      versions: z.array(z.object({
        landing_hour: z.string(), revision: z.int().nullable(),
        raw: z.array(z.object({ object: z.string(), version: z.string(), offset: COUNT.meta({ description: 'In the decompressed stream' }), length: COUNT, line_number: z.int(),
          line: TEXT.meta({ description: 'What it says, card numbers masked; null for a key without the scope ops:read, since it names a person' }),
        })),
        raw_unread: z.array(z.string()).meta({ description: 'Objects that are gone or cannot be read to their end' }),
        run: z.object({ workflow_id: z.string(), workflow_run_id: z.string(), kind: z.string(), requested_by: z.string(), processed_at: z.string() }).nullable(),
        files: z.array(z.string()).meta({ description: 'Of its day and merchant: it is in one of them' }),
        records: z.array(z.object({ topic: z.string(), partition: z.int(), offset: z.string(), op: z.string(), revision: z.int() })),
        records_gone: z.boolean().meta({ description: 'The topic no longer has them' }),
        postgres: z.object({ hour_payments: z.boolean(), curated_payments: z.boolean() }),
      })),
    }),
    problems: ['not-found'],
    handle: async ({ params, caller, signal }) => {
      const { found, versions } = await known(reports, caller.merchantId, params.payment_id);
      const seesLines = caller.scopes.includes('ops:read');
      const ways = [];
      for (const version of versions) {
        const { landingHour, revision, dt, merchantId } = version;
        const one = revision === null ? null : await wayOf(way, { landingHour, revision, dt, merchantId, paymentId: params.payment_id }, signal);
        ways.push({
          landing_hour: landingHour, revision,
          raw: (one?.raw ?? []).map((place) => ({ object: place.object, version: place.version, offset: place.offset, length: place.length, line_number: place.lineNumber, line: seesLines ? maskCardsOfLine(place.line).text : null })),
          raw_unread: [...(one?.rawUnread ?? [])],
          run: one?.run == null ? null : {
            workflow_id: one.run.workflowId, workflow_run_id: one.run.workflowRunId, kind: one.run.kind, requested_by: one.run.by, processed_at: one.run.processedAt,
          },
          files: [...(one?.files ?? [])],
          records: (one?.records ?? []).map(({ topic, partition, offset, op, revision: of }) => ({ topic, partition, offset: offset.toString(), op, revision: of })),
          records_gone: one?.recordsGone ?? false,
          postgres: { hour_payments: true, curated_payments: versionRow(version, found).wins },
        });
      }
      return { body: { payment_id: params.payment_id, versions: ways } };
    },
  });
}
