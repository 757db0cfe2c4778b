/** The rules as both engines ask them, filled in for an hour. */
import { CURRENCIES } from '../contract/currencies';
import { latestCreation, type LandingHour } from '../contract/landing-hour';
import { fill, readSql } from '../sql/read-sql';
import { rowHashSql } from './row-hash-sql';

/** `mayHoldControls`: false where it is known that no text holds a control character. */
export function judgeSql(landingHour: LandingHour, mayHoldControls: boolean): string {
  return fill(readSql('curate/judge.sql'), {
    currencies: CURRENCIES.join('|'),
    row_hash: rowHashSql(),
    status_rank: readSql('curate/status-rank.sql'),
    latest_created_at: BigInt(latestCreation(landingHour).getTime()) * 1000n,
    may_hold_controls: String(mayHoldControls),
  });
}
