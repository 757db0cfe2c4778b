/**
 * The limit of `load`: COPY of a file that is ready, and the same statements after it. What ours takes beyond this is reading the topic, decoding
 * and the ledger's note.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { readConfiguration } from '../../contract/configuration';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import { readSql } from '../../sql/read-sql';
import { removeLeftOver, replaceInHour } from '../../stores/payments-of-hour';
import { decideWinners, KEY_LOCKS } from '../../stores/payments-winners';
import { openPostgres } from '../../stores/postgres';
import { answerQuestions } from '../measuring/side-process';

export interface CopyQuestion {
  readonly landingHour: LandingHour;
  readonly file: string;
  /** the run says what the hour is */
  readonly whole: boolean;
  /** of its rows, those of payments that the hour had before */
  readonly changes: number;
}

const FILE_CHUNK = 256 * 1024;
const loader = openPostgres(readConfiguration(process.env), 'loader');

answerQuestions<CopyQuestion, number>(async ({ landingHour, file, whole, changes }) => {
  const started = performance.now();
  const hour = hourStart(landingHour);
  await loader.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    await session.run(readSql('load/temporary-tables.sql'));
    const copied = session.client.query(copyFrom(readSql('load/copy-arrived.sql')));
    await pipeline(createReadStream(file, { highWaterMark: FILE_CHUNK }), copied);
    await session.run(readSql('load/analyze-arrived.sql'));
    await session.rows(readSql('load/lock-keys.sql'), [KEY_LOCKS, hour, whole]);
    await session.run(readSql('load/remove-from-hour.sql'), [hour]);
    const arrived = { hour, whole, upserts: copied.rowCount, changes, parts: null };
    const known = await replaceInHour(session, arrived);
    if (whole) await removeLeftOver(session, arrived, known);
    await decideWinners(session, arrived, () => undefined);
  });
  return (performance.now() - started) / 1000;
});
