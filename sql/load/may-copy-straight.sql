-- May the payments of this hour that nobody has be copied into the tables themselves? Not by a role that row security holds: Postgres refuses
-- it COPY, whatever its policy says. Not where somebody put rows into the hour: they would have to be compared.
select not row_security_active('curated_payments')
  and not row_security_active('hour_payments')
  and not exists (select from hour_payments where landing_hour = $1) as may;
