/**
 * A lane: a DuckDB of one thread with its share of the memory. Work goes over several lanes at once instead of over the
 * threads of one DuckDB, because a single thread writes rows to files in the order in which they were sorted.
 */
import { mkdir } from 'node:fs/promises';
import { DuckDBInstance, type DuckDBConnection, type DuckDBDataChunk, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api';
import { fill, readSql } from '../../sql/read-sql';

export interface LaneSettings {
  /** bytes */
  readonly memory: number;
  readonly tempFolder: string;
  readonly threads: number;
}

export interface NamedType {
  readonly name: string;
  readonly type: string;
}

export class Lane {
  private constructor(private readonly instance: DuckDBInstance, private readonly connection: DuckDBConnection) {}

  /** `spare`: what another lane handed over. A new DuckDB takes longer to make than a small job's questions take. */
  static async open(settings: LaneSettings, spare: DuckDBInstance | null = null): Promise<Lane> {
    await mkdir(settings.tempFolder, { recursive: true });
    const instance = (spare === null ? null : await taken(spare, settings)) ?? await DuckDBInstance.create(':memory:', {
      ...settingsOf(settings),
      preserve_insertion_order: 'false',
      // Nothing is fetched from anywhere in the middle of a run.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // It would hold a job's files in memory when the job is over.
      enable_external_file_cache: 'false',
    });
    const connection = await instance.connect();
    // What the job makes is in here, or as temporary as the connection.
    await connection.run("ATTACH ':memory:' AS job; USE job");
    await connection.run("SET TimeZone = 'UTC'");
    // After each vector, however few rows it has: where a file's rows begin with a few at a vector's end, DuckDB puts those by, and appends what
    // follows before them unless it has written them out.
    await connection.run('SET partitioned_write_flush_threshold = 1');
    await connection.run(readSql('curate/spark-names.duckdb.sql'));
    return new Lane(instance, connection);
  }

  async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** All rows, as arrays in the order of the columns; for answers that are small. */
  async rows(sql: string): Promise<DuckDBValue[][]> {
    return (await this.connection.runAndReadAll(sql)).getRows();
  }

  /** Of a table, a view or files. */
  async count(rows: string): Promise<number> {
    return Number((await this.rows(fill(readSql('duckdb/count-rows.sql'), { rows })))[0]![0]);
  }

  async view(name: string, rows: string): Promise<void> {
    await this.run(fill(readSql('duckdb/view.sql'), { name, rows }));
  }

  /** For rows that are asked for more than once, and cost more to make than to keep. */
  async table(name: string, rows: string): Promise<void> {
    await this.run(fill(readSql('duckdb/table.sql'), { name, rows }));
  }

  /** Rows a vector at a time, never all in memory. */
  async *stream(sql: string): AsyncGenerator<DuckDBValue[][]> {
    for await (const chunk of chunksOf(await this.connection.stream(sql))) yield rowsOf(chunk);
  }

  /**
   * The same as DuckDB holds them, each there until the next one is asked for. Whoever reads them so looks at no value's type, so that the types must be
   * those given. `ready`: what DuckDB makes of the answer before it is asked for.
   */
  async *streamChunks(sql: string, types: readonly string[], ready: '1MB' | '32MB'): AsyncGenerator<DuckDBDataChunk> {
    // Before the statement, since another one would end its answer.
    await this.connection.run(`SET streaming_buffer_size = '${ready}'`);
    const result = await this.connection.stream(sql);
    const found = result.columnTypes().map(String);
    for (const [i, type] of types.entries()) {
      if (found[i] !== type) throw new TypeError(`the rows' ${result.columnName(i)} is ${found[i]} and not ${type}`);
    }
    for await (const chunk of chunksOf(result)) {
      yield chunk;
      // Its texts would else be there until the collector of garbage comes, which sees none of them.
      chunk.reset();
    }
  }

  /** The same as texts, with the columns’ names and DuckDB’s types. */
  async streamTexts(sql: string): Promise<{ readonly columns: readonly NamedType[]; readonly rows: AsyncGenerator<(string | null)[][]> }> {
    const result = await this.connection.stream(sql);
    const columns = result.columnNames().map((name, i) => ({ name, type: String(result.columnType(i)) }));
    async function* texts(): AsyncGenerator<(string | null)[][]> {
      for await (const chunk of chunksOf(result)) yield rowsOf(chunk).map((row) => row.map((value) => (value === null ? null : String(value))));
    }
    return { columns, rows: texts() };
  }

  /** For one large value: bound, not quoted into the text. */
  async runWithBytes(sql: string, bytes: Buffer): Promise<void> {
    const statement = await this.connection.prepare(sql);
    try {
      statement.bindBlob(1, bytes);
      await statement.run();
    } finally {
      statement.destroySync();
    }
  }

  /** A temporary table with one column, `name`. */
  async fillTable(table: string, names: readonly string[]): Promise<void> {
    await this.run(fill(readSql('duckdb/names-table.sql'), { table }));
    const appender = await this.connection.createAppender(table);
    for (const name of names) {
      appender.appendVarchar(name);
      appender.endRow();
    }
    appender.closeSync();
  }

  interrupt(): void {
    this.connection.interrupt();
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  /** Ends as `close` does, but leaves its DuckDB to another lane, with nothing in it. */
  async handOver(): Promise<DuckDBInstance> {
    await this.connection.run('USE memory; DETACH job');
    this.connection.closeSync();
    return this.instance;
  }
}

/** Null, and closed, where it has written temporary files: DuckDB does not move to another folder then. */
async function taken(spare: DuckDBInstance, settings: LaneSettings): Promise<DuckDBInstance | null> {
  const connection = await spare.connect();
  try {
    for (const [name, value] of Object.entries(settingsOf(settings))) await connection.run(`SET ${name} = ${quoted(value)}`);
    return spare;
  } catch {
    spare.closeSync();
    return null;
  } finally {
    connection.closeSync();
  }
}

function settingsOf({ threads, memory, tempFolder }: LaneSettings): Readonly<Record<string, string>> {
  return {
    threads: String(threads), memory_limit: `${Math.floor(memory / 1_000_000)}MB`, temp_directory: tempFolder,
    // Each thread that runs statements has memory of its own to allocate from. What is free of it would go back to the machine when that thread allocates
    // again, which may be at the end of the job or never. It is of the process: any DuckDB that is closed takes it from the others.
    allocator_background_threads: 'true',
  };
}

async function* chunksOf(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk> {
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk;
  }
}

function rowsOf(chunk: DuckDBDataChunk): DuckDBValue[][] {
  const rows: DuckDBValue[][] = Array.from({ length: chunk.rowCount }, () => new Array<DuckDBValue>(chunk.columnCount));
  for (let column = 0; column < chunk.columnCount; column += 1) {
    const vector = chunk.getColumnVector(column);
    for (let row = 0; row < rows.length; row += 1) rows[row]![column] = vector.getItem(row);
  }
  return rows;
}

export { fill };

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of texts. */
export function listOf(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}

/** A table of the rows in Parquet files. Their folders look like Hive's, whose names would hide the columns inside. */
export function parquet(files: readonly string[], ...options: readonly string[]): string {
  return `read_parquet(${listOf(files)}, ${['hive_partitioning = false', ...options].join(', ')})`;
}
