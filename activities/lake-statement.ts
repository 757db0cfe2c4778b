/** The one statement of a question, for Athena and for DuckDB. */
import { literalsOf, type LakeQuestion } from '../contract/lake-question';
import { fill, readSql } from '../sql/read-sql';

export function lakeStatement(question: LakeQuestion): string {
  const literals = literalsOf(question);
  const current = fill(readSql('lake/winners.sql'), { since: literals.since! }).trimEnd();
  return fill(readSql(`lake/${question.name}.sql`), { ...literals, current: `\n${current}\n` }).trimEnd();
}
