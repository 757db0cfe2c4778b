-- Is there a payment of the merchant?
select exists (select from rollups.totals where merchant_id = $1) as known;
