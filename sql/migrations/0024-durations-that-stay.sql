-- The same roll-ups by the same trigger: of payments that are written again, what came and went of a bucket of durations is left out where it is the
-- same, before it is summed by merchant, by method and by day. Of payments of which only the amount or the status changes that is nearly every bucket.
-- The longest of both has to be the same too: where a longer one went, rollups.longest asks for the next.
do $do$
declare
  function_text constant text := pg_get_functiondef('rollups.change_updated'::regproc);
  whole_group constant text := 'group by merchant_id, dt, payment_method, bucket
    ) timed';
begin
  if position(whole_group in function_text) = 0 then
    raise exception 'rollups.change_updated() is not as migration 0020 left it';
  end if;
  execute replace(function_text, whole_group, 'group by merchant_id, dt, payment_method, bucket
      having sum(n) <> 0 or sum(n * ms) <> 0 or max(ms) filter (where n > 0) is distinct from max(ms) filter (where n < 0)
    ) timed');
end
$do$;
