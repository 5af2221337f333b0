create type sluice.run_state as enum ('running', 'succeeded', 'failed', 'cancelled');

create table sluice.workers (
  number integer generated always as identity primary key,
  id text not null,
  host text not null,
  pid integer not null,
  lease interval not null,
  started_at timestamptz not null default now(),
  expires_at timestamptz not null,
  stopped_at timestamptz
);

-- The rows of stopped workers stay, so that history can say which machine did what; an id is unique among the others.
create unique index workers_id on sluice.workers (id) where stopped_at is null;

comment on table sluice.workers is
  'Processes that execute steps. A worker is alive while stopped_at is null and expires_at > now(); what a worker that '
  'is not alive has claimed may be taken over.';
comment on column sluice.workers.number is 'Stands for the worker in other tables, because it is short.';
comment on column sluice.workers.id is 'The name the process gave itself.';
comment on column sluice.workers.host is 'The name of the machine, or the one given by --node-id.';
comment on column sluice.workers.lease is 'How long a heartbeat is good for.';
comment on column sluice.workers.expires_at is 'The end of the lease, by the clock of this database.';

create table sluice.runs (
  id integer generated always as identity primary key,
  state sluice.run_state not null default 'running',
  cancel_requested boolean not null default false,
  request jsonb not null,
  worker integer not null references sluice.workers (number),
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  materialized integer,
  failed integer,
  skipped integer
);

comment on table sluice.runs is
  'Executions of plans. A running run whose worker is not alive is lost and can be resumed.';
comment on column sluice.runs.cancel_requested is 'Once this is committed as true, no cell is claimed for the run.';
comment on column sluice.runs.request is 'What was asked for: selection, partitions, force, concurrency.';
comment on column sluice.runs.worker is 'The worker that executes it, or did last.';
comment on column sluice.runs.materialized is 'Number of steps that ended so; null while the run is running.';
