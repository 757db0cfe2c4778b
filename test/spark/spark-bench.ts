/** The same objects through DuckDB and through Spark, and every byte of what they answer held against the other's. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DeadLetter } from '../../contract/payment';
import type { CurateOutcome, LocalEngine, LocalObject, Suppression } from '../../engines/engine';
import { createSparkLocalEngine } from '../../engines/spark-local/engine';
import { setUpSpark } from '../../scripts/setup/spark';
import { Terminal } from '../../scripts/terminal';
import { HOUR, UNHURRIED, Workbench } from '../curate/curating';

/** Setting Spark up for the first time is a large download. */
export const SET_UP_MS = 1_500_000;
/** A job takes well under a minute on two idle cores; on a busy machine nobody knows. */
export const JOB_MS = 900_000;

export interface Answer {
  readonly outcome: CurateOutcome;
  /** of all files, in their order */
  readonly letters: readonly string[];
  readonly files: readonly string[];
}

export class SparkBench {
  private constructor(readonly python: string, readonly duckdb: Workbench, readonly spark: LocalEngine) {}

  static async open(): Promise<SparkBench> {
    const python = await setUpSpark(new Terminal(false));
    const duckdb = await Workbench.open();
    return new SparkBench(python, duckdb, createSparkLocalEngine({ python, memoryLimit: '700MB', threads: 2, workDir: duckdb.folder }));
  }

  async close(): Promise<void> {
    await this.duckdb.close();
  }

  async curate(engine: LocalEngine, objects: readonly LocalObject[], more: { readonly suppression?: Suppression; readonly countSent?: boolean } = {}): Promise<Answer> {
    const outDir = this.duckdb.next(`out-${engine.name}`);
    const outcome = await engine.curate({ landingHour: HOUR, revision: 1, attempt: 'a1', processedAt: '2026-11-20T11:10:00.123Z', objects, outDir, ...more }, UNHURRIED);
    const letters = await Promise.all(outcome.deadLetterFiles.map(async (name) => readFile(join(outDir, 'dead-letters', name), 'utf8')));
    return { outcome, letters: letters.join('').split('\n').slice(0, -1), files: outcome.files.map(({ path }) => join(outDir, 'curated', path)) };
  }

  async both(objects: readonly LocalObject[], more: { readonly suppression?: Suppression; readonly countSent?: boolean } = {}): Promise<{ readonly duckdb: Answer; readonly spark: Answer }> {
    return { duckdb: await this.curate(this.duckdb.engine, objects, more), spark: await this.curate(this.spark, objects, more) };
  }
}

/** Everything that must be equal; the size of a file and of its Parquet pages is the writer's own affair. */
export async function expectSame({ duckdb, spark }: { readonly duckdb: Answer; readonly spark: Answer }): Promise<void> {
  expect(withoutBytes(spark.outcome)).toEqual(withoutBytes(duckdb.outcome));
  // In which order objects are read is the engine's affair; that of an object's lines is not.
  expect(outOfOrder(spark.letters)).toEqual([]);
  const [ofSpark, ofDuckdb] = [[...spark.letters].sort(), [...duckdb.letters].sort()];
  // Said in full it would be a page of lines.
  const differing = ofSpark.flatMap((letter, i) => (letter === ofDuckdb[i] ? [] : [`spark: ${letter}`, `duckdb: ${ofDuckdb[i]}`]));
  expect(differing.slice(0, 4)).toEqual([]);
  expect(ofSpark.length).toBe(ofDuckdb.length);
  expect(await differingRows(duckdb.files, spark.files)).toEqual([]);
}

/** Letters that do not come after the one before them in their object. */
function outOfOrder(letters: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return letters.filter((text) => {
    const { object, lineNumber } = JSON.parse(text) as DeadLetter;
    const before = seen.get(object) ?? 0;
    seen.set(object, lineNumber);
    return lineNumber <= before;
  });
}

function withoutBytes(outcome: CurateOutcome): unknown {
  // One file of letters or several: their lines are compared.
  return { ...outcome, files: outcome.files.map(({ path, dt, merchantId, rows }) => ({ path, dt, merchantId, rows })), deadLetterFiles: [] };
}

/** Columns, types and rows of two sets of files, and rows that are not in the order of created_at. Empty: all is the same. */
export async function differingRows(left: readonly string[], right: readonly string[]): Promise<readonly unknown[]> {
  if (left.length === 0 || right.length === 0) return left.length === right.length ? [] : [`${left.length} files, ${right.length} files`];
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const ask = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRowsJson();
  const rows = (files: readonly string[], more = ''): string => `read_parquet([${files.map((file) => `'${file}'`).join(', ')}], hive_partitioning = false${more})`;
  try {
    const types = async (files: readonly string[]): Promise<string> => (await ask(`describe select * from ${rows(files)}`)).map(([name, type]) => `${name} ${type}`).join(', ');
    const [leftTypes, rightTypes] = [await types(left), await types(right)];
    if (leftTypes !== rightTypes) return [leftTypes, rightTypes];
    // Every NaN, zero and text as it is: `except` holds 0.0 and −0.0 equal, a text does not.
    const exact = (files: readonly string[]): string => `select *, risk_score::varchar from ${rows(files)}`;
    return [
      ...(await ask(`select 'duckdb', * from (${exact(left)} except all ${exact(right)}) limit 3`)),
      ...(await ask(`select 'spark', * from (${exact(right)} except all ${exact(left)}) limit 3`)),
      ...(await ask(`select 'unsorted', filename from (
        select filename, created_at < lag(created_at) over (partition by filename order by file_row_number) as back
        from ${rows(right, ', file_row_number = true, filename = true')}) where back limit 3`)),
      ...(await ask(`select distinct 'compression', compression from parquet_metadata([${right.map((file) => `'${file}'`).join(', ')}]) where compression <> 'ZSTD'`)),
    ];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
