/** What a payment is: the fields of a raw line, the reasons a line can be refused for, the columns of a curated row. */
import type { LandingHour } from './landing-hour';

/** Bumped when a rule of the contract changes what a line becomes; a run under another version is a new revision. */
export const CONTRACT_VERSION = 1;

/** In rank order, 1, 2, …: the rank breaks a tie of created_at. */
export const STATUSES = [
  'PENDING', 'AUTHORIZED', 'APPROVED', 'CAPTURED', 'SETTLED', 'DECLINED', 'FAILED',
  'CANCELLED', 'VOIDED', 'EXPIRED', 'REFUNDED', 'CHARGEBACK',
] as const;
export type PaymentStatus = (typeof STATUSES)[number];

export const MAX_LINE_BYTES = 1024 * 1024;
export const MAX_JSON_DEPTH = 512;
export const MAX_BARE_NUMBER_CHARACTERS = 1000;

/** The raw line's fields, in the order in which their reasons are given. */
export const RAW_FIELDS = [
  'payment_id', 'merchant_id', 'user_id', 'payment_method', 'source_system', 'amount_cents', 'currency', 'status',
  'risk_score', 'authorized_at', 'completed_at', 'created_at', 'decline_reason',
] as const;
export type RawField = (typeof RAW_FIELDS)[number];

/** In the contract's order. The first three stand alone. */
export const REASONS = [
  'malformed_json', 'duplicate_key', 'line_too_long',
  'payment_id_missing', 'payment_id_invalid',
  'merchant_id_missing', 'merchant_id_invalid',
  'user_id_invalid', 'payment_method_invalid', 'source_system_invalid',
  'amount_missing', 'amount_not_integer', 'amount_out_of_range', 'amount_negative',
  'currency_missing', 'currency_invalid',
  'status_missing', 'status_unknown',
  'risk_score_invalid',
  'authorized_at_invalid', 'completed_at_invalid',
  'created_at_missing', 'created_at_invalid',
  'decline_reason_invalid',
] as const;
export type Reason = (typeof REASONS)[number];

/**
 * A curated row as it travels through the topic. int64 are bigint and instants are epoch microseconds as bigint:
 * neither may ever pass through a JavaScript number. `dt` is `YYYY-MM-DD`.
 */
export interface CuratedPayment {
  readonly payment_id: string;
  readonly merchant_id: string;
  readonly user_id: string | null;
  readonly amount_cents: bigint;
  readonly currency: string;
  readonly status: PaymentStatus;
  readonly payment_method: string | null;
  readonly risk_score: number | null;
  readonly authorized_at: bigint | null;
  readonly completed_at: bigint | null;
  readonly created_at: bigint;
  readonly source_system: string | null;
  readonly decline_reason: string | null;
  readonly dt: string;
  readonly hour: number;
  readonly authorized_to_complete_ms: bigint | null;
  readonly is_approved: boolean;
  readonly is_refunded: boolean;
  readonly processed_at: bigint;
  readonly curated_version: number;
  readonly landing_hour: bigint;
  readonly row_hash: bigint;
}

export type ColumnType = 'string' | 'bigint' | 'int' | 'double' | 'boolean' | 'timestamp' | 'date';
export interface Column {
  readonly name: keyof CuratedPayment;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/** The curated columns in the order every store keeps them. */
export const CURATED_COLUMNS: readonly Column[] = [
  { name: 'payment_id', type: 'string', nullable: false },
  { name: 'merchant_id', type: 'string', nullable: false },
  { name: 'user_id', type: 'string', nullable: true },
  { name: 'amount_cents', type: 'bigint', nullable: false },
  { name: 'currency', type: 'string', nullable: false },
  { name: 'status', type: 'string', nullable: false },
  { name: 'payment_method', type: 'string', nullable: true },
  { name: 'risk_score', type: 'double', nullable: true },
  { name: 'authorized_at', type: 'timestamp', nullable: true },
  { name: 'completed_at', type: 'timestamp', nullable: true },
  { name: 'created_at', type: 'timestamp', nullable: false },
  { name: 'source_system', type: 'string', nullable: true },
  { name: 'decline_reason', type: 'string', nullable: true },
  { name: 'dt', type: 'date', nullable: false },
  { name: 'hour', type: 'int', nullable: false },
  { name: 'authorized_to_complete_ms', type: 'bigint', nullable: true },
  { name: 'is_approved', type: 'boolean', nullable: false },
  { name: 'is_refunded', type: 'boolean', nullable: false },
  { name: 'processed_at', type: 'timestamp', nullable: false },
  { name: 'curated_version', type: 'int', nullable: false },
  { name: 'landing_hour', type: 'timestamp', nullable: false },
  { name: 'row_hash', type: 'bigint', nullable: false },
];

/** How one revision differs from another: the header `op` of a published record. */
export type ChangeOp = 'upsert' | 'retract';

export interface Change {
  readonly op: ChangeOp;
  readonly row: CuratedPayment;
}

/** A line refused, as it is kept in the lake (`dead-letters/…ndjson`). Card numbers in it are masked. */
export interface DeadLetter {
  readonly landingHour: LandingHour;
  readonly revision: number;
  readonly object: string;
  /** the version id where the bucket keeps versions, else the ETag */
  readonly version: string;
  /** byte offset in the decompressed stream, a byte order mark included */
  readonly offset: number;
  /** length in bytes of the line without its ending */
  readonly length: number;
  /** 1, 2, … in the object */
  readonly lineNumber: number;
  readonly reasons: readonly Reason[];
  /** the line, or rawBase64 where it is not UTF-8; only the first KiB of a line that is too long */
  readonly raw?: string;
  readonly rawBase64?: string;
  /** of the whole line, for lines too long to keep */
  readonly sha256?: string;
  /** card numbers masked in it */
  readonly cards?: number;
}
