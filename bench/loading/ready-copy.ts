/**
 * The limit of `load`: COPY of files that are ready, and the same statements after it; of rows that nobody has, into the tables themselves. What
 * ours takes beyond this is reading the topic, decoding and the ledger's note.
 */
import { createReadStream } from 'node:fs';
import { readConfiguration } from '../../contract/configuration';
import { hourStart, type LandingHour } from '../../contract/landing-hour';
import { readSql } from '../../sql/read-sql';
import { changeInHour, removeLeftOver, replaceInHour } from '../../stores/payments-of-hour';
import { copyBytes } from '../../stores/payments-copy';
import { decideWinners, KEY_LOCKS } from '../../stores/payments-winners';
import { openPostgres, type Session } from '../../stores/postgres';
import { answerQuestions } from '../measuring/side-process';

export interface CopyQuestion {
  readonly landingHour: LandingHour;
  readonly file: string;
  readonly hourFile: string;
  /** nobody has any of the rows */
  readonly fresh: boolean;
  /** the run says what the hour is */
  readonly whole: boolean;
  /** of its rows, those of payments that the hour had before */
  readonly changes: number;
}

const FILE_CHUNK = 256 * 1024;
const loader = openPostgres(readConfiguration(process.env), 'loader');

answerQuestions<CopyQuestion, number>(async (question) => {
  const started = performance.now();
  await loader.transaction(async (session) => {
    await session.run(readSql('load/session.sql'));
    await (question.fresh ? copyStraight(session, question) : copyAndMerge(session, question));
  });
  return (performance.now() - started) / 1000;
});

async function copyStraight(session: Session, { file, hourFile }: CopyQuestion): Promise<void> {
  await copyFile(session, 'load/copy-payments.sql', file);
  await copyFile(session, 'load/copy-hour-payments.sql', hourFile);
}

async function copyAndMerge(session: Session, { landingHour, file, whole, changes }: CopyQuestion): Promise<void> {
  const hour = hourStart(landingHour);
  await session.run(readSql('load/temporary-tables.sql'));
  const upserts = await copyFile(session, 'load/copy-arrived.sql', file);
  await session.run(readSql('load/analyze-arrived.sql'));
  await session.rows(readSql('load/lock-keys.sql'), [KEY_LOCKS, hour, whole]);
  await session.run(readSql('load/analyze-misjudged.sql'));
  await session.run(readSql('load/remove-from-hour.sql'), [hour]);
  const arrived = { hour, whole, upserts, changes, parts: null };
  if (!await changeInHour(session, arrived)) {
    const known = await replaceInHour(session, arrived);
    if (whole) await removeLeftOver(session, arrived, known);
  }
  await decideWinners(session, arrived, () => undefined);
}

function copyFile(session: Session, statement: string, file: string): Promise<number> {
  return copyBytes(session, statement, createReadStream(file, { highWaterMark: FILE_CHUNK }), new AbortController().signal);
}
