-- A tenth of an hour's rows, wherever they lie, find room on their pages: where 90 % of a page were filled, every seventh of them found none, since
-- chance puts more of them on one page than on another, and each of those went to another page and into every index.
alter table public.hour_payments set (fillfactor = 85);
alter table public.curated_payments set (fillfactor = 80);
