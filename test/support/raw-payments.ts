/** What the raw lines of hours say, read and judged again in plain JavaScript: not against our tables, nor with our SQL. */
import { gunzipSync } from 'node:zlib';
import { rawPrefix } from '../../contract/lake-layout';
import type { LandingHour } from '../../contract/landing-hour';
import type { Lake } from '../../stores/lake';
import { verdictOf, winnersOf, type OracleRow } from '../curate/oracle';

export interface RawHour {
  readonly landingHour: LandingHour;
  readonly lines: number;
  readonly blank: number;
  readonly dead: number;
  /** refused lines by reason; one with two reasons is in both */
  readonly reasons: ReadonlyMap<string, number>;
  readonly good: number;
  /** one for each payment of the hour */
  readonly curated: readonly OracleRow[];
}

export interface RawPayments {
  readonly hours: readonly RawHour[];
  /** one for each payment over all hours */
  readonly payments: readonly OracleRow[];
}

export const CAPTURED = ['APPROVED', 'CAPTURED', 'SETTLED', 'REFUNDED', 'CHARGEBACK'];
/** Of currencies that tests use and that have not two digits after the point. */
export const MINOR: Readonly<Record<string, number>> = { JPY: 0, KWD: 3 };

/** The hours in their order: of equal versions the later hour's wins. */
export async function rawPayments(lake: Lake, hours: readonly LandingHour[]): Promise<RawPayments> {
  const read: RawHour[] = [];
  for (const hour of hours) read.push(await rawHour(lake, hour));
  return { hours: read, payments: [...winnersOf(read.flatMap(({ curated }) => curated)).values()] };
}

async function rawHour(lake: Lake, landingHour: LandingHour): Promise<RawHour> {
  const rows: OracleRow[] = [];
  const reasons = new Map<string, number>();
  let [lines, blank, dead] = [0, 0, 0];
  for (const { key } of await lake.list(rawPrefix(landingHour))) {
    const bytes = await bytesOf(lake, key);
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(10, at) === -1 ? bytes.length : bytes.indexOf(10, at);
      const verdict = verdictOf(bytes.subarray(at, end), landingHour);
      lines += 1;
      if (verdict.kind === 'good') rows.push(verdict.row);
      if (verdict.kind === 'blank') blank += 1;
      if (verdict.kind === 'dead') {
        dead += 1;
        for (const reason of verdict.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      at = end + 1;
    }
  }
  return { landingHour, lines, blank, dead, reasons, good: rows.length, curated: [...winnersOf(rows).values()] };
}

async function bytesOf(lake: Lake, key: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await lake.open({ key })) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return key.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export function dayOf(row: OracleRow): string {
  return new Date(Number(row.created_at / 1000n)).toISOString().slice(0, 10);
}

/** Of days, and of one merchant where one is named. */
export function paymentsOf(payments: readonly OracleRow[], from: string, to: string, merchant?: string): readonly OracleRow[] {
  return payments.filter((row) => dayOf(row) >= from && dayOf(row) <= to && (merchant === undefined || row.merchant_id === merchant));
}

/** In the order of their keys. */
export function grouped(rows: readonly OracleRow[], keyOf: (row: OracleRow) => string): readonly (readonly [string, readonly OracleRow[]])[] {
  const groups = new Map<string, OracleRow[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
}

export function centsOf(rows: readonly OracleRow[]): bigint {
  return rows.reduce((sum, row) => sum + row.amount_cents, 0n);
}

/** Whole milliseconds from authorised to completed, cut downwards, in order; below zero is clock skew. */
export function latenciesOf(rows: readonly OracleRow[]): { readonly timed: readonly number[]; readonly skewed: number } {
  const all = rows.filter((row) => row.authorized_at !== null && row.completed_at !== null)
    .map((row) => { const micros = row.completed_at! - row.authorized_at!; return Number((micros - ((micros % 1000n) + 1000n) % 1000n) / 1000n); });
  const timed = all.filter((ms) => ms >= 0).sort((a, b) => a - b);
  return { timed, skewed: all.length - timed.length };
}
