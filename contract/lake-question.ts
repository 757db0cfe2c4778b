/** The questions that the lake answers, and how their parameters are written into a statement. Pure; the statements are sql/lake/. */
import { SluiceError } from './errors';
import type { LakeColumn, LakeRow } from './lake-answer';
import { hourStart, isUtcDate, type LandingHour } from './landing-hour';

interface Days {
  /** UTC days of created_at, like 2026-11-20, both included */
  readonly from: string;
  readonly to: string;
}
interface OfMerchant {
  /** null: all of them */
  readonly merchant: string | null;
}

/** Named as the files: what each asks stands on its first line. Payments are current: the winner over all landing hours. */
export type LakeQuestion =
  | { readonly name: 'current-payments' } & Days & OfMerchant
  | { readonly name: 'reports/daily-recon'; readonly day: string } & OfMerchant
  | { readonly name: 'reports/refund-rate' } & Days & OfMerchant
  | { readonly name: 'reports/latency'; readonly paymentMethod: string | null } & Days & OfMerchant
  | { readonly name: 'reports/declines' } & Days & OfMerchant
  /** of committed rows, each hour’s version of a payment for itself */
  | { readonly name: 'committed-totals'; readonly day: string; readonly merchant: string }
  | { readonly name: 'payment-versions'; readonly paymentId: string } & Days
  | { readonly name: 'hour-sums'; readonly landingHour: LandingHour } & Days;

export const LAKE_QUESTIONS: readonly LakeQuestion['name'][] = [
  'current-payments', 'committed-totals', 'payment-versions', 'hour-sums', 'reports/daily-recon', 'reports/refund-rate', 'reports/latency', 'reports/declines',
];

export interface Asking {
  /** names this asking: asked again with the same name after a crash, a query that is still at work is found again */
  readonly askedAs: string;
  readonly signal: AbortSignal;
  readonly progress: (step: string) => void;
}

export interface LakeAnswer {
  readonly columns: readonly LakeColumn[];
  /** Athena’s; embedded: bytes that were downloaded */
  readonly scannedBytes: number;
  /** at list price; embedded: 0 */
  readonly dollars: number;
  /** once */
  readonly pages: () => AsyncIterable<readonly LakeRow[]>;
}

/** Whoever answers: Athena, or DuckDB in this process’ child. Both give the same rows, types and cents. */
export interface LakeQueries {
  readonly engine: 'athena' | 'embedded';
  /** The answer is there as long as `read` is at it. */
  ask<Result>(question: LakeQuestion, asking: Asking, read: (answer: LakeAnswer) => Promise<Result>): Promise<Result>;
}

/** Which of the committed files a question needs. */
export interface LakeScope {
  readonly from: string;
  /** null: no end, since a later row may be the winner */
  readonly to: string | null;
  /** null: of all; a payment’s rows may be of several merchants, and only its winner’s counts */
  readonly merchant: string | null;
  /** null: of all */
  readonly landingHour: LandingHour | null;
}

export function scopeOf(question: LakeQuestion): LakeScope {
  switch (question.name) {
    case 'committed-totals': return { from: question.day, to: question.day, merchant: question.merchant, landingHour: null };
    case 'payment-versions': return { from: question.from, to: question.to, merchant: null, landingHour: null };
    case 'hour-sums': return { from: question.from, to: question.to, merchant: null, landingHour: question.landingHour };
    case 'reports/daily-recon': return { from: question.day, to: null, merchant: null, landingHour: null };
    default: return { from: question.from, to: null, merchant: null, landingHour: null };
  }
}

/** What a statement’s places are filled with: literals that Athena and DuckDB read alike. `since`: for the winners. */
export function literalsOf(question: LakeQuestion): Readonly<Record<string, string>> {
  const literals: Record<string, string> = {};
  if ('from' in question) {
    literals.from = day('from', question.from);
    literals.to = day('to', question.to);
  }
  if ('day' in question) literals.day = day('day', question.day);
  if ('merchant' in question) literals.merchant = text(question.merchant);
  if ('paymentMethod' in question) literals.payment_method = text(question.paymentMethod);
  if ('paymentId' in question) literals.payment_id = text(question.paymentId);
  if ('landingHour' in question) literals.landing_hour = `timestamp '${hourStart(question.landingHour).toISOString().slice(0, 19).replace('T', ' ')}'`;
  literals.since = `dt >= ${literals.from ?? literals.day}`;
  return literals;
}

/** Neither engine knows a backslash in a text: a quote written twice is all there is. */
function text(value: string | null): string {
  return value === null ? 'cast(null as varchar)' : `'${value.replaceAll("'", "''")}'`;
}

function day(name: string, value: string): string {
  if (isUtcDate(value)) return `date '${value}'`;
  throw new SluiceError({ kind: 'usage', what: `not a day: ${JSON.stringify(value)}`, on: name, fix: 'Write a UTC day like 2026-11-20' });
}
