/** Tables as Parquet, in a DuckDB child process. */
import type { JobControl, TableJob, TableWriter } from '../engine';
import { runInChild, type ChildSettings } from './child-process';
import { IdleChildren } from './idle-children';

export function createTableWriter(settings: ChildSettings): TableWriter {
  const idle = new IdleChildren();
  return { write: async (job: TableJob, control: JobControl): Promise<void> => { await runInChild(settings, idle, 'writeTable', job, control); } };
}
