-- A retry of a backfill that has ended does what failed and nothing else, also where another process goes on with it.
alter table sluice.backfills
  add column retry_of sluice.run_state,
  add column stopped_before text;

comment on column sluice.backfills.retry_of is
  'Only the cells of kind retried are to be done: the state that it had before, and has again afterwards. Null: all are.';
comment on column sluice.backfills.stopped_before is 'The stop_reason that belongs to retry_of.';

alter table sluice.backfill_sets drop constraint backfill_sets_kind_check;
alter table sluice.backfill_sets add constraint backfill_sets_kind_check
  check (kind in ('planned', 'materialized', 'unchanged', 'failed', 'skipped', 'retried'));
comment on column sluice.backfill_sets.kind is
  'What became of the cells; retried: planned ones that are tried again, while others that are open stay as they are.';
