/**
 * Against what an hour's rows are named: the first store whose sums are the proven ones; where none is right, the hour is made again
 * from raw in a work folder. Nothing is committed by it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../contract/errors';
import type { BucketedSums, KeptRow } from '../contract/compared-rows';
import type { Engine, JobControl } from '../engines/engine';
import type { ComparedPayments } from '../stores/compared-payments';
import type { Ledger } from '../stores/ledger';
import { hourPayments, storeOfFiles, type FilesHour, type HourStore } from './hour-store';
import { readManifest } from './landed-objects';
import { isProven, lakeHour, type LakeHour, type ListedDays } from './lake-hour';
import type { ProvenHour } from './proven-hour';
import { curateRaw, type RawToCurateParts } from './raw-to-curate';

export interface ReferenceParts extends RawToCurateParts {
  readonly ledger: Ledger;
  readonly engine: Engine;
}

export interface ReferenceSource {
  readonly parts: ReferenceParts;
  readonly payments: ComparedPayments;
  readonly listed: ListedDays;
  readonly folder: string;
  readonly control: JobControl;
}

/** Null: nothing is left from which the hour's rows could be known. */
export async function referenceHour(source: ReferenceSource, hour: ProvenHour, lake?: LakeHour): Promise<HourStore | null> {
  if (hour.sums.rows === 0) return NOTHING;
  const inLake = await rightInLake(source, hour, lake);
  if (inLake !== null) return inLake;
  const held = await source.payments.hourSums(hour.landingHour);
  if (isProven(hour, held) && held.buckets.every(({ flawed }) => flawed === 0)) return hourPayments(source.payments, hour.landingHour, held);
  return fromRaw(source, hour);
}

/** The same where hour_payments are what is compared. */
export async function referenceFiles(source: ReferenceSource, hour: ProvenHour): Promise<FilesHour | null> {
  if (hour.sums.rows === 0) return NOTHING;
  return await rightInLake(source, hour) ?? fromRaw(source, hour);
}

async function rightInLake({ parts, listed, folder, control }: ReferenceSource, hour: ProvenHour, lake?: LakeHour): Promise<FilesHour | null> {
  const files = hour.shown.revision === hour.revision ? hour.shown.files : hour.files;
  const inLake = lake ?? await lakeHour(parts, hour, files, listed, { folder, deep: false, control });
  // Its flaws are in columns that do not count here: what is computed from the fields is right.
  return isProven(hour, inLake.held) && inLake.lost.length === 0 ? withDerivedDates(inLake) : null;
}

const NOTHING: FilesHour = {
  name: 'nothing',
  held: { sums: { rows: 0, sumRowHash: '0', totals: [] }, buckets: [] } satisfies BucketedSums,
  parts: () => Promise.resolve([]),
  rows: noRows,
  rowsOf: noRows,
};

// oxlint-disable-next-line require-yield
async function* noRows(): AsyncGenerator<KeptRow> {
  return;
}

function withDerivedDates(lake: FilesHour): FilesHour {
  return { ...lake, rows: (buckets, parts) => derivedDates(lake.rows(buckets, parts)), rowsOf: (payments) => derivedDates(lake.rowsOf(payments)) };
}

async function* derivedDates(rows: AsyncIterable<KeptRow>): AsyncGenerator<KeptRow> {
  for await (const { row, ...kept } of rows) yield { ...kept, row: { ...row, dt: row.createdAt.slice(0, 10) } };
}

async function fromRaw({ parts, folder, control }: ReferenceSource, hour: ProvenHour): Promise<FilesHour | null> {
  const { lake, engine } = parts;
  const { landingHour, revision, processedAt } = hour;
  const work = join(folder, `raw-${landingHour}`);
  try {
    const { objects } = await readManifest(lake, landingHour, revision);
    const outDir = join(work, 'out');
    const outcome = await curateRaw(parts, engine, objects, { landingHour, revision, attempt: 'a0', processedAt, outDir }, join(work, 'raw'), control);
    await mkdir(work, { recursive: true });
    const files = outcome.files.map(({ path }) => ({ key: path, path: join(outDir, 'curated', path), shared: false }));
    const made = await storeOfFiles(engine, 'raw', { landingHour, revision, processedAt }, files, work, control);
    // Another transform, or raw that has changed since: not what was proven.
    return isProven(hour, made.held) ? made : null;
  } catch (error) {
    if (error instanceof SluiceError && (error.kind === 'manifest_stale' || error.kind === 'data')) return null;
    throw error;
  }
}
