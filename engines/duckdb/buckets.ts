/** Rows split by a hash into Parquet files in one streaming pass: what comes after works on a bucket at a time, in bounded memory. */
import { mkdir, readdir, stat } from 'node:fs/promises';
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

  /** The largest first: begun last, it would be what one lane is at while the others have nothing left. */
  async largestFirst(): Promise<readonly number[]> {
    const sizes = await Promise.all(Array.from({ length: this.count }, async (_, bucket) => ({ bucket, bytes: await this.bytes(bucket) })));
    return sizes.sort((a, b) => b.bytes - a.bytes).map(({ bucket }) => bucket);
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

  private async bytes(bucket: number): Promise<number> {
    const sizes = await Promise.all((await this.files(bucket)).map(async (file) => (await stat(file)).size));
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}
