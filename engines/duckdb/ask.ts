/** Answers a question to the lake: views with the names that Athena’s tables have, then the statement as it is. */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CURATED_COLUMNS } from '../../contract/payment';
import { readSql } from '../../sql/read-sql';
import type { AskJob, AskOutcome } from '../engine';
import type { JobContext } from './job-context';
import { fill, parquet, quoted, type Lane } from './lane';

export async function ask(job: AskJob, context: JobContext): Promise<AskOutcome> {
  const lane = await context.openWhole();
  context.progress({ step: `asking of ${job.files.length} files` });
  await makeViews(lane, job, context.folder);
  const { columns, rows } = await lane.streamTexts(job.statement);
  const file = await open(job.out, 'w');
  let answered = 0;
  try {
    for await (const some of rows) {
      await file.writeFile(some.map((row) => `${JSON.stringify(row)}\n`).join(''));
      answered += some.length;
      context.progress({ step: 'answering', lines: answered });
    }
  } finally {
    await file.close();
  }
  return { columns, rows: answered };
}

async function makeViews(lane: Lane, job: AskJob, folder: string): Promise<void> {
  await lane.run(readSql('lake/views/athena-names.duckdb.sql'));
  await lane.run(fill(readSql('lake/views/committed-files.duckdb.sql'), { commits: quoted(job.commits) }));
  if (job.files.length === 0) {
    // Without a file there is nobody to tell the columns.
    const columns = CURATED_COLUMNS.map(({ name, type }) => `cast(null as ${type}) as ${name}`).join(', ');
    await lane.run(fill(readSql('lake/views/no-curated-payments.duckdb.sql'), { columns }));
  } else {
    const local = join(folder, 'local-files.ndjson');
    await writeFile(local, job.files.map(({ file, path }) => `${JSON.stringify({ file, path })}\n`).join(''));
    await lane.run(fill(readSql('lake/views/local-files.duckdb.sql'), { files: quoted(local) }));
    await lane.run(fill(readSql('lake/views/curated-payments.duckdb.sql'), { stored: parquet(job.files.map(({ file }) => file), 'filename = true') }));
  }
  await lane.run(readSql('lake/views/curated-rows.duckdb.sql'));
  await lane.view('curated', readSql('lake/views/curated.sql'));
  await lane.view('current_payments', fill(readSql('lake/winners.sql'), { since: 'true' }));
}
