/** What an hour says of its payments, within the transaction of a load, a rebuild or a repair. */
import { STATUSES } from '../contract/payment';
import { readSql } from '../sql/read-sql';
import type { ArrivedRows } from './payments-arrived';
import { lookingUp } from './payments-looked-up';
import type { Session } from './postgres';

/** hour_payments are what has arrived says. The hour and the payments' keys must be locked. */
export async function replaceInHour(session: Session, { hour, whole, upserts, changes }: ArrivedRows): Promise<void> {
  // Where there is something new among it, what is there would be looked up once to be written and once to be left out.
  if (!whole && changes > 0 && changes === upserts) {
    const written = await lookingUp(session, () => session.run(readSql('load/update-in-hour.sql'), [STATUSES]));
    if (written === upserts) return;
  }
  await writeInHour(session, hour, whole);
}

/**
 * Of a run that says everything, once its rows are the hour's: takes away what else there is of it. Answers with the rows that the hour has
 * then; where they are as many as have arrived there is nothing else, and nobody need look for it.
 */
export async function removeLeftOver(session: Session, { hour, upserts }: ArrivedRows): Promise<bigint> {
  const rows = await rowsOfHour(session, hour);
  if (rows === BigInt(upserts)) return rows;
  await session.run(readSql('load/left-over.sql'), [hour]);
  await session.run(readSql('load/remove-from-hour.sql'), [hour]);
  return rowsOfHour(session, hour);
}

export async function rowsOfHour(session: Session, hour: Date): Promise<bigint> {
  const [counted] = await session.rows<{ rows: bigint }>(readSql('load/hour-rows.sql'), [hour]);
  return counted!.rows;
}

/** The same as `replaceInHour` of any rows of the hour; answers with those that were written. */
export async function writeInHour(session: Session, hour: Date, whole = false): Promise<number> {
  const inserted = await session.run(readSql('load/insert-in-hour.sql'), [hour, STATUSES]);
  return inserted > 0 ? inserted : session.run(readSql(whole ? 'load/replace-differing.sql' : 'load/replace-in-hour.sql'), [hour, STATUSES]);
}
