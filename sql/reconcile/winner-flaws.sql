-- Which columns of a winner are not what its fields say, or its revision? Of `c`, a row of curated_payments, and `r`, its revision.
-- Filled in: hash, is_hashed (whether it is to be made anew).
concat_ws(',',
  case when ${is_hashed} and c.row_hash <> ${hash} then 'row_hash' end,
  case when c.dt <> (c.created_at at time zone 'UTC')::date then 'dt' end,
  case when c.hour <> extract(hour from c.created_at at time zone 'UTC') then 'hour' end,
  case
    when c.authorized_to_complete_ms is distinct from case
      when isfinite(c.authorized_at) and isfinite(c.completed_at) then floor(extract(epoch from c.completed_at - c.authorized_at) * 1000)
    end then 'authorized_to_complete_ms'
  end,
  case when c.is_approved <> (c.status = 'APPROVED') then 'is_approved' end,
  case when c.is_refunded <> (c.status = 'REFUNDED') then 'is_refunded' end,
  case when r.loaded_at is null then 'curated_version' when r.processed_at <> c.processed_at then 'processed_at' end
)
