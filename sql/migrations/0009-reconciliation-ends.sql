-- How does a reconciliation end that does not come to its report?
alter table ledger.reconciliations drop constraint reconciliations_state_check;
alter table ledger.reconciliations add constraint reconciliations_state_check
  check (state in ('open', 'waiting', 'agrees', 'repaired', 'differs', 'refused', 'ask_timed_out', 'cancelled', 'failed'));

comment on column ledger.reconciliations.state is
  'open: it goes on; waiting: somebody must approve its repairs; cancelled, failed: it ended without a report, and what it had repaired stays.';
