/**
 * Against what an hour's rows are named: the first store whose sums are the proven ones; where none is right, the hour is made again
 * from raw in a work folder. Nothing is committed by it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../contract/errors';
import type { BucketedSums } from '../contract/compared-rows';
import type { ReconciledStore } from '../contract/reconciliation';
import type { Engine, JobControl } from '../engines/engine';
import type { ComparedPayments } from '../stores/compared-payments';
import type { Ledger } from '../stores/ledger';
import { hourPayments, storeOfFiles, type HourStore } from './hour-store';
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
export async function referenceHour(source: ReferenceSource, hour: ProvenHour, compared: ReconciledStore, lake?: LakeHour): Promise<HourStore | null> {
  if (hour.sums.rows === 0) return NOTHING;
  const { parts, payments, listed, folder, control } = source;
  const files = hour.shown.revision === hour.revision ? hour.shown.files : hour.files;
  const inLake = lake ?? await lakeHour(parts, hour, files, listed, { folder, deep: false, control });
  // Its flaws are in columns that do not count here: what is computed from the fields is right.
  if (isProven(hour, inLake.held) && inLake.lost.length === 0) return withDerivedDates(inLake);
  if (compared !== 'hour_payments') {
    const held = await payments.hourSums(hour.landingHour);
    if (isProven(hour, held) && held.buckets.every(({ flawed }) => flawed === 0)) {
      return hourPayments(payments, hour.landingHour, held);
    }
  }
  return fromRaw(parts, hour, folder, control);
}

const NOTHING: HourStore = {
  name: 'nothing',
  held: { sums: { rows: 0, sumRowHash: '0', totals: [] }, buckets: [] } satisfies BucketedSums,
  parts: () => Promise.resolve([]),
  // oxlint-disable-next-line require-yield
  async* rows() {
    return;
  },
};

function withDerivedDates(lake: HourStore): HourStore {
  return {
    ...lake,
    async* rows(buckets, parts) {
      for await (const { row, ...kept } of lake.rows(buckets, parts)) yield { ...kept, row: { ...row, dt: row.createdAt.slice(0, 10) } };
    },
  };
}

async function fromRaw(parts: ReferenceParts, hour: ProvenHour, folder: string, control: JobControl): Promise<HourStore | null> {
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
