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
    const written = await lookingUp(session, () => session.run(readSql('load/update-in-hour.sql'), [hour, STATUSES]));
    if (written === upserts) return;
  }
  await writeInHour(session, hour);
}

/** The same of any rows of the hour; answers with those that were written. */
export async function writeInHour(session: Session, hour: Date): Promise<number> {
  const inserted = await session.run(readSql('load/insert-in-hour.sql'), [hour, STATUSES]);
  return inserted > 0 ? inserted : session.run(readSql('load/replace-in-hour.sql'), [hour, STATUSES]);
}
