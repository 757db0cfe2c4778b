/** Writes curated rows as Parquet, a file a day and merchant, each sorted by created_at, under the names of the lake's layout. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { curatedFile } from '../../contract/lake-layout';
import { hourStart } from '../../contract/landing-hour';
import { CURATED_COLUMNS } from '../../contract/payment';
import type { Sums } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { CuratedFile, CurateJob } from '../engine';
import { fill, quoted, type Lane } from './lane';
import { sumsOf } from './sums-of-rows';

/** What of a revision its rows and files are named by. */
export type WrittenRevision = Pick<CurateJob, 'landingHour' | 'revision' | 'attempt' | 'processedAt' | 'outDir'>;

/** Names are made here and not in the engine: it writes `a%3Ab` for `a:b`, and the lake has merchants as they are. */
export class CuratedWriter {
  readonly files: CuratedFile[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(private readonly job: WrittenRevision) {}

  /** Writes the lane's `winners`. Other groups must have other merchants, or a partition gets more files than it needs. */
  async write(lane: Lane, group: number): Promise<Sums> {
    const folder = join(this.job.outDir, `.writing-${group}`);
    await mkdir(folder, { recursive: true });
    const written = await lane.rows(fill(readSql('curate/write-files.duckdb.sql'), {
      columns: CURATED_COLUMNS.map((column) => column.name).join(', '), rows: curatedRowsSql(this.job), folder: quoted(folder),
    }));
    // A small hour has a file for every seventeen lines: one after the other they would take a third of its writing again.
    await Promise.all(written.map(([path, rows, bytes]) => this.place(folder, path as string, Number(rows), Number(bytes))));
    await rm(folder, { recursive: true, force: true });
    return sumsOf(lane, readSql('curate/written-rows.duckdb.sql'));
  }

  private async place(folder: string, written: string, rows: number, bytes: number): Promise<void> {
    const parts = /^dt=([0-9-]+)\/merchant_id=([^/]+)\//.exec(written.slice(folder.length + 1));
    if (parts === null) throw new Error(`DuckDB wrote a file where none was due: ${written}`);
    const dt = parts[1]!;
    const merchantId = decodeURIComponent(parts[2]!);
    const partition = `${dt}/${merchantId}`;
    const n = this.numbers.get(partition) ?? 0;
    this.numbers.set(partition, n + 1);
    const { landingHour, revision, attempt } = this.job;
    const path = curatedFile({ dt, merchantId, landingHour, revision, attempt, n });
    const target = join(this.job.outDir, 'curated', path);
    await mkdir(dirname(target), { recursive: true });
    await rename(written, target);
    this.files.push({ path, dt, merchantId, rows, bytes });
  }
}

function curatedRowsSql(job: WrittenRevision): string {
  return fill(readSql('curate/curated-rows.sql'), {
    processed_at: BigInt(Date.parse(job.processedAt)) * 1000n,
    landing_hour: BigInt(hourStart(job.landingHour).getTime()) * 1000n,
    revision: job.revision,
    also: '',
  });
}
