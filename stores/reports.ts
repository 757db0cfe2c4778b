/**
 * What the reports rest on and say, from the roll-ups, on the reader role. Each answer is one transaction with one view of all tables, and
 * says first whose rows it may see: the database leaves out all others, whatever a statement asks for.
 */
import type { Configuration } from '../contract/configuration';
import type { ReportHour } from '../contract/daily-report';
import type { BucketCount } from '../contract/latency';
import type { LandingHour } from '../contract/landing-hour';
import type { HourState } from '../contract/proof';
import { ALL_MERCHANTS, ALL_METHODS, CAPTURED, REFUNDED } from '../contract/reports';
import { readSql } from '../sql/read-sql';
import { openPostgres, type Postgres, type Session } from './postgres';

/** No merchant is called so: a session that never said for whom it reads sees no row. */
const NOBODY = '!';

export interface Range {
  /** both included */
  readonly from: string;
  readonly to: string;
  /** absent: all of them */
  readonly merchant?: string | undefined;
}

export interface RestsOn {
  /** differs whenever the data or an hour's state do */
  readonly revision: string;
  /** when a payment of the days changed last; null where there is none */
  readonly asOf: string | null;
  readonly hours: number;
  readonly states: Readonly<Record<'proven' | 'empty' | 'open' | 'broken' | 'missing', number>>;
  /** Postgres lacks hours that the lake has: what it says is not the whole */
  readonly rebuilding: boolean;
  /** the first of them */
  readonly notProven: readonly LandingHour[];
}

export interface MoneyCell {
  readonly currency: string;
  readonly payments: bigint;
  readonly amountCents: bigint;
}

export interface StatusCell extends MoneyCell {
  readonly status: string;
}

export interface RefundCell {
  readonly currency: string;
  readonly captured: bigint;
  readonly capturedCents: bigint;
  readonly refunded: bigint;
  readonly refundedCents: bigint;
}

export interface DeclineCell extends MoneyCell {
  readonly reason: string;
}

export interface LatencyCell {
  readonly payments: bigint;
  readonly sumMs: bigint;
  readonly skewed: bigint;
  readonly maxMs: bigint | null;
  readonly buckets: readonly BucketCount[];
  /** where the engine has percentiles themselves, in place of buckets */
  readonly exact?: Readonly<Record<'p50' | 'p95' | 'p99', bigint | null>>;
}

/** What the reports are made of, whoever counts. */
export interface ReportNumbers {
  dailyRecon(date: string, merchant?: string): Promise<readonly StatusCell[]>;
  refundRate(range: Range): Promise<readonly RefundCell[]>;
  declines(range: Range): Promise<readonly DeclineCell[]>;
  latency(range: Range, paymentMethod?: string): Promise<LatencyCell>;
}

/** Questions of one answer, all over the same view of the data. */
export interface ReportReader extends ReportNumbers {
  restsOn(from: string, to: string): Promise<RestsOn>;
  /** those that `restsOn` counts of one day, one by one, and the day's own that nobody asked for; ascending */
  hoursOf(date: string): Promise<readonly ReportHour[]>;
  merchantKnown(merchant: string): Promise<boolean>;
  readonly session: Session;
}

export interface Reports {
  /** `merchant`: the only one whose rows may be seen; null: all of them. */
  read<T>(merchant: string | null, work: (reader: ReportReader) => Promise<T>): Promise<T>;
  readonly postgres: Postgres;
  close(): Promise<void>;
}

export interface ReportLimits {
  readonly connections: number;
  readonly statementMs: number;
}

export function openReports(configuration: Configuration, limits: ReportLimits): Reports {
  const postgres = openPostgres(configuration, 'reader', {
    ...limits, settings: { 'sluice.merchant': NOBODY, default_transaction_isolation: 'repeatable read', default_transaction_read_only: 'on' },
  });
  return {
    postgres,
    read: (merchant, work) => postgres.transaction(async (session) => {
      await prepared(session, 'api/as-merchant.sql', [merchant ?? ALL_MERCHANTS]);
      return work(readerOn(session));
    }),
    close: () => postgres.close(),
  };
}

/** Parsed once a connection, and not for each request. */
async function prepared<Row extends object>(session: Session, name: string, values: readonly unknown[]): Promise<readonly Row[]> {
  return (await session.client.query({ name, text: readSql(name), values: [...values] })).rows as Row[];
}

function readerOn(session: Session): ReportReader {
  const valuesOf = ({ from, to, merchant = ALL_MERCHANTS }: Range): readonly unknown[] => [merchant, from, to];
  return {
    session,
    restsOn: (from, to) => restsOn(session, from, to),

    async hoursOf(date) {
      const rows = await prepared<{ landing_hour: LandingHour; state: HourState | null; revision: number | null }>(session, 'reports/hours-of-day.sql', [date]);
      return rows.map((row) => ({ landingHour: row.landing_hour, state: row.state ?? 'unasked', revision: row.revision }));
    },

    async merchantKnown(merchant) {
      const [row] = await prepared<{ known: boolean }>(session, 'reports/merchant-known.sql', [merchant]);
      return row!.known;
    },

    async dailyRecon(date, merchant = ALL_MERCHANTS) {
      const rows = await prepared<{ currency: string; status: string; payments: bigint; amount_cents: string }>(session, 'reports/daily-recon.sql', [merchant, date]);
      return rows.map((row) => ({ currency: row.currency, status: row.status, payments: row.payments, amountCents: BigInt(row.amount_cents) }));
    },

    async refundRate(range) {
      const rows = await prepared<{ currency: string; captured: bigint; captured_cents: string; refunded: bigint; refunded_cents: string }>(session, 'reports/refund-rate.sql', [...valuesOf(range), CAPTURED, REFUNDED]);
      return rows.map((row) => ({
        currency: row.currency, captured: row.captured, capturedCents: BigInt(row.captured_cents), refunded: row.refunded, refundedCents: BigInt(row.refunded_cents),
      }));
    },

    async declines(range) {
      const rows = await prepared<{ decline_reason: string; currency: string; payments: bigint; amount_cents: string }>(session, 'reports/declines.sql', valuesOf(range));
      return rows.map((row) => ({ reason: row.decline_reason, currency: row.currency, payments: row.payments, amountCents: BigInt(row.amount_cents) }));
    },

    async latency(range, paymentMethod = ALL_METHODS) {
      const values = [...valuesOf(range), paymentMethod];
      const [row] = await prepared<LatencyRow>(session, 'reports/latency.sql', values);
      const { payments, sum_ms: sumMs, skewed, max_ms: maxMs, buckets, counts } = row!;
      return { payments, sumMs: BigInt(sumMs), skewed, maxMs, buckets: buckets.map((bucket, i): BucketCount => ({ bucket, count: BigInt(counts[i]!) })) };
    },
  };
}

interface LatencyRow {
  readonly payments: bigint;
  readonly sum_ms: string;
  readonly skewed: bigint;
  readonly max_ms: bigint | null;
  readonly buckets: readonly number[];
  /** of each bucket; as the driver has a bigint in an array */
  readonly counts: readonly string[];
}

interface RestsOnRow {
  readonly [column: string]: unknown;
  readonly revision: bigint | null;
  readonly changed_at: string | null;
  readonly hours: bigint;
  readonly proven: bigint;
  readonly empty: bigint;
  readonly open: bigint;
  readonly broken: bigint;
  readonly missing: bigint;
  readonly not_proven: LandingHour[] | null;
  readonly digest: string | null;
  readonly rebuilding: boolean;
}

async function restsOn(session: Session, from: string, to: string): Promise<RestsOn> {
  const [row] = await prepared<RestsOnRow>(session, 'reports/rests-on.sql', [from, to]);
  return {
    revision: `${row!.revision ?? 0n}-${row!.digest ?? ''}`,
    asOf: row!.changed_at,
    hours: Number(row!.hours),
    states: {
      proven: Number(row!.proven), empty: Number(row!.empty), open: Number(row!.open), broken: Number(row!.broken), missing: Number(row!.missing),
    },
    rebuilding: row!.rebuilding,
    notProven: row!.not_proven ?? [],
  };
}
