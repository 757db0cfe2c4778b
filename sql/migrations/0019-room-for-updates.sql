-- A payment's row is written again as the payment goes on, and an hour's rows with its next revision. Where the page has room, the new
-- version stays on it and no index learns of it. Pages that are full already stay as they are.
alter table public.hour_payments set (fillfactor = 90);
alter table public.curated_payments set (fillfactor = 90);
