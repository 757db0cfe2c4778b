/** What of a kept row goes beside the columns that the transform makes anew of it: sql/reconcile/kept-rows.sql has them. */
export const ALSO_KEPT = [
  'kept_in', 'kept_dt', 'kept_hour', 'kept_authorized_to_complete_ms', 'kept_is_approved', 'kept_is_refunded', 'kept_processed_at',
  'kept_curated_version', 'kept_landing_hour', 'kept_row_hash',
].map((name) => `, ${name}`).join('');
