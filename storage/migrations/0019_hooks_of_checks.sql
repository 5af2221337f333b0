alter table sluice.run_ends
  alter column run drop not null,
  add column checks jsonb,
  drop constraint run_ends_state_check,
  add constraint run_ends_state_check check (state in ('succeeded', 'failed', 'cancelled', 'lost', 'checked'));

comment on table sluice.run_ends is
  'Ends of runs, and checks that were asked for by themselves, for hooks: written in the transaction that ends the run, '
  'while there are hooks. Kept for a month.';
comment on column sluice.run_ends.run is 'Null: checks that were asked for by themselves.';
comment on column sluice.run_ends.checks is 'What these came to.';
