/** What a run brought, within the transaction that loads it: where the statements after it find it. */
import { readSql } from '../sql/read-sql';
import type { KeyParts } from './copy-tuples';
import { copyChanges, type CopiedChanges, type CopyControl } from './payments-copy';
import type { Session } from './postgres';
import type { SentChange } from './record-codec';

/** What is known of it beside the rows themselves. */
export interface ArrivedRows {
  readonly hour: Date;
  /** nothing that is there is believed, all hours are asked for each payment */
  readonly whole: boolean;
  /** that have arrived */
  readonly upserts: number;
  /** of these, other rows of payments that the hour had before */
  readonly changes: number;
  /** their keys, of those that came in order; null: any */
  readonly parts: KeyParts | null;
}

/**
 * Makes the session's temporary tables and fills them; `arrived` is in the order of its keys, so that nothing after it need sort. `beyond` as in
 * `copyChanges`.
 */
export async function takeArrived(
  session: Session, landingHour: Date, records: AsyncIterable<readonly SentChange[]>, control: CopyControl, beyond: Buffer | null = null,
): Promise<CopiedChanges> {
  await session.run(readSql('load/temporary-tables.sql'));
  const copied = await copyChanges(session, landingHour, records, control, { beyond });
  if (copied.parts === null) await session.run(readSql('load/put-in-order.sql'));
  await session.run(readSql('load/analyze-arrived.sql'));
  return copied;
}
