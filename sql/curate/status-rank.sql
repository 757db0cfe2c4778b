-- Which rank does a status have? It breaks a tie of created_at.
case status
  when 'PENDING' then 1 when 'AUTHORIZED' then 2 when 'APPROVED' then 3 when 'CAPTURED' then 4 when 'SETTLED' then 5
  when 'DECLINED' then 6 when 'FAILED' then 7 when 'CANCELLED' then 8 when 'VOIDED' then 9 when 'EXPIRED' then 10
  when 'REFUNDED' then 11 when 'CHARGEBACK' then 12
end
