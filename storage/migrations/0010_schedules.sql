create table sluice.schedules (
  name text collate "C" primary key,
  running boolean not null default true,
  since timestamptz not null default clock_timestamp(),
  definition text not null
);

comment on table sluice.schedules is 'Schedules that a daemon has seen, or that were started or stopped by hand.';
comment on column sluice.schedules.since is
  'Since when it is running or stopped, or has its present definition: what was due before is not caught up.';
comment on column sluice.schedules.definition is 'When it is due; empty until a daemon has seen it.';

create type sluice.tick_state as enum ('waiting', 'started', 'skipped', 'failed');

create table sluice.ticks (
  due timestamptz not null,
  at timestamptz not null default clock_timestamp(),
  run integer,
  state sluice.tick_state not null,
  schedule text collate "C" not null,
  reason text,
  primary key (schedule, due)
);

create unique index ticks_of_runs on sluice.ticks (run) where run is not null;
create index ticks_that_wait on sluice.ticks (schedule, due) where state = 'waiting';
create index runs_that_run on sluice.runs (id) where state = 'running';

comment on table sluice.ticks is
  'Due moments of schedules that were decided upon. A tick is one row, written together with its run: however many daemons '
  'are up, it starts one run.';
comment on column sluice.ticks.at is 'When it was decided upon, by the clock of this database; with a run, when that was created.';
comment on column sluice.ticks.reason is 'Why it was skipped or has failed.';
