/** The four reports, from the roll-ups; what those do not answer, and with engine=lake, from the lake's own files, to be polled. */
import { z } from 'zod';
import type { ApiKey } from '../../contract/api-keys';
import { PERCENTILE_ERROR } from '../../contract/latency';
import { REPORT_COLUMNS } from '../../contract/report-rows';
import type { ReportName } from '../../contract/reports';
import { declineNumbers, latencyNumbers, reconNumbers, refundNumbers } from '../../activities/report-rows';
import type { ReportNumbers, Reports, RestsOn } from '../../stores/reports';
import type { Format } from './format';
import { ACCEPTED, acceptedOf, idOf, type LakeAsked } from './lake-asked';
import { AS_OF, checkRange, COUNT, CURRENCY, date, engine, engineOf, format, freeText, merchant, MINOR_UNITS, MONEY, PROOF, proofOf } from './parameters';
import { merchantOf } from './merchants';
import { Problem } from './problems';
import { route, type Answer, type AnyRoute } from './route';
import type { TableRow } from '../../contract/table';

const ofRange = z.strictObject({ from: date, to: date, merchant: merchant.optional(), format: format.optional(), engine: engine.optional() });
const RATE = z.string().nullable().meta({ description: 'Six digits after the point; null where nothing was captured', example: '0.012346' });

/** What every report says of itself. */
function envelope<Name extends ReportName, Parameters extends z.ZodType, Rows extends z.ZodRawShape, More extends z.ZodRawShape>(
  name: Name, parameters: Parameters, rows: Rows, more: More,
) {
  return z.object({
    report: z.literal(name), parameters, as_of: AS_OF, proof: PROOF, rows: z.array(z.object(rows)), ...more,
  });
}

const ECHOED_RANGE = z.object({ from: z.string(), to: z.string(), merchant: z.string().nullable() });
const CELL = z.string().meta({ description: 'The row’s name for /explain' });

export interface ReportParts {
  readonly reports: Reports;
  readonly lake: LakeAsked;
}

export function reportRoutes(parts: ReportParts): readonly AnyRoute[] {
  return [dailyRecon(parts), refundRate(parts), latency(parts), declines(parts)];
}

function dailyRecon(parts: ReportParts): AnyRoute {
  const row = { cell: CELL, currency: CURRENCY, minor_units: MINOR_UNITS, status: z.string(), payments: COUNT, amount_cents: MONEY };
  return route({
    method: 'GET', path: '/reports/daily-recon', tag: 'reports', scope: 'reports:read', cached: true,
    summary: 'A day’s payments: counts and money by status and currency',
    query: z.strictObject({ date, merchant: merchant.optional(), format: format.optional(), engine: engine.optional() }),
    answer: envelope('daily-recon', z.object({ date: z.string(), merchant: z.string().nullable() }), row, {
      totals: z.array(z.object({ currency: CURRENCY, minor_units: MINOR_UNITS, payments: COUNT, amount_cents: MONEY })).meta({ description: 'One a currency; never across them' }),
      payments: COUNT,
    }),
    columns: REPORT_COLUMNS['daily-recon'],
    accepted: ACCEPTED, problems: ['unknown-merchant'],
    handle: ({ query, ...asked }) => answered(parts, { ...asked, report: 'daily-recon', from: query.date, to: query.date, merchant: query.merchant, engine: query.engine }, async (reader, of) => {
      const { rows, ...more } = reconNumbers(await reader.dailyRecon(query.date, of));
      return { report: 'daily-recon', parameters: { date: query.date, merchant: of ?? null }, rows, columns: { date: query.date }, more };
    }),
  });
}

function refundRate(parts: ReportParts): AnyRoute {
  const row = {
    currency: CURRENCY, minor_units: MINOR_UNITS, captured: COUNT, captured_cents: MONEY, refunded: COUNT, refunded_cents: MONEY, rate_by_count: RATE, rate_by_amount: RATE,
  };
  return route({
    method: 'GET', path: '/reports/refund-rate', tag: 'reports', scope: 'reports:read', cached: true,
    summary: 'Refunded out of captured, by count and by amount',
    about: 'Captured: status APPROVED, CAPTURED, SETTLED, REFUNDED or CHARGEBACK, since a row holds a payment’s current state. Refunded: REFUNDED.',
    query: ofRange,
    answer: envelope('refund-rate', ECHOED_RANGE, row, {
      all: z.object({ captured: COUNT, refunded: COUNT, rate_by_count: RATE }).meta({ description: 'Over all currencies, by count only' }),
    }),
    columns: REPORT_COLUMNS['refund-rate'],
    accepted: ACCEPTED, problems: ['unknown-merchant', 'range-reversed', 'range-too-wide'],
    handle: ({ query, ...asked }) => answered(parts, { ...asked, ...query, report: 'refund-rate' }, async (reader, of) => {
      const { rows, ...more } = refundNumbers(await reader.refundRate({ ...query, merchant: of }));
      return { report: 'refund-rate', parameters: { from: query.from, to: query.to, merchant: of ?? null }, columns: { from: query.from, to: query.to }, rows, more };
    }),
  });
}

const MILLISECONDS = z.number().min(0).nullable();

function latency(parts: ReportParts): AnyRoute {
  const row = {
    payments: COUNT, skewed: COUNT.meta({ description: 'Completed before they were authorised: clock skew, in none of the other numbers' }),
    mean_ms: z.string().nullable().meta({ description: 'Exact, three digits after the point' }), p50_ms: MILLISECONDS, p95_ms: MILLISECONDS, p99_ms: MILLISECONDS,
    max_ms: MILLISECONDS.meta({ description: 'Exact' }),
  };
  return route({
    method: 'GET', path: '/reports/latency', tag: 'reports', scope: 'reports:read', cached: true,
    summary: 'From authorised to completed: count, mean, percentiles, maximum',
    about: `Count, mean and maximum are exact. A percentile is the nearest-rank one, read from fixed buckets: it is at most ${(PERCENTILE_ERROR * 100).toFixed(2)} % (and half a millisecond) off; below 50 ms it is exact.`,
    query: ofRange.extend({ payment_method: freeText.optional().meta({ description: 'Only this method; unknown: those without one', example: 'card' }) }),
    answer: envelope('latency', ECHOED_RANGE.extend({ payment_method: z.string().nullable() }), row, { percentile_error: z.number() }),
    columns: REPORT_COLUMNS.latency,
    accepted: ACCEPTED, problems: ['unknown-merchant', 'range-reversed', 'range-too-wide'],
    handle: ({ query, ...asked }) => answered(parts, { ...asked, ...query, report: 'latency' }, async (reader, of) => {
      const { rows, ...more } = latencyNumbers(await reader.latency({ ...query, merchant: of }, query.payment_method));
      return {
        report: 'latency', parameters: { from: query.from, to: query.to, merchant: of ?? null, payment_method: query.payment_method ?? null },
        columns: { from: query.from, to: query.to, payment_method: query.payment_method ?? null }, rows, more,
      };
    }),
  });
}

function declines(parts: ReportParts): AnyRoute {
  const row = { cell: CELL, reason: z.string(), currency: CURRENCY, minor_units: MINOR_UNITS, payments: COUNT, amount_cents: MONEY };
  return route({
    method: 'GET', path: '/reports/declines', tag: 'reports', scope: 'reports:read', cached: true,
    summary: 'Declined payments by reason and currency',
    about: 'Payments with status DECLINED; those without a reason are under unknown.',
    query: ofRange,
    answer: envelope('declines', ECHOED_RANGE, row, {
      reasons: z.array(z.object({ reason: z.string(), payments: COUNT })).meta({ description: 'Over all currencies, the most frequent first' }),
      payments: COUNT,
    }),
    columns: REPORT_COLUMNS.declines,
    accepted: ACCEPTED, problems: ['unknown-merchant', 'range-reversed', 'range-too-wide'],
    handle: ({ query, ...asked }) => answered(parts, { ...asked, ...query, report: 'declines' }, async (reader, of) => {
      const { rows, ...more } = declineNumbers(await reader.declines({ ...query, merchant: of }));
      return { report: 'declines', parameters: { from: query.from, to: query.to, merchant: of ?? null }, columns: { from: query.from, to: query.to }, rows, more };
    }),
  });
}

interface AskedReport {
  readonly report: ReportName;
  readonly from: string;
  readonly to: string;
  readonly merchant?: string | undefined;
  readonly payment_method?: string | undefined;
  readonly engine?: 'postgres' | 'lake' | undefined;
  readonly caller: ApiKey;
  readonly as: Format;
  hasAnswerOf(revision: string): boolean;
}

interface Computed {
  readonly report: ReportName;
  readonly parameters: Readonly<Record<string, string | null>>;
  readonly rows: readonly TableRow[];
  /** what every row of a table has beside its own */
  readonly columns: Readonly<Record<string, string | null>>;
  readonly more: Readonly<Record<string, unknown>>;
}

type Compute = (numbers: ReportNumbers, merchant: string | undefined) => Promise<Computed>;

/** The question is checked and what the answer would rest on is known before a number is read: whoever has it already costs no more. */
async function answered<Body>({ reports, lake }: ReportParts, asked: AskedReport, compute: Compute): Promise<Answer<Body>> {
  const engineOfRange = engineOf(asked.from, asked.to, asked.engine);
  checkRange(asked.from, asked.to, engineOfRange);
  const answer = await reports.read(asked.caller.merchantId, async (reader): Promise<Answer<Body> | { readonly of: string | undefined; readonly rests: RestsOn }> => {
    const rests = await reader.restsOn(asked.from, asked.to);
    const of = await merchantOf(reader, asked.caller, asked.merchant, rests);
    if (engineOfRange === 'lake' || (rests.rebuilding && asked.engine === undefined)) return { of, rests };
    if (asked.hasAnswerOf(rests.revision)) return { revision: rests.revision };
    const computed = await compute(reader, of);
    return asked.as !== 'json' ? { revision: rests.revision, table: tableOf(computed) } : { revision: rests.revision, body: bodyOf(computed, rests) as Body };
  });
  if (!('rests' in answer)) return answer;
  const { of, rests } = answer;
  if (asked.as !== 'json') throw new Problem('invalid-parameter', 'This is answered by the lake, and an answer from the lake is JSON', 'format');
  const id = idOf({ report: asked.report, from: asked.from, to: asked.to, merchant: of ?? null, payment_method: asked.payment_method ?? null, rests: `${rests.revision}${rests.rebuilding ? ' rebuilding' : ''}` }, new Date());
  const query = await lake.ask(id, async (numbers) => bodyOf(await compute(numbers, of), rests));
  return { location: `/queries/${id}`, accepted: acceptedOf(query) };
}

function bodyOf({ report, parameters, rows, more }: Computed, rests: RestsOn): unknown {
  return { report, parameters, as_of: rests.asOf, proof: proofOf(rests), rows, ...more };
}

async function* tableOf({ rows, columns }: Computed): AsyncGenerator<readonly TableRow[]> {
  yield await Promise.resolve(rows.map((row) => ({ ...columns, ...row })));
}
