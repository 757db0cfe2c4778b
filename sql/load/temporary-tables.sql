-- Where the run's records, the verdicts on them and the rows brought back lie until the transaction ends.
create temporary table arrived (
  op                        smallint         not null, -- 1 upsert, 2 retract
  payment_id                text collate "C" not null,
  merchant_id               text collate "C" not null,
  user_id                   text,
  amount_cents              bigint           not null,
  currency                  text collate "C" not null,
  status                    text collate "C" not null,
  payment_method            text,
  risk_score                double precision,
  authorized_at             timestamptz,
  completed_at              timestamptz,
  created_at                timestamptz      not null,
  source_system             text,
  decline_reason            text,
  dt                        date             not null,
  hour                      integer          not null,
  authorized_to_complete_ms bigint,
  is_approved               boolean          not null,
  is_refunded               boolean          not null,
  processed_at              timestamptz      not null,
  curated_version           integer          not null,
  landing_hour              timestamptz      not null,
  row_hash                  bigint           not null
) on commit drop;

create temporary table brought_back (like arrived) on commit drop;

create temporary table verdicts (
  payment_id    text collate "C" not null,
  op            smallint         not null,
  verdict       text             not null,
  winner_hour   timestamptz,
  winner_dt     date,
  winner_merchant text collate "C",
  winner_hash   bigint
) on commit drop;
