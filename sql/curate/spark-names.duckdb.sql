-- What do Spark's functions of the transform mean in DuckDB? Run once in a session; Spark needs none of it.
create or replace temp macro regexp_like(value, pattern) as regexp_matches(value, pattern);
create or replace temp macro unix_micros(value) as epoch_us(value);
create or replace temp macro timestamp_micros(value) as make_timestamp(value);
create or replace temp macro try_to_timestamp(value) as try_cast(value as timestamp);
create or replace temp macro pmod(value, divisor) as ((value % divisor) + divisor) % divisor;
create or replace temp macro conv(digits, from_base, to_base) as cast(concat('0x', digits) as bigint);

-- A text that a bare number may have been changed to: 1.50 reads as 1.5, 1e3 as 1000.0, -0 as 0.
create or replace temp macro may_be_rewritten(value) as
  regexp_matches(value, '^(0|-?[0-9]+([.][0-9]+)?e[+-]?[0-9]+|-?[0-9]+[.][0-9]+)$');
