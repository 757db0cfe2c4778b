/**
 * Payments that nobody has go into the tables themselves, without a table between: of a first load that is nearly every one. Which they are
 * is known before they are read, where ids begin with a time: those behind the greatest that is there.
 */
import { readSql } from '../sql/read-sql';
import { KEY_LOCKS } from './payments-winners';
import type { Session } from './postgres';

/** Of more than these a load locks all keys anyway (lock-keys.sql); of fewer, waiting until they are read costs nothing. */
const FEW = 5_000;

/** Null: all of it is to be decided. Otherwise all keys are locked, and no payment with an id behind this one is there, nor will be until we have committed. */
export async function beyondAllKnown(session: Session, hour: Date, upserts: number, progress: (step: string) => void): Promise<Buffer | null> {
  if (upserts <= FEW) return null;
  const [asked] = await session.rows<{ may: boolean }>(readSql('load/may-copy-straight.sql'), [hour]);
  if (!asked!.may) return null;
  progress('waiting for other loads');
  await session.rows(readSql('load/lock-all-keys.sql'), [KEY_LOCKS]);
  const [greatest] = await session.rows<{ payment_id: string | null }>(readSql('load/greatest-payment.sql'));
  return Buffer.from(greatest!.payment_id ?? '', 'utf8');
}
