/** Reads curated rows out of a lane as the rest of Sluice knows them. */
import { CURATED_COLUMNS, type CuratedPayment } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import { parquet, type Lane } from './lane';

const NAMES = CURATED_COLUMNS.map((column) => column.name);

export interface PublishedRow {
  readonly row: CuratedPayment;
  readonly isNew: boolean;
}

/** `select` answers with the curated columns and `is_new`. */
export async function* curatedRows(lane: Lane, select: string): AsyncGenerator<readonly PublishedRow[]> {
  await lane.run(`create or replace temp view rows_to_publish as ${select}`);
  for await (const rows of lane.stream(readSql('difference/published-columns.sql'))) {
    yield rows.map((values) => {
      const row: Record<string, unknown> = {};
      for (let i = 0; i < NAMES.length; i += 1) row[NAMES[i]!] = values[i];
      return { row: row as unknown as CuratedPayment, isNew: values[NAMES.length] === true };
    });
  }
}

/** A view of the rows in Parquet files, or of none. */
export async function viewOfFiles(lane: Lane, name: string, files: readonly string[]): Promise<void> {
  // Without a file there is nobody to tell the columns.
  const none = `select ${CURATED_COLUMNS.map((column) => `cast(null as ${column.type}) as ${column.name}`).join(', ')} limit 0`;
  await lane.run(`create or replace temp view ${name} as ${files.length === 0 ? none : `select ${NAMES.join(', ')} from ${parquet(files)}`}`);
}
