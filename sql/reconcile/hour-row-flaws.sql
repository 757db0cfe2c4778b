-- Which of the columns that are kept for the order of versions are not what they should be? Of a row of hour_payments.
concat_ws(',',
  case when status_rank is distinct from array_position($2::text[], status) then 'status_rank' end,
  case when landing_hour <> $1 then 'landing_hour' end
)
