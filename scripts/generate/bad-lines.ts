/** Lines that break the contract, at least one for each reason, each made from a good payment. */
import { MAX_LINE_BYTES, type Reason } from '../../contract/payment';
import type { RawPayment } from './payment';

export interface BadLine {
  readonly reason: Reason;
  readonly of: (payment: RawPayment) => string | Buffer;
}

function withFields(reason: Reason, fields: RawPayment): BadLine {
  return { reason, of: (payment) => JSON.stringify({ ...payment, ...fields }) };
}

export const BAD_LINES: readonly BadLine[] = [
  { reason: 'malformed_json', of: (payment) => JSON.stringify(payment).slice(0, -12) },
  { reason: 'duplicate_key', of: (payment) => JSON.stringify(payment).replace('{', '{"currency":"USD",') },
  { reason: 'line_too_long', of: (payment) => JSON.stringify({ ...payment, note: 'x'.repeat(MAX_LINE_BYTES) }) },
  withFields('payment_id_missing', { payment_id: null }),
  withFields('payment_id_invalid', { payment_id: 'pay 7/1' }),
  withFields('merchant_id_missing', { merchant_id: '' }),
  withFields('merchant_id_invalid', { merchant_id: '../merchant' }),
  withFields('user_id_invalid', { user_id: 'user\u0007' }),
  withFields('payment_method_invalid', { payment_method: '["card"]' }),
  withFields('source_system_invalid', { source_system: 's'.repeat(257) }),
  withFields('amount_missing', { amount_cents: null }),
  withFields('amount_not_integer', { amount_cents: '12.50' }),
  withFields('amount_out_of_range', { amount_cents: '9223372036854775808' }),
  withFields('amount_negative', { amount_cents: -250 }),
  withFields('currency_missing', { currency: undefined }),
  withFields('currency_invalid', { currency: 'eur' }),
  withFields('status_missing', { status: null }),
  withFields('status_unknown', { status: 'Captured' }),
  withFields('risk_score_invalid', { risk_score: 'high' }),
  withFields('authorized_at_invalid', { authorized_at: '2026-02-30T10:00:00Z' }),
  withFields('completed_at_invalid', { completed_at: 'yesterday' }),
  withFields('created_at_missing', { created_at: '' }),
  withFields('created_at_invalid', { created_at: '2019-02-29T24:00:00' }),
  withFields('decline_reason_invalid', { decline_reason: 'line one\nline two' }),
  { reason: 'malformed_json', of: (payment) => Buffer.from(JSON.stringify({ ...payment, user_id: 'Zoé' }), 'latin1') },
  { reason: 'malformed_json', of: (payment) => `${JSON.stringify(payment)},` },
  // A test card number in a line that is refused: it must not be readable in the dead letter.
  withFields('decline_reason_invalid', { decline_reason: 'tried 4111 1111 1111 1111\n' }),
];
