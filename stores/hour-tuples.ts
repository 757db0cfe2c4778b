/**
 * Tuples of hour_payments from those of curated_payments: what an hour says of a payment is among what is written of it anyway, in the same
 * bytes. In the order of sql/load/copy-hour-payments.sql.
 */
import { copyPart } from '../contract/bytes';
import { CURATED_COLUMNS, STATUSES, type Column } from '../contract/payment';
import { TupleBytes } from './tuple-bytes';

const KEPT: ReadonlySet<Column['name']> = new Set([
  'payment_id', 'merchant_id', 'amount_cents', 'currency', 'status', 'created_at', 'dt', 'landing_hour', 'row_hash',
]);
const IS_KEPT = CURATED_COLUMNS.map(({ name }) => KEPT.has(name));
const STATUS = CURATED_COLUMNS.findIndex(({ name }) => name === 'status');
/** As array_position in SQL: the first is 1. */
const RANKS = new Map<string, number>(STATUSES.map((status, i) => [status, i + 1]));
const RANK_BYTES = 2;

export class HourTuples extends TupleBytes {
  /** The tuple of curated_payments from `start` to `end`. */
  take(bytes: Buffer, start: number, end: number): void {
    this.begin(KEPT.size + 1, end - start + 4 + RANK_BYTES);
    let rank: number | undefined;
    for (let column = 0, at = start + 2; column < IS_KEPT.length; column += 1) {
      const length = bytes.readInt32BE(at);
      const next = at + 4 + Math.max(length, 0);
      if (column === STATUS) rank = RANKS.get(bytes.toString('latin1', at + 4, next));
      if (IS_KEPT[column] === true) this.at = copyPart(bytes, at, next, this.chunk, this.at);
      at = next;
    }
    // The server refuses what has none.
    if (rank === undefined) return this.nothing();
    this.word(RANK_BYTES);
    this.chunk[this.at] = 0;
    this.chunk[this.at + 1] = rank;
    this.at += RANK_BYTES;
  }
}
