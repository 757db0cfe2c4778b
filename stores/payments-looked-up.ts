/** Statements that look up each row of what has arrived, however many there are, and read nothing else. */
import { readSql } from '../sql/read-sql';
import type { Session } from './postgres';

/** A statement that fails ends the transaction, and what was set with it. */
export async function lookingUp<T>(session: Session, statement: () => Promise<T>): Promise<T> {
  await session.run(readSql('load/look-up.sql'));
  const answer = await statement();
  await session.run(readSql('load/look-up-no-more.sql'));
  return answer;
}
