-- Which payments of the hours, or of the day, may have the wrong winner? Some of them may turn out to be right; none is left out.
-- Filled in: flaws, in which the hash is that of rows written since $5 alone, or of all where that is null.
-- Found from the hours' rows and from the day's index: curated_payments is never read whole.
(
  select h.payment_id
  from hour_payments h
  left join curated_payments c on c.payment_id = h.payment_id
  left join ledger.revisions r on r.landing_hour = c.landing_hour and r.revision = c.curated_version
  where h.landing_hour = any($1::timestamptz[])
    and (
      c.payment_id is null
      or (h.created_at, h.status_rank, h.row_hash, h.landing_hour)
        > (c.created_at, coalesce(array_position($2::text[], c.status), 0), c.row_hash, c.landing_hour)
      or (
        c.landing_hour = h.landing_hour
        and (
          (h.created_at, h.row_hash, h.currency, h.status, h.amount_cents, h.dt, h.merchant_id)
            <> (c.created_at, c.row_hash, c.currency, c.status, c.amount_cents, c.dt, c.merchant_id)
          or ${flaws} <> ''
        )
      )
    )
  limit $4
)
union
(
  select c.payment_id
  from curated_payments c
  left join hour_payments h on h.landing_hour = c.landing_hour and h.payment_id = c.payment_id
  where c.dt = $3 and (h.payment_id is null or h.dt <> c.dt)
  limit $4
);
