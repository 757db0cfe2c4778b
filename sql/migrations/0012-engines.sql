-- Which engine ran a stage, as which run of which service, and what did it use?
alter table ledger.stages add column engine text generated always as (result ->> 'engine') stored;
alter table ledger.stages add column external_run text generated always as (result #>> '{run,externalRun}') stored;
alter table ledger.stages add column log_link text generated always as (result #>> '{run,log}') stored;
alter table ledger.stages add column dpu_seconds numeric generated always as ((result #>> '{run,dpuSeconds}')::numeric) stored;
alter table ledger.stages add column vcpu_seconds numeric generated always as ((result #>> '{run,vcpuSeconds}')::numeric) stored;
alter table ledger.stages add column gigabyte_seconds numeric generated always as ((result #>> '{run,gigabyteSeconds}')::numeric) stored;
alter table ledger.stages add column cost_dollars numeric generated always as ((result #>> '{run,dollars}')::numeric) stored;

comment on column ledger.stages.engine is 'What ran the transform: duckdb, spark-local, glue, emr-serverless; null for stages without one, and from before there was a choice.';
comment on column ledger.stages.external_run is 'Id of the run at the service; null where the stage ran in the worker.';
comment on column ledger.stages.log_link is 'Where the run''s log is, in the provider''s console.';
comment on column ledger.stages.dpu_seconds is 'What a run of Glue used, as Glue counts it; null where it did not say.';
comment on column ledger.stages.vcpu_seconds is 'What a run of EMR Serverless used; null where it did not say.';
comment on column ledger.stages.gigabyte_seconds is 'Memory that a run of EMR Serverless used; null where it did not say.';
comment on column ledger.stages.cost_dollars is 'Of the run whose result was taken, at list prices: an estimate, no bill. Runs that failed before it are not in it.';
