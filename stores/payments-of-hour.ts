/** What an hour says of its payments, within the transaction of a load, a rebuild or a repair. */
import { STATUSES } from '../contract/payment';
import { readSql } from '../sql/read-sql';
import type { ArrivedRows } from './payments-arrived';
import { lookingUp } from './payments-looked-up';
import type { Session } from './postgres';

/**
 * Whether all that has arrived are other rows of payments that the hour has, and was written in their place; `replaceInHour` is for anything else. The
 * hour and the payments' keys must be locked. Nothing else of the hour is looked at: a few changes to a large hour take as long as they are many.
 */
export async function changeInHour(session: Session, { whole, upserts, changes }: ArrivedRows): Promise<boolean> {
  // Where there is something new among it, what is there would be looked up once to be written and once to be left out.
  if (whole || changes === 0 || changes !== upserts) return false;
  return await lookingUp(session, () => session.run(readSql('load/update-in-hour.sql'), [STATUSES])) === upserts;
}

/** hour_payments are what has arrived says, under the same locks. Answers with the rows that the hour has then; null where somebody must count them. */
export async function replaceInHour(session: Session, { hour, whole }: ArrivedRows): Promise<bigint | null> {
  const inserted = await insertInHour(session, hour);
  if (inserted > 0) return BigInt(inserted);
  await replaceRows(session, hour, whole);
  return null;
}

/**
 * Of a run that says everything, once its rows are the hour's: takes away what else there is of it. Answers with the rows that the hour has
 * then; where they are as many as have arrived there is nothing else, and nobody need look for it.
 */
export async function removeLeftOver(session: Session, { hour, upserts }: ArrivedRows, known: bigint | null): Promise<bigint> {
  const rows = known ?? await rowsOfHour(session, hour);
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
export async function writeInHour(session: Session, hour: Date): Promise<number> {
  return await insertInHour(session, hour) || replaceRows(session, hour, false);
}

/** None where the hour has any already. */
function insertInHour(session: Session, hour: Date): Promise<number> {
  return session.run(readSql('load/insert-in-hour.sql'), [hour, STATUSES]);
}

function replaceRows(session: Session, hour: Date, whole: boolean): Promise<number> {
  return session.run(readSql(whole ? 'load/replace-differing.sql' : 'load/replace-in-hour.sql'), [hour, STATUSES]);
}
