/** Which rows of a bucket differ from what they should be, and why. Pure, so that every store is judged by the same words. */
import type { KeptRow } from './compared-rows';
import type { LandingHour } from './landing-hour';
import { STATUSES } from './payment';
import { bucketOf, type Cause, type ComparedRow, type Difference, type ReconciledStore } from './reconciliation';

export interface JudgedHour {
  readonly store: ReconciledStore;
  readonly landingHour: LandingHour;
}

/** The order in which differences are written down. */
export function byBucketAndKey(a: Difference, b: Difference): number {
  if (a.paymentId === b.paymentId) return 0;
  return bucketOf(a.paymentId) - bucketOf(b.paymentId) || (a.paymentId < b.paymentId ? -1 : 1);
}

/** Sorted by key. `expected` has each key once; `found` may have anything. */
export function differencesOfBucket(of: JudgedHour, expected: readonly ComparedRow[], found: readonly KeptRow[]): readonly Difference[] {
  const wanted = new Map(expected.map((row) => [row.paymentId, row]));
  const there = new Map<string, KeptRow[]>();
  for (const kept of found) {
    const same = there.get(kept.row.paymentId);
    if (same === undefined) there.set(kept.row.paymentId, [kept]);
    else same.push(kept);
  }
  const differences: Difference[] = [];
  for (const paymentId of [...new Set([...wanted.keys(), ...there.keys()])].sort()) {
    differences.push(...differencesOfKey(of, paymentId, wanted.get(paymentId) ?? null, there.get(paymentId) ?? []));
  }
  return differences;
}

function differencesOfKey(of: JudgedHour, paymentId: string, expected: ComparedRow | null, found: readonly KeptRow[]): readonly Difference[] {
  const difference = (cause: Cause, kept: KeptRow | null): Difference => ({
    ...of, paymentId, cause, expected, found: kept?.row ?? null, where: kept === null ? null : whereOf(kept),
  });
  if (expected === null) return found.map((kept) => difference('extra', kept));
  if (found.length === 0) return [difference('missing', null)];
  // Of several, one that is right stands for the key, and the others are too many.
  const right = found.findIndex((kept) => isRight(expected, kept));
  return found.flatMap((kept, i) => {
    if (i === right) return [];
    if (isRight(expected, kept)) return [difference('duplicate', kept)];
    return [difference(isOfOlderRevision(kept) ? 'stale' : causeOf(expected, kept.row), kept)];
  });
}

export function isRight(expected: ComparedRow, { row, flaws }: KeptRow): boolean {
  return flaws === '' && sameRow(expected, row);
}

export function sameRow(a: ComparedRow, b: ComparedRow): boolean {
  return a.rowHash === b.rowHash && a.amountCents === b.amountCents && a.currency === b.currency && a.status === b.status
    && a.createdAt === b.createdAt && a.dt === b.dt && a.merchantId === b.merchantId && a.paymentId === b.paymentId;
}

/** An older version loses to what is expected by the contract's order; the hash, which has no meaning, says nothing here. */
export function causeOf(expected: ComparedRow, found: ComparedRow): 'stale' | 'mutated' {
  if (found.createdAt !== expected.createdAt) return found.createdAt < expected.createdAt ? 'stale' : 'mutated';
  return rankOf(found) < rankOf(expected) ? 'stale' : 'mutated';
}

/** The row of a revision that was replaced. */
function isOfOlderRevision({ flaws }: KeptRow): boolean {
  return flaws.split(',').includes('curated_version');
}

/** A status that is none has no rank to be older by. */
export function rankOf({ status }: ComparedRow): number {
  const at = (STATUSES as readonly string[]).indexOf(status);
  return at === -1 ? STATUSES.length : at;
}

function whereOf({ where, flaws }: KeptRow): string | null {
  if (flaws === '') return where;
  return where === null ? `(${flaws})` : `${where} (${flaws})`;
}
