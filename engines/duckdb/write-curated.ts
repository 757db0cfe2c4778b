/** Writes curated rows as Parquet, a file a day and merchant, each sorted by created_at, under the names of the lake's layout. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { curatedName, curatedPath } from '../../contract/lake-layout';
import { hourStart } from '../../contract/landing-hour';
import { CURATED_COLUMNS } from '../../contract/payment';
import type { Sums } from '../../contract/sums';
import { readSql } from '../../sql/read-sql';
import type { CuratedFile } from '../engine';
import { fill, parquet, quoted, type Lane } from './lane';
import type { WrittenRevision } from './parquet/curated-files';
import { sumsOf } from './sums-of-rows';

/** With fewer rows in it, opening a file takes longer than making its rows once more. */
const ROWS_WORTH_A_FILE = 300;

/** The engine gives the files the lake's names. Only folders it names otherwise: it writes `a%3Ab` for `a:b`, and the lake has merchants as they are. */
export class CuratedWriter {
  readonly files: CuratedFile[] = [];
  private readonly merchants = new Set<string>();

  constructor(private readonly job: WrittenRevision) {}

  /** Sorts and writes the lane's `winners`, and adds them up. Other groups must have other merchants: their files would have the same names. */
  async write(lane: Lane): Promise<Sums> {
    const written = await lane.rows(fill(readSql('curate/write-files.duckdb.sql'), {
      columns: CURATED_COLUMNS.map((column) => column.name).join(', '), rows: curatedRowsSql(this.job),
      folder: quoted(this.folder), names: quoted(curatedName({ ...this.job, n: '{i}' })),
    }));
    // Of this group alone: another lane may be in the middle of moving its own.
    const left = new Set<string>();
    const files = await Promise.all(written.map(([path, rows, bytes]) => this.place(path as string, Number(rows), Number(bytes), left)));
    for (const merchantId of new Set(files.map((file) => file.merchantId))) {
      if (this.merchants.has(merchantId)) throw new Error(`two groups of rows have the merchant ${merchantId}`);
      this.merchants.add(merchantId);
    }
    await Promise.all([...left].map(async (folder) => rm(folder, { recursive: true, force: true })));
    return sumsOf(lane, fill(readSql('curate/written-rows.duckdb.sql'), { rows: this.rowsToSum(files) }));
  }

  private rowsToSum(files: readonly CuratedFile[]): string {
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    return rows < ROWS_WORTH_A_FILE * files.length || rows === 0 ? 'winners' : parquet(files.map(({ path }) => join(this.folder, path)));
  }

  private get folder(): string {
    return join(this.job.outDir, 'curated');
  }

  /** `left`: folders of DuckDB's naming that files were moved out of. */
  private async place(written: string, rows: number, bytes: number, left: Set<string>): Promise<CuratedFile> {
    const parts = /^dt=([0-9-]+)\/merchant_id=([^/]+)\/([^/]+)\.parquet$/.exec(written.slice(this.folder.length + 1));
    if (parts === null) throw new Error(`DuckDB wrote a file where none was due: ${written}`);
    const [dt, merchantId, name] = [parts[1]!, decodeURIComponent(parts[2]!), parts[3]!];
    const path = curatedPath({ dt, merchantId, name });
    const target = join(this.folder, path);
    if (target !== written) {
      await mkdir(dirname(target), { recursive: true });
      await rename(written, target);
      left.add(dirname(written));
    }
    const file: CuratedFile = { path, dt, merchantId, rows, bytes };
    this.files.push(file);
    return file;
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
