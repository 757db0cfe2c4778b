/** What an hour says of its payments, within the transaction of a load, a rebuild or a repair; each has the hour locked. */
import { STATUSES, type Change } from '../contract/payment';
import { fill, readSql } from '../sql/read-sql';
import { copyPart, partsToCopy, type CopyControl } from './payments-copy';
import type { Session } from './postgres';

/** Few enough that what waits here is some 30 MB, many enough that statements cost nothing. */
export const RECORDS_OF_A_PART = 100_000;

export async function isEmptyHour(session: Session, hour: Date): Promise<boolean> {
  const [row] = await session.rows<{ empty: boolean }>(readSql('load/hour-is-empty.sql'), [hour]);
  return row!.empty;
}

/** hour_payments are what has arrived says; answers with the rows that were written. */
export async function replaceInHour(session: Session, hour: Date): Promise<number> {
  if (await isEmptyHour(session, hour)) return insertInHour(session, hour, 'arrived');
  return session.run(readSql('load/replace-in-hour.sql'), [hour, STATUSES]);
}

/** Takes the records of an hour that is empty, and writes them into hour_payments while more of them are read. */
export async function fillHour(
  session: Session, hour: Date, batches: AsyncIterable<readonly Change[]>, recordsOfAPart: number, { signal, counted }: CopyControl,
): Promise<void> {
  let parts = 0;
  for await (const bytes of partsToCopy(batches, recordsOfAPart, counted)) {
    // The first lies in arrived itself: a small run makes no table more.
    const part = parts === 0 ? 'arrived' : `arrived_${parts}`;
    if (parts > 0) await session.run(fill(readSql('load/part-of-arrived.sql'), { part }));
    await copyPart(session, fill(readSql('load/copy-part.sql'), { part }), bytes, signal);
    await insertInHour(session, hour, `only ${part}`);
    parts += 1;
  }
}

function insertInHour(session: Session, hour: Date, arrived: string): Promise<number> {
  return session.run(fill(readSql('load/insert-in-hour.sql'), { arrived }), [hour, STATUSES]);
}
