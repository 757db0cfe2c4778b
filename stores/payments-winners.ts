/** Who wins each payment of a run over all hours, within the transaction that has changed the hour. */
import { STATUSES } from '../contract/payment';
import type { LoadResult } from '../contract/stages';
import { readSql } from '../sql/read-sql';
import type { Session } from './postgres';

/** Of the advisory locks by which loads and repairs keep out of each other's keys; any number, the same for all. */
export const KEY_LOCKS = 735_841;

export type WinnerCounts = Pick<LoadResult, 'won' | 'updated' | 'stale' | 'alreadyThere' | 'broughtBack'>;

export interface HourToDecide {
  readonly hour: Date;
  /** nothing that is there is believed, all hours are asked for each payment */
  readonly whole: boolean;
  /** that have arrived */
  readonly upserts: number;
}

/** Rows that must come back are left to the caller. */
export async function decideWinners(session: Session, { hour, whole, upserts }: HourToDecide, progress: (step: string) => void): Promise<WinnerCounts> {
  progress('deciding the winners');
  await session.run(readSql('load/decide.sql'), [hour, STATUSES, whole]);
  await session.run(readSql('load/decide-retracted.sql'), [hour, whole]);
  await session.run('analyze verdicts');
  await session.run(readSql('load/settle-contested.sql'), [hour]);
  const verdicts = await countVerdicts(session);
  const counts: WinnerCounts = { ...verdicts.counts, won: upserts - verdicts.notWon };

  progress('writing the winners');
  if (verdicts.all === 0) await session.run(readSql('load/insert-arrived.sql'));
  else if (counts.won > 0) await session.run(readSql('load/insert-winners.sql'));
  await session.run(readSql('load/update-winners.sql'));
  await session.run(readSql('load/delete-gone.sql'));
  return counts;
}

interface Verdicts {
  readonly all: number;
  readonly notWon: number;
  readonly counts: Omit<WinnerCounts, 'won'>;
}

export async function countVerdicts(session: Session): Promise<Verdicts> {
  const [row] = await session.rows<Record<'verdicts' | 'not_won' | 'updated' | 'stale' | 'already_there' | 'back', bigint>>(readSql('load/verdict-counts.sql'));
  return {
    all: Number(row!.verdicts), notWon: Number(row!.not_won),
    counts: { updated: Number(row!.updated), stale: Number(row!.stale), alreadyThere: Number(row!.already_there), broughtBack: Number(row!.back) },
  };
}
