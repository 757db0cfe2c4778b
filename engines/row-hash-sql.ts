/** A row's hash as both engines ask for it: of the canonical text that is made of the row's columns. */
import { fill, readSql } from '../sql/read-sql';

export function rowHashSql(): string {
  return fill(readSql('curate/row-hash.sql'), { canonical: readSql('curate/canonical.sql') });
}
