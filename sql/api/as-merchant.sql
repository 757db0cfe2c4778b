-- Whose rows may be read until the transaction ends?
select set_config('sluice.merchant', $1, true);
