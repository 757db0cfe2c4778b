/** Rows split by a hash into Parquet files in one streaming pass: what comes after works on a bucket at a time, in bounded memory. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSql } from '../../sql/read-sql';
import { fill, parquet, quoted, type Lane } from './lane';
import type { Lanes } from './lanes';

/** DuckDB writes no fewer at once. */
const VECTOR_ROWS = 2048;
/** Of all buckets together, in the row groups that are not written yet. */
const VECTORS_OF_GROUPS = 8;
/** Of each, before DuckDB hands them to its file: of fewer what there is for each handing over counts, of more they do. */
const WAITING_ROWS = 1024;

export class Buckets {
  private flushes = 0;

  /** `key` decides: equal keys meet in one bucket. */
  constructor(private readonly folder: string, readonly count: number, private readonly key: string) {}

  /** Splits what `select` answers. */
  async add(lane: Lane, select: string): Promise<void> {
    // Taken before the first await: two lanes that add at once must not write files of one name.
    this.flushes += 1;
    const names = `f${this.flushes}_{i}`;
    await mkdir(this.folder, { recursive: true });
    await lane.run(fill(readSql('duckdb/split-rows.sql'), {
      key: this.key, count: this.count, rows: select, folder: quoted(this.folder), names: quoted(names), waiting: WAITING_ROWS * this.count,
      rows_of_group: Math.max(1, Math.floor(VECTORS_OF_GROUPS / this.count)) * VECTOR_ROWS,
    }));
  }

  /** As many others, in place of these. */
  async dealtAnew(lanes: Lanes, count: number): Promise<Buckets> {
    const anew = new Buckets(`${this.folder}-anew`, count, this.key);
    await lanes.each(await this.largestFirst(), async (lane, bucket) => {
      const files = await this.files(bucket);
      if (files.length > 0) await anew.add(lane, fill(readSql('duckdb/all-rows.sql'), { rows: parquet(files) }));
    });
    await rm(this.folder, { recursive: true, force: true });
    return anew;
  }

  /** The largest first: begun last, it would be what one lane is at while the others have nothing left. */
  async largestFirst(): Promise<readonly number[]> {
    const sizes = await this.sizes();
    return [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!);
  }

  async files(bucket: number): Promise<readonly string[]> {
    const folder = join(this.folder, `bucket=${bucket}`);
    try {
      return (await readdir(folder)).sort().map((name) => join(folder, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** Of all of them. */
  async bytes(): Promise<number> {
    return sumOf(await this.sizes());
  }

  private async sizes(): Promise<readonly number[]> {
    return Promise.all(Array.from({ length: this.count }, async (_, bucket) => {
      const files = await this.files(bucket);
      return sumOf(await Promise.all(files.map(async (file) => (await stat(file)).size)));
    }));
  }
}

function sumOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
