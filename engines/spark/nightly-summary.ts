/** What the night's Spark jobs say they did, read with suspicion; above all, every hour and every merge must be there once. */
import { z } from 'zod';
import type { ScanJob, MergeJob, ScannedHour } from '../nightly';
import { bucketedSums } from '../bucketed-sums';
import type { MergedFile } from '../engine';
import { sumsByHourOf } from '../sums-by-hour';
import { summaryOf, unusable } from './summary';

const count = z.number().int().min(0);
const digits = z.string().regex(/^-?[0-9]+$/);
/** sql/reconcile/bucket-sums.sql; a file's currency, status and amount may be anything, null too. */
const BUCKET = z.tuple([z.number().int().min(0).max(255), z.string().nullable(), z.string().nullable(), count, digits.nullable(), digits, digits, count]);
const SCAN = z.object({ job: z.string(), hours: z.array(z.object({ landingHour: z.string(), rows: z.array(BUCKET).nullable() })) });
const CELL = z.object({ landing_hour: z.number().int(), currency: z.string(), status: z.string(), row_count: count, amount_cents: digits, row_hash: digits });
const MERGE = z.object({ job: z.string(), merged: z.array(z.object({ bytes: count, hours: z.array(CELL) })) });

export function readScan(job: ScanJob, text: string, sha256: string, on: string): readonly ScannedHour[] {
  const { hours } = summaryOf(SCAN, text, sha256, on);
  if (hours.map(({ landingHour }) => landingHour).join() !== job.hours.map(({ landingHour }) => landingHour).join()) {
    throw unusable('data', `${job.hours.length} hours were to be scanned, and the summary has others`, on, 'This is a fault of the job; keep what it wrote and report it');
  }
  return job.hours.map(({ landingHour }, i) => {
    const { rows } = hours[i]!;
    return { landingHour, held: rows === null ? null : bucketedSums(rows) };
  });
}

export function readMerged(job: MergeJob, text: string, sha256: string, on: string): readonly MergedFile[] {
  const { merged } = summaryOf(MERGE, text, sha256, on);
  if (merged.length !== job.merges.length) {
    throw unusable('data', `${job.merges.length} files were to be made, and the summary has ${merged.length}`, on, 'This is a fault of the job; keep what it wrote and report it');
  }
  return merged.map(({ bytes, hours }) => ({
    bytes,
    rows: hours.reduce((sum, { row_count: rows }) => sum + rows, 0),
    hours: sumsByHourOf(hours.map((cell) => ({
      landingHour: cell.landing_hour, currency: cell.currency, status: cell.status, count: cell.row_count, amountCents: cell.amount_cents, rowHash: cell.row_hash,
    }))),
  }));
}
