/**
 * Committed files held against themselves: hashes and derived columns made anew by the transform's own SQL, sums by bucket of the
 * key, and the rows of single buckets. A file that cannot be read is named and left out; it must not take the others with it.
 */
import { open } from 'node:fs/promises';
import type { DuckDBValue } from '@duckdb/node-api';
import { instantOf, type PartSum } from '../../contract/compared-rows';
import { hourStart } from '../../contract/landing-hour';
import { readSql } from '../../sql/read-sql';
import { ALSO_KEPT } from '../kept-columns';
import { bucketedSums } from '../bucketed-sums';
import { rowHashSql } from '../row-hash-sql';
import type { BucketSumsJob, BucketSumsOutcome, FileRow, KeptFile, KeptRowsJob, PartSumsJob, WantedRows } from '../engine';
import type { JobContext } from './job-context';
import { fill, parquet, type Lane } from './lane';

export async function bucketSums(job: BucketSumsJob, context: JobContext): Promise<BucketSumsOutcome> {
  const lane = await context.openWhole();
  context.progress({ step: 'summing buckets' });
  const sum = async (files: readonly KeptFile[]): Promise<DuckDBValue[][]> => {
    if (files.length === 0) return [];
    await viewOfKept(lane, job, files);
    return lane.rows(readSql('reconcile/bucket-sums.sql'));
  };
  try {
    return { ...bucketedSums(await sum(job.files)), unreadable: [] };
  } catch (error) {
    if (isOfTheMachine(error)) throw error;
    // Which of them it is, nobody tells: each is asked by itself.
    const unreadable: number[] = [];
    for (const [i, file] of job.files.entries()) {
      await sum([file]).catch((reason: unknown) => {
        if (isOfTheMachine(reason)) throw reason;
        unreadable.push(i);
      });
    }
    if (unreadable.length === 0) throw error;
    return { ...bucketedSums(await sum(job.files.filter((_file, i) => !unreadable.includes(i)))), unreadable };
  }
}

export async function partSums(job: PartSumsJob, context: JobContext): Promise<readonly PartSum[]> {
  if (job.files.length === 0 || job.buckets.length === 0) return [];
  const lane = await context.openWhole();
  context.progress({ step: 'summing parts of buckets' });
  await viewOfKept(lane, job, job.files);
  const rows = await lane.rows(fill(readSql('reconcile/part-sums.duckdb.sql'), { rows: isOneOf('bucket', job.buckets) }));
  return rows.map(([part, count, hash, content, flawed]) => ({
    part: Number(part), rows: Number(count), rowHash: String(hash), content: String(content), flawed: Number(flawed),
  }));
}

export async function keptRows(job: KeptRowsJob, context: JobContext): Promise<{ readonly rows: number }> {
  const file = await open(job.out, 'w');
  let written = 0;
  try {
    if (job.files.length === 0 || isNone(job.wanted)) return { rows: 0 };
    const lane = await context.openWhole();
    const places = new Map(job.files.map(({ path }, i) => [path, i]));
    for await (const rows of lane.stream(await wantedRows(lane, job))) {
      await file.writeFile(rows.map((values) => `${JSON.stringify(fileRow(values, places))}\n`).join(''));
      written += rows.length;
      context.progress({ step: 'reading buckets', lines: written });
    }
    return { rows: written };
  } finally {
    await file.close();
  }
}

function isNone(wanted: WantedRows): boolean {
  return 'paymentIds' in wanted ? wanted.paymentIds.length === 0 : wanted.buckets.length === 0 || wanted.parts?.length === 0;
}

/** The statement that reads them. */
async function wantedRows(lane: Lane, job: KeptRowsJob): Promise<string> {
  const { wanted } = job;
  const where = (rows: string): string => fill(readSql('reconcile/wanted-rows.duckdb.sql'), { rows });
  if ('paymentIds' in wanted) {
    await lane.fillTable('wanted_payments', wanted.paymentIds);
    await viewOfKept(lane, job, job.files, readSql('reconcile/is-wanted.duckdb.sql'));
    return where('true');
  }
  await viewOfKept(lane, job, job.files);
  return where(wanted.parts === undefined ? isOneOf('bucket', wanted.buckets) : isOneOf('part', wanted.parts));
}

/** How many rows of a file of the revision's own are not what the transform's SQL makes of their fields. */
export async function flawedRows(lane: Lane, revision: Omit<BucketSumsJob, 'files'>, path: string): Promise<number> {
  await viewOfKept(lane, revision, [{ path, shared: false }]);
  return lane.count(readSql('reconcile/flawed-rows.sql'));
}

function isOneOf(column: 'bucket' | 'part', numbers: readonly number[]): string {
  return `${column} in (${numbers.map(Number).join(', ')})`;
}

/** Each file's rows as `judged_rows`, or those that are `wanted`: what is left out here is not hashed. */
async function viewOfKept(lane: Lane, job: Omit<BucketSumsJob, 'files'>, files: readonly KeptFile[], wanted = 'true'): Promise<void> {
  const landingHour = BigInt(hourStart(job.landingHour).getTime()) * 1000n;
  await lane.fillTable('shared_files', files.filter(({ shared }) => shared).map(({ path }) => path));
  await lane.view('kept_files', fill(readSql('reconcile/kept-files.duckdb.sql'), {
    files: parquet(files.map(({ path }) => path), 'filename = true'), landing_hour: landingHour, wanted,
  }));
  await lane.view('kept_rows', readSql('reconcile/kept-rows.sql'));
  await lane.view('winners', fill(readSql('reconcile/hashed-rows.sql'), { row_hash: rowHashSql() }));
  await lane.view('anew', fill(readSql('curate/curated-rows.sql'), {
    processed_at: BigInt(Date.parse(job.processedAt)) * 1000n, landing_hour: landingHour, revision: job.revision, also: ALSO_KEPT,
  }));
  await lane.view('judged_rows', readSql('reconcile/judged-rows.sql'));
}

function fileRow(values: readonly DuckDBValue[], places: ReadonlyMap<string, number>): FileRow {
  const [bucket, paymentId, created, status, currency, cents, hash, dt, merchantId, flaws, keptIn] = values;
  return {
    bucket: Number(bucket),
    row: {
      paymentId: String(paymentId), createdAt: created === null ? '' : instantOf(created as bigint), status: String(status), currency: String(currency),
      amountCents: String(cents), rowHash: String(hash), dt: String(dt), merchantId: String(merchantId),
    },
    flaws: flaws as string,
    file: places.get(keptIn as string)!,
  };
}

/** Memory and disk: nothing that the file is to blame for. */
function isOfTheMachine(error: unknown): boolean {
  return /out of memory|ENOSPC|no space left|EMFILE|ENOENT|interrupt/i.test(error instanceof Error ? error.message : String(error));
}
