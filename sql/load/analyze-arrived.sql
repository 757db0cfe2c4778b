-- What the statements to come join by; the other columns are only carried.
analyze arrived (payment_id), retracted (payment_id);
