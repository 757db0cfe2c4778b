-- Which rows are the texts in these files, in their order? A line is a mark, a hash and a canonical text: `~` where there is no value, the
-- score in millionths. Filled in: files (a list). The buffer is a lane's: DuckDB would take 32 MB at a time, and several of them.
select
  payment_id,
  merchant_id,
  text_of_canonical(user_id) as user_id,
  amount_cents,
  currency,
  status,
  text_of_canonical(payment_method) as payment_method,
  cast(risk_millionths as double) / 1000000 as risk_score,
  authorized_at,
  completed_at,
  created_at,
  text_of_canonical(source_system) as source_system,
  text_of_canonical(decline_reason) as decline_reason,
  row_hash
from read_csv(
  ${files},
  columns = {
    'mark': 'varchar', 'row_hash': 'bigint', 'payment_id': 'varchar', 'merchant_id': 'varchar', 'user_id': 'varchar', 'amount_cents': 'bigint',
    'currency': 'varchar', 'status': 'varchar', 'payment_method': 'varchar', 'risk_millionths': 'bigint', 'authorized_at': 'bigint',
    'completed_at': 'bigint', 'created_at': 'bigint', 'source_system': 'varchar', 'decline_reason': 'varchar'
  },
  header = false, auto_detect = false, delim = '|', nullstr = '~', quote = '', escape = '', new_line = '\n', max_line_size = 65536, buffer_size = 4194304
)
