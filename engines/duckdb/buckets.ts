/** Rows split by a hash into Parquet files in one streaming pass: what comes after works on a bucket at a time, in bounded memory. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSql } from '../../sql/read-sql';
import { fill, quoted, type Lane } from './lane';

export class Buckets {
  private flushes = 0;

  constructor(private readonly folder: string, private readonly count: number) {}

  /** Splits what `select` answers. `key` decides: equal keys meet in one bucket. */
  async add(lane: Lane, select: string, key: string): Promise<void> {
    // Taken before the first await: two lanes that add at once must not write files of one name.
    this.flushes += 1;
    const names = `f${this.flushes}_{i}`;
    await mkdir(this.folder, { recursive: true });
    await lane.run(fill(readSql('duckdb/split-rows.sql'), {
      key, count: this.count, rows: select, folder: quoted(this.folder), names: quoted(names),
    }));
  }

  all(): readonly number[] {
    return Array.from({ length: this.count }, (_, i) => i);
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
}
