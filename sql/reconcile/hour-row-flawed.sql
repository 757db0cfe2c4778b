-- Is a column that is kept for the order of versions not what it should be? Of `p`, a row of hour_payments.
(p.status_rank is distinct from array_position($2::text[], p.status) or p.landing_hour <> $1)
