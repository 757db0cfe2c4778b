/** What a store can tell of an hour, so that any two of them can be held against each other. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { BucketedSums, KeptRow, PartSum } from '../contract/compared-rows';
import type { LandingHour } from '../contract/landing-hour';
import type { ComparedRow } from '../contract/reconciliation';
import { linesOf } from '../contract/text-lines';
import type { BucketSumsJob, Engine, FileRow, JobControl, KeptRowsJob } from '../engines/engine';
import type { ComparedPayments } from '../stores/compared-payments';

export interface HourStore {
  readonly name: string;
  readonly held: BucketedSums;
  /** of the buckets asked for; parts without a row are left out */
  parts(buckets: readonly number[]): Promise<readonly PartSum[]>;
  /** sorted by bucket; all rows of the buckets asked for, or of these parts of them */
  rows(buckets: readonly number[], parts?: readonly number[]): AsyncIterable<KeptRow>;
}

/** A payment, and where its row is likely to lie. */
export type LikelyPlace = Pick<ComparedRow, 'paymentId' | 'dt' | 'merchantId'>;

/** An hour that lies in files. */
export interface FilesHour extends HourStore {
  /** of these payments, wherever they are */
  rowsOf(payments: readonly LikelyPlace[]): AsyncIterable<KeptRow>;
}

export function hourPayments(payments: ComparedPayments, landingHour: LandingHour, held: BucketedSums): HourStore {
  return {
    name: 'hour_payments', held,
    parts: (buckets) => payments.hourParts(landingHour, buckets),
    rows: (buckets, parts) => payments.hourRows(landingHour, buckets, parts),
  };
}

export interface NamedFile {
  /** as it is called in the lake */
  readonly key: string;
  readonly path: string;
  readonly shared: boolean;
}

/** Curated files on this machine. Those that cannot be read are left out, and named. */
export async function storeOfFiles(
  engine: Engine, name: string, of: Omit<BucketSumsJob, 'files'>, files: readonly NamedFile[], folder: string, control: JobControl,
): Promise<FilesHour & { readonly unreadable: readonly string[] }> {
  const { unreadable, ...held } = await engine.bucketSums({ ...of, files }, control);
  const readable = files.filter((_file, i) => !unreadable.includes(i));
  return {
    name,
    held,
    unreadable: unreadable.map((i) => files[i]!.key),
    parts: (buckets) => engine.partSums({ ...of, files: readable, buckets }, control),
    rows: (buckets, parts) => rowsOfFiles(engine, { ...of, files: readable, wanted: { buckets, parts } }, folder, control),
    rowsOf: (payments) => rowsOfFiles(engine, { ...of, files: readable, wanted: { paymentIds: payments.map(({ paymentId }) => paymentId) } }, folder, control),
  };
}

export async function* rowsOfFiles(
  engine: Engine, of: Omit<KeptRowsJob, 'files' | 'out'> & { readonly files: readonly NamedFile[] }, folder: string, control: JobControl,
): AsyncGenerator<KeptRow> {
  const out = join(folder, `rows-${of.landingHour}.ndjson`);
  await engine.keptRows({ ...of, out }, control);
  for await (const line of linesOf(createReadStream(out))) {
    const { bucket, row, flaws, file } = JSON.parse(line) as FileRow;
    yield { bucket, row, flaws, where: of.files[file]!.key };
  }
}
