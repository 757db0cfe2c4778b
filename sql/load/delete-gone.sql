-- Payments that no hour has any more.
delete from curated_payments c
using verdicts v
where v.verdict = 'gone' and c.payment_id = v.payment_id;
