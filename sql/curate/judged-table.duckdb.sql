-- The lane's judged lines.
create temp table judged (
  n bigint,
  reasons varchar,
  payment_id varchar,
  merchant_id varchar,
  user_id varchar,
  amount_cents bigint,
  currency varchar,
  status varchar,
  payment_method varchar,
  risk_score double,
  authorized_at bigint,
  completed_at bigint,
  created_at bigint,
  source_system varchar,
  decline_reason varchar,
  status_rank integer,
  row_hash bigint,
  line_id bigint,
  doubtful integer
)
