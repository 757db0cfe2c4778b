/** What an hour says of its payments, within the transaction of a load, a rebuild or a repair. */
import { STATUSES } from '../contract/payment';
import { readSql } from '../sql/read-sql';
import type { Session } from './postgres';

/** hour_payments are what has arrived says; answers with the rows that were written. The hour and the payments' keys must be locked. */
export async function replaceInHour(session: Session, hour: Date): Promise<number> {
  const inserted = await session.run(readSql('load/insert-in-hour.sql'), [hour, STATUSES]);
  return inserted > 0 ? inserted : session.run(readSql('load/replace-in-hour.sql'), [hour, STATUSES]);
}
