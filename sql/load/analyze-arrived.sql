-- What the statements to come join and choose by; the other columns are only carried.
analyze arrived (op, payment_id);
