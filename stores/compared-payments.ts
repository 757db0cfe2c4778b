/** The payments in Postgres as a comparison reads them: sums first, rows only of what differs. On the reader role, which can write nothing. */
import type { BucketedSums, BucketSum, KeptRow, PartSum } from '../contract/compared-rows';
import { hourStart, type LandingHour } from '../contract/landing-hour';
import { STATUSES } from '../contract/payment';
import { bucketOf, type ComparedRow } from '../contract/reconciliation';
import { sortTotals, type Sums, type Total } from '../contract/sums';
import { fill, readSql } from '../sql/read-sql';
import { landingHourAt } from './ledger-hours';
import { sumsOfCells, type SumsCell } from './payments-sums';
import type { Postgres, Session } from './postgres';

/** A row of one of the tables, and whose hour it says it is. */
export interface PaymentRow {
  readonly landingHour: LandingHour;
  readonly row: ComparedRow;
  readonly flaws: string;
}

export interface PaymentsInDoubt {
  readonly paymentIds: readonly string[];
  /** there may be more of them than were asked for */
  readonly more: boolean;
}

/** An hour of which every row was right once, as it is now. */
export interface HourSince {
  readonly sums: Sums;
  readonly flawed: number;
  /** since then; all others are as they were */
  readonly written: readonly KeptRow[];
}

/** One view of all tables, as long as it is open. */
export interface ComparedPayments {
  loadedRevisions(hours: readonly LandingHour[]): Promise<ReadonlyMap<LandingHour, number | null>>;
  /** Null where nobody noted that this revision's rows were right, or more of them were written since than `atMost`. */
  hourSince(landingHour: LandingHour, revision: number, atMost: number): Promise<HourSince | null>;
  /** Before this transaction every one is over, for this view: what a note of rows that were right is to say. */
  settled(): Promise<string>;
  hourSums(landingHour: LandingHour): Promise<BucketedSums>;
  /** The same in one bucket, for a third less: enough where nothing differs. */
  wholeHour(landingHour: LandingHour): Promise<BucketedSums>;
  /** Of these buckets; parts without a row are left out. */
  hourParts(landingHour: LandingHour, buckets: readonly number[]): Promise<readonly PartSum[]>;
  /** Sorted by bucket. One at a time. */
  hourRows(landingHour: LandingHour, buckets: readonly number[], parts?: readonly number[]): AsyncGenerator<KeptRow>;
  countHourRows(hours: readonly LandingHour[]): Promise<number>;
  /** Before this transaction all winners of these hours were right; null: nobody noted that of every hour. */
  winnersSettled(hours: readonly LandingHour[]): Promise<string | null>;
  /** `since`: rows that were not written since then have the hash they had. */
  inDoubt(date: string, hours: readonly LandingHour[], atMost: number, since: string | null): Promise<PaymentsInDoubt>;
  winners(paymentIds: readonly string[]): Promise<readonly PaymentRow[]>;
  rowsOf(paymentIds: readonly string[]): Promise<readonly PaymentRow[]>;
}

export interface PaymentsComparison {
  read<T>(work: (payments: ComparedPayments) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Hours with payments of the day, or that landed in it, whether the ledger knows them or not. */
  hoursOfDay(date: string): Promise<readonly LandingHour[]>;
}

interface SumRow {
  readonly bucket: number | null;
  readonly currency: string | null;
  readonly status: string | null;
  readonly rows: bigint;
  readonly amount_cents: string;
  readonly row_hash: string;
  readonly content: string;
  readonly flawed: bigint;
}

interface StateCell extends SumsCell {
  readonly flawed: bigint;
  readonly written: bigint;
}

interface PartRow extends Pick<SumRow, 'rows' | 'row_hash' | 'content' | 'flawed'> {
  readonly part: number;
}

interface StoredRow {
  readonly payment_id: string;
  readonly created_at: string;
  readonly status: string;
  readonly currency: string;
  readonly amount_cents: bigint;
  readonly row_hash: bigint;
  readonly dt: string;
  readonly merchant_id: string;
  readonly flaws?: string;
}

export function openPaymentsComparison(reader: Postgres): PaymentsComparison {
  return {
    read: (work, signal) => reader.transaction(async (session) => {
      await session.run(readSql('reconcile/session.sql'));
      return work(comparedPayments(session));
    }, signal),

    async hoursOfDay(date) {
      const start = new Date(`${date}T00:00:00.000Z`);
      const rows = await reader.rows<{ landing_hour: string }>(
        readSql('reconcile/hours-of-day.sql'), [date, start, new Date(start.getTime() + 86_400_000)]);
      return [...new Set(rows.map((row) => landingHourAt(row.landing_hour)))].sort();
    },
  };
}

function comparedPayments(session: Session): ComparedPayments {
  const starts = (hours: readonly LandingHour[]): readonly Date[] => hours.map(hourStart);
  const sumsBy = async (bucket: string, landingHour: LandingHour): Promise<BucketedSums> =>
    summed(await session.rows<SumRow & Record<string, unknown>>(ofRows('reconcile/hour-sums.sql', { bucket }), [hourStart(landingHour), STATUSES]));
  return {
    async loadedRevisions(hours) {
      const rows = await session.rows<{ landing_hour: string; loaded_revision: number | null }>(readSql('reconcile/loaded-revisions.sql'), [starts(hours)]);
      return new Map(rows.map((row) => [landingHourAt(row.landing_hour), row.loaded_revision]));
    },

    async hourSince(landingHour, revision, atMost) {
      const start = hourStart(landingHour);
      const [noted] = await session.rows<{ settled: string }>(holding('reconcile/compared-hour.sql', 'noted'), [start, revision]);
      if (noted === undefined) return null;
      const since = [start, STATUSES, noted.settled];
      const cells = await session.rows<StateCell>(ofRows('reconcile/hour-state.sql'), since);
      const count = (column: 'flawed' | 'written'): number => cells.reduce((sum, cell) => sum + Number(cell[column]), 0);
      const written = count('written');
      if (written > atMost) return null;
      return {
        sums: sumsOfCells(cells),
        flawed: count('flawed'),
        written: written === 0 ? [] : (await session.rows<StoredRow & Record<string, unknown>>(ofRows('reconcile/written-hour-rows.sql'), since))
          .map((row) => ({ bucket: bucketOf(row.payment_id), row: comparedOf(row), flaws: row.flaws!, where: null })),
      };
    },

    async settled() {
      const [view] = await session.rows<{ settled: string }>(readSql('reconcile/settled.sql'));
      return view!.settled;
    },

    hourSums: (landingHour) => sumsBy(readSql('reconcile/hour-row-bucket.sql'), landingHour),
    wholeHour: (landingHour) => sumsBy('0', landingHour),

    async hourParts(landingHour, buckets) {
      const rows = await session.rows<PartRow & Record<string, unknown>>(ofRows('reconcile/part-sums.sql'), [hourStart(landingHour), STATUSES, buckets]);
      return rows.map(({ part, rows: count, row_hash: rowHash, content, flawed }) => ({ part, rows: Number(count), rowHash, content, flawed: Number(flawed) }));
    },

    async* hourRows(landingHour, buckets, parts) {
      await session.run(ofRows('reconcile/open-hour-rows.sql'), [hourStart(landingHour), STATUSES, buckets, parts ?? null]);
      for (;;) {
        const rows = await session.rows<StoredRow & { bucket: number }>(readSql('reconcile/next-hour-rows.sql'));
        if (rows.length === 0) break;
        for (const row of rows) yield { bucket: row.bucket, row: comparedOf(row), flaws: row.flaws!, where: null };
      }
      await session.run(readSql('reconcile/close-hour-rows.sql'));
    },

    async countHourRows(hours) {
      const [counted] = await session.rows<{ rows: bigint }>(readSql('reconcile/count-hour-rows.sql'), [starts(hours)]);
      return Number(counted!.rows);
    },

    async winnersSettled(hours) {
      const [noted] = await session.rows<{ settled: string }>(holding('reconcile/compared-winners.sql', 'of_hour'), [starts(hours)]);
      return noted?.settled ?? null;
    },

    async inDoubt(date, hours, atMost, since) {
      const written = fill(readSql('reconcile/row-written.sql'), { row: 'c', settled: '$5' });
      const rows = await session.rows<{ payment_id: string }>(
        judging('reconcile/winners-in-doubt.sql', `($5::text is null or ${written})`), [starts(hours), STATUSES, date, atMost + 1, since]);
      return { paymentIds: rows.slice(0, atMost).map((row) => row.payment_id), more: rows.length > atMost };
    },

    async winners(paymentIds) {
      return (await session.rows<StoredRow & { landing_hour: string }>(judging('reconcile/winners.sql'), [paymentIds])).map(paymentRow);
    },

    async rowsOf(paymentIds) {
      return (await session.rows<StoredRow & { landing_hour: string }>(readSql('reconcile/rows-of-payments.sql'), [paymentIds])).map(paymentRow);
    },
  };
}

/** With what is said of a single row of hour_payments, the same for all of them. */
function ofRows(statement: string, more: Readonly<Record<string, string>> = {}): string {
  return fill(readSql(statement), {
    content: readSql('reconcile/hour-row-content.sql'), flawed: readSql('reconcile/hour-row-flawed.sql'), flaws: readSql('reconcile/hour-row-flaws.sql'),
    written: fill(readSql('reconcile/row-written.sql'), { row: 'p', settled: '$3' }), ...more,
  });
}

function holding(statement: string, note: string): string {
  return fill(readSql(statement), { holds: fill(readSql('reconcile/note-holds.sql'), { note }) });
}

function judging(statement: string, isHashed = 'true'): string {
  const hash = readSql('reconcile/winner-hash.sql');
  return fill(readSql(statement), { hash, flaws: fill(readSql('reconcile/winner-flaws.sql'), { hash, is_hashed: isHashed }) });
}

function summed(rows: readonly SumRow[]): BucketedSums {
  const buckets: BucketSum[] = [];
  const totals: Total[] = [];
  for (const row of rows) {
    if (row.bucket === null) totals.push({ currency: row.currency!, status: row.status!, count: Number(row.rows), amountCents: row.amount_cents });
    else buckets.push({ bucket: row.bucket, rows: Number(row.rows), rowHash: row.row_hash, content: row.content, flawed: Number(row.flawed) });
  }
  return {
    sums: {
      rows: buckets.reduce((sum, bucket) => sum + bucket.rows, 0),
      sumRowHash: buckets.reduce((sum, bucket) => sum + BigInt(bucket.rowHash), 0n).toString(),
      totals: sortTotals(totals),
    },
    buckets: buckets.sort((a, b) => a.bucket - b.bucket),
  };
}

function paymentRow(row: StoredRow & { readonly landing_hour: string }): PaymentRow {
  return { landingHour: landingHourAt(row.landing_hour), row: comparedOf(row), flaws: row.flaws ?? '' };
}

function comparedOf(row: StoredRow): ComparedRow {
  return {
    paymentId: row.payment_id, createdAt: withMicroseconds(row.created_at), status: row.status, currency: row.currency,
    amountCents: row.amount_cents.toString(), rowHash: row.row_hash.toString(), dt: row.dt, merchantId: row.merchant_id,
  };
}

/** The server leaves out noughts at the end of a fraction. */
function withMicroseconds(instant: string): string {
  const parts = /^(.*T\d\d:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(instant);
  return parts === null ? instant : `${parts[1]}.${(parts[2] ?? '').padEnd(6, '0')}Z`;
}
