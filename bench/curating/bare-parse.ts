/** The floor of `curate`, a program that does it once: DuckDB with as many threads and as much memory, over a file's lines; no rule is asked, no row kept. */
import { DuckDBInstance } from '@duckdb/node-api';
import { SETTINGS } from '../../contract/configuration';
import { readSql } from '../../sql/read-sql';

export interface BareParse {
  readonly lines: number;
  readonly valid: number;
}

async function main(file: string): Promise<BareParse> {
  const { SLUICE_DUCKDB_THREADS: threads, SLUICE_DUCKDB_MEMORY: memory } = SETTINGS;
  const instance = await DuckDBInstance.create(':memory:', { threads: threads.fallback, memory_limit: memory.fallback });
  const connection = await instance.connect();
  const [row] = (await connection.runAndReadAll(readSql('bench/bare-parse.duckdb.sql'), [file])).getRowObjects();
  return { lines: Number(row!.lines), valid: Number(row!.valid) };
}

main(process.argv[2]!).then(
  (found) => { process.stdout.write(JSON.stringify(found), () => { process.exit(0); }); },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    process.exit(1);
  },
);
