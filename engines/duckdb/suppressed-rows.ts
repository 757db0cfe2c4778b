/** Who is erased, for rows of a lane. */
import { readSql } from '../../sql/read-sql';
import type { Suppression } from '../engine';
import { fill, type Lane } from './lane';

/** What the lane's SQL needs: the list and the hash. */
export async function prepareSuppression(lane: Lane, { tokens, innerPad, outerPad }: Suppression): Promise<void> {
  await lane.fillTable('suppressed', tokens);
  await lane.run(fill(readSql('erasure/user-token.duckdb.sql'), { inner_pad: innerPad, outer_pad: outerPad }));
}

/** Takes the erased lines of a run of the transform out of the lane's judged ones; answers with how many there were. */
export async function takeErasedOut(lane: Lane, from: number): Promise<number> {
  await lane.run(fill(readSql('erasure/erased-lines.duckdb.sql'), { from }));
  const erased = await lane.count('erased_lines');
  if (erased > 0) await lane.run(readSql('erasure/forget-erased-lines.duckdb.sql'));
  return erased;
}
