/** A row's hash as both engines ask for it. */
import { fill, readSql } from '../sql/read-sql';

/** `canonical`: what stands for the canonical text; otherwise it is made of the row's columns. */
export function rowHashSql(canonical = readSql('curate/canonical.sql')): string {
  return fill(readSql('curate/row-hash.sql'), { canonical });
}
