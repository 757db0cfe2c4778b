/** Finds single payments in curated files: a row that must come back from the lake. */
import { open } from 'node:fs/promises';
import { curatedToJson } from '../../contract/curated-record';
import { readSql } from '../../sql/read-sql';
import type { PickJob } from '../engine';
import { curatedRows, viewOfFiles } from './curated-rows';
import type { JobContext } from './job-context';

export async function pick(job: PickJob, context: JobContext): Promise<{ readonly rows: number }> {
  const lane = await context.openWhole();
  await viewOfFiles(lane, 'picked_from', job.files);
  await lane.fillTable('wanted', job.paymentIds);
  const file = await open(job.out, 'w');
  let found = 0;
  try {
    for await (const rows of curatedRows(lane, readSql('difference/picked-rows.duckdb.sql'))) {
      await file.writeFile(rows.map(({ row }) => `${curatedToJson(row)}\n`).join(''));
      found += rows.length;
      context.progress({ step: 'picking', lines: found });
    }
  } finally {
    await file.close();
  }
  return { rows: found };
}
