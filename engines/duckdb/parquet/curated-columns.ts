/** The curated columns as Parquet has them, and what each is made of. */
import { CURATED_COLUMNS, type Column, type ColumnType } from '../../../contract/payment';
import { PLAIN_FIELDS } from '../lines/compiled-reader';
import { sayingsOf, VALUE_TYPES, type ValueType } from './file-sayings';

/** As DuckDB's writer has them, whose files lie beside these: of an instant no zone, and every column may be null. */
const TYPES: Readonly<Record<ColumnType, ValueType>> = {
  string: VALUE_TYPES.text, bigint: VALUE_TYPES.int64, int: VALUE_TYPES.int32, double: VALUE_TYPES.double, boolean: VALUE_TYPES.boolean,
  timestamp: VALUE_TYPES.instant, date: VALUE_TYPES.date,
};

export const SAYINGS = sayingsOf('curated_payments', CURATED_COLUMNS.map(({ name, type }) => ({ name, type: TYPES[type] })));

/** As assembly/files.ts numbers them. */
const MADE_OF = ['payment', 'merchant', 'text', 'number', 'score', 'creation', 'day', 'hour', 'span', 'flag', 'processed at', 'version', 'landing hour', 'hash'] as const;
/** Statuses that have a column of whether a payment has them. */
export const FLAGGED = ['APPROVED', 'REFUNDED'] as const;

/** What a column is made of, and of which field or flag; in the order of the columns. */
export const COLUMNS: readonly { readonly kind: number; readonly which: number }[] = CURATED_COLUMNS.map((column) => {
  const [kind, which = 0] = madeOf(column);
  return { kind: MADE_OF.indexOf(kind), which };
});

function madeOf({ name }: Column): readonly [kind: (typeof MADE_OF)[number], which?: number] {
  switch (name) {
    case 'payment_id': return ['payment'];
    case 'merchant_id': return ['merchant'];
    case 'user_id': case 'currency': case 'status': case 'payment_method': case 'source_system': case 'decline_reason': return ['text', PLAIN_FIELDS.indexOf(name)];
    case 'amount_cents': case 'authorized_at': case 'completed_at': return ['number', PLAIN_FIELDS.indexOf(name)];
    case 'risk_score': return ['score', PLAIN_FIELDS.indexOf(name)];
    case 'created_at': return ['creation'];
    case 'dt': return ['day'];
    case 'hour': return ['hour'];
    case 'authorized_to_complete_ms': return ['span'];
    case 'is_approved': return ['flag', FLAGGED.indexOf('APPROVED')];
    case 'is_refunded': return ['flag', FLAGGED.indexOf('REFUNDED')];
    case 'processed_at': return ['processed at'];
    case 'curated_version': return ['version'];
    case 'landing_hour': return ['landing hour'];
    case 'row_hash': return ['hash'];
  }
}
