-- No row at all, where no file answers to the question. Filled in: columns.
create or replace temp view curated_payments as select ${columns}, cast(null as varchar) as "$path" limit 0
