/** A table as a Parquet file of this machine, which is gone when it has been sent. */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { TableWriter } from '../../engines/engine';
import type { TableColumn, TableRow } from '../../contract/table';

export type ParquetOf = (columns: readonly TableColumn[], pages: AsyncIterable<readonly TableRow[]>, signal: AbortSignal) => Promise<Readable>;

export function parquetIn(workDir: string, writer: TableWriter): ParquetOf {
  return async (columns, pages, signal) => {
    await mkdir(workDir, { recursive: true });
    const folder = await mkdtemp(join(workDir, 'table-'));
    const gone = (): void => { void rm(folder, { recursive: true, force: true }); };
    try {
      const [rows, out] = [join(folder, 'rows.ndjson'), join(folder, 'table.parquet')];
      const file = await open(rows, 'w');
      try {
        for await (const some of pages) await file.writeFile(some.map((row) => `${JSON.stringify(textsOf(columns, row))}\n`).join(''));
      } finally {
        await file.close();
      }
      await writer.write({ columns, rows, out }, { signal, progress: () => undefined });
      return createReadStream(out).once('close', gone);
    } catch (error) {
      gone();
      throw error;
    }
  };
}

/** Texts, so that no number passes through a float on the way. */
function textsOf(columns: readonly TableColumn[], row: TableRow): Readonly<Record<string, string | null>> {
  return Object.fromEntries(columns.map(({ name }) => [name, row[name] == null ? null : String(row[name])]));
}
