/** Who wins each payment of a run over all hours, within the transaction that has changed the hour. */
import { STATUSES } from '../contract/payment';
import type { LoadResult } from '../contract/stages';
import { readSql } from '../sql/read-sql';
import type { ArrivedRows } from './payments-arrived';
import { lookingUp } from './payments-looked-up';
import type { Session } from './postgres';

/** Of the advisory locks by which loads and repairs keep out of each other's keys; any number, the same for all. */
export const KEY_LOCKS = 735_841;

export type WinnerCounts = Pick<LoadResult, 'won' | 'updated' | 'stale' | 'alreadyThere' | 'broughtBack'>;

/** Rows that must come back are left to the caller. */
export async function decideWinners(session: Session, arrived: ArrivedRows, progress: (step: string) => void): Promise<WinnerCounts> {
  const { hour, whole, upserts } = arrived;
  progress('deciding the winners');
  const outright = await updateOutright(session, arrived);
  const decided = outright < upserts;
  if (whole) await session.run(readSql('load/decide-whole.sql'), [hour]);
  else if (decided) await decideAgainstKnown(session, arrived);
  await session.run(readSql('load/decide-retracted.sql'), [hour, whole]);
  await session.run('analyze verdicts');
  await session.run(readSql('load/settle-contested.sql'), [hour]);
  const verdicts = await countVerdicts(session);
  const unmentioned = upserts - verdicts.won - verdicts.notWon;
  // To decide.sql, what was written outright is already there.
  const found = decided ? outright : 0;
  const counts: WinnerCounts = whole
    ? { ...verdicts.counts, won: verdicts.won, alreadyThere: verdicts.counts.alreadyThere + unmentioned }
    : {
      ...verdicts.counts, won: verdicts.won + unmentioned - (outright - found), updated: verdicts.counts.updated + outright,
      alreadyThere: verdicts.counts.alreadyThere - found,
    };

  progress('writing the winners');
  if (counts.won > 0 && counts.won === upserts) await session.run(readSql('load/insert-arrived.sql'));
  else if (counts.won > 0) await session.run(readSql('load/insert-winners.sql'), [whole]);
  if (verdicts.counts.updated > 0) await session.run(readSql('load/update-winners.sql'));
  await session.run(readSql('load/delete-gone.sql'));
  return counts;
}

/**
 * Answers with the rows that it wrote. Where most of what has arrived is new, looking for each payment first would cost more than it saves;
 * a whole run asks more of each than whether it beats what is there.
 */
async function updateOutright(session: Session, { hour, whole, upserts, changes }: ArrivedRows): Promise<number> {
  if (whole || changes === 0 || changes * 2 < upserts) return 0;
  return lookingUp(session, () => session.run(readSql('load/update-outright.sql'), [hour, STATUSES]));
}

/** The payments that somebody had before. A load of nothing but new ones does not read all that there are to find it out. */
async function decideAgainstKnown(session: Session, { hour, parts }: ArrivedRows): Promise<void> {
  let range: { readonly first: string | null; readonly last: string | null } = { first: null, last: null };
  if (parts !== null) {
    const [known] = await session.rows<typeof range>(readSql('load/known-range.sql'), [parts.first, parts.last]);
    range = known!;
    if (range.first === null) return;
  }
  await session.run(readSql('load/decide.sql'), [hour, STATUSES, range.first, range.last]);
}

interface Verdicts {
  readonly won: number;
  readonly notWon: number;
  readonly counts: Omit<WinnerCounts, 'won'>;
}

export async function countVerdicts(session: Session): Promise<Verdicts> {
  const [row] = await session.rows<Record<'won' | 'not_won' | 'updated' | 'stale' | 'already_there' | 'back', bigint>>(readSql('load/verdict-counts.sql'));
  return {
    won: Number(row!.won), notWon: Number(row!.not_won),
    counts: { updated: Number(row!.updated), stale: Number(row!.stale), alreadyThere: Number(row!.already_there), broughtBack: Number(row!.back) },
  };
}
