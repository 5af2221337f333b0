create table sluice.attempts (
  id bigint generated always as identity primary key,
  run integer not null,
  attempt integer not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  asset text collate "C" not null,
  partition text collate "C" not null,
  error text not null,
  message text not null
);

create index attempts_of_run on sluice.attempts (run, id);

comment on table sluice.attempts is 'Failed tries of steps; the last, successful one is the step itself.';
comment on column sluice.attempts.attempt is 'Counted from 1 within the step.';
comment on column sluice.attempts.error is 'The tag or class of the error.';

create table sluice.events (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  run integer not null,
  type text not null,
  asset text collate "C",
  partition text collate "C",
  message text not null
);

create index events_of_run on sluice.events (run, id);

comment on table sluice.events is 'What happened in a run besides the ends of its steps, in the order recorded.';

create table sluice.check_results (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  run integer,
  passed boolean not null,
  severity text not null,
  asset text collate "C" not null,
  partition text collate "C" not null,
  name text not null,
  message text not null,
  examples jsonb
);

create index check_results_of_run on sluice.check_results (run, id);

comment on table sluice.check_results is 'Results of checks on stored assets.';
comment on column sluice.check_results.run is 'Null: the check was asked for by itself.';
comment on column sluice.check_results.severity is 'warn or error.';
comment on column sluice.check_results.examples is 'Some of the offending rows; null: none.';
