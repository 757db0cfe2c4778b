-- Has the hour no payment yet?
select not exists (select from hour_payments where landing_hour = $1) as empty;
