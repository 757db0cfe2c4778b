-- The same rows with instants as whole microseconds, as the Glue table of this name has them.
create or replace temp view curated_rows as
select * replace (
  epoch_us(authorized_at) as authorized_at,
  epoch_us(completed_at) as completed_at,
  epoch_us(created_at) as created_at,
  epoch_us(processed_at) as processed_at,
  epoch_us(landing_hour) as landing_hour
)
from curated_payments
