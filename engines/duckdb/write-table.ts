/** Writes a table of texts as Parquet, each column in its own type: what analysts take in place of CSV. */
import { readSql } from '../../sql/read-sql';
import type { TableJob } from '../engine';
import type { JobContext } from './job-context';
import { fill, quoted } from './lane';

/** Money may be more than int64 when it is summed; rates and means have at most six digits after the point. */
const TYPE_OF: Readonly<Record<TableJob['columns'][number]['type'], string>> = {
  text: 'varchar', integer: 'bigint', money: 'decimal(38, 0)', number: 'decimal(24, 6)', timestamp: 'timestamp', date: 'date',
};

export async function writeTable(job: TableJob, context: JobContext): Promise<null> {
  const lane = await context.openWhole();
  context.progress({ step: 'writing the table' });
  await lane.run(fill(readSql('duckdb/write-table.duckdb.sql'), {
    columns: job.columns.map(({ name, type }) => `cast("${name}" as ${TYPE_OF[type]}) as "${name}"`).join(', '),
    names: job.columns.map(({ name }) => `'${name}': 'varchar'`).join(', '),
    rows: quoted(job.rows), file: quoted(job.out),
  }));
  return null;
}
