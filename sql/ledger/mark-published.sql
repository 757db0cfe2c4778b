-- Kafka has this revision: from here on it can only go forward.
update ledger.revisions
set state = 'published', published_at = coalesce(published_at, clock_timestamp())
where landing_hour = $1 and revision = $2 and state in ('committed', 'published');
