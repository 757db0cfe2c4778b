-- Where the peer loads the payments: the columns and indexes of ours, without the triggers that keep roll-ups.
create table peer_payments (like curated_payments including all);
