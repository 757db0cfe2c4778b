-- Nothing was ever loaded: each side begins where the one before it began.
truncate peer_payments, hour_payments, curated_payments, ledger.hours cascade;
