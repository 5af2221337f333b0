create table sluice.sensors (
  name text collate "C" primary key,
  running boolean not null default true,
  since timestamptz not null default clock_timestamp(),
  cursor jsonb not null default 'null',
  observer integer,
  epoch integer not null default 0,
  failures integer not null default 0,
  failed_at timestamptz,
  error text
);

comment on table sluice.sensors is 'Sensors that a daemon has seen, that were started or stopped by hand, or whose cursor was set.';
comment on column sluice.sensors.cursor is 'What it has seen; null until something was.';
comment on column sluice.sensors.observer is 'The number of the worker that observes it, while that is alive.';
comment on column sluice.sensors.epoch is 'Another one when somebody takes it over or sets its cursor: what was observed before is refused.';
comment on column sluice.sensors.failures is 'Failures in a row.';

create table sluice.sensor_requests (
  at timestamptz not null default clock_timestamp(),
  run integer,
  state sluice.tick_state not null check (state <> 'waiting'),
  sensor text collate "C" not null,
  key text collate "C" not null,
  reason text,
  primary key (sensor, key)
);

create unique index requests_of_runs on sluice.sensor_requests (run) where run is not null;
create index requests_by_time on sluice.sensor_requests (sensor, at);

comment on table sluice.sensor_requests is
  'What sensors have asked for, by key. A request is one row, written together with its run and the cursor: a key gets one '
  'run, however many daemons are up.';
comment on column sluice.sensor_requests.reason is 'Why there is no run, or why it could not be executed.';

create function sluice.tell_run_end() returns trigger language plpgsql as $$
begin
  perform pg_notify('sluice_runs', '');
  return null;
end
$$;

create trigger run_ends after update of state on sluice.runs
for each row when (old.state = 'running' and new.state <> 'running')
execute function sluice.tell_run_end();
