create table sluice.hooks (
  name text collate "C" primary key,
  running boolean not null default true,
  since timestamptz not null default clock_timestamp(),
  seen xid8 not null default pg_snapshot_xmin(pg_current_snapshot())
);

comment on table sluice.hooks is 'Hooks that a process has announced, or that were started or stopped by hand.';
comment on column sluice.hooks.since is 'Since when it is running or stopped; what ended before is not told.';
comment on column sluice.hooks.seen is 'The hook has seen all ends whose transaction is below this one.';

create table sluice.run_ends (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  seen_from xid8 not null default pg_current_xact_id(),
  run integer not null,
  worker integer,
  state text not null check (state in ('succeeded', 'failed', 'cancelled', 'lost'))
);

create index run_ends_to_see on sluice.run_ends (seen_from);
create unique index run_ends_lost on sluice.run_ends (run, worker) where state = 'lost';
create index run_ends_by_time on sluice.run_ends (at);

comment on table sluice.run_ends is
  'Ends of runs, for hooks: written in the transaction that ends the run, while there are hooks. Kept for a month.';
comment on column sluice.run_ends.seen_from is 'The transaction that wrote it.';
comment on column sluice.run_ends.worker is 'The worker that was lost.';

create table sluice.hook_deliveries (
  id bigint generated always as identity primary key,
  run_end bigint not null,
  told_in bigint,
  worker integer,
  recorded_at timestamptz not null default clock_timestamp(),
  due_at timestamptz not null default clock_timestamp(),
  begun_at timestamptz,
  sent_at timestamptz,
  tries integer not null default 0,
  held boolean not null default false,
  state text not null check (state in ('waiting', 'same', 'sent', 'summed', 'failed')),
  hook text collate "C" not null,
  kind text not null,
  selection text not null,
  fingerprint text,
  reason text,
  event jsonb not null,
  unique (hook, run_end)
);

create index deliveries_open on sluice.hook_deliveries (hook, id) where state = 'waiting';
create index deliveries_of_selections on sluice.hook_deliveries (hook, selection, run_end desc);
create index deliveries_by_fingerprint on sluice.hook_deliveries (hook, fingerprint, id desc) where fingerprint is not null;
create index deliveries_by_time on sluice.hook_deliveries (recorded_at);
create index deliveries_begun on sluice.hook_deliveries (hook, begun_at desc) where begun_at is not null;

comment on table sluice.hook_deliveries is
  'What hooks were told of ends of runs, or will be. One row for each hook and end, however many processes are up. Example: '
  'select recorded_at, state, event ->> ''title'', reason from sluice.hook_deliveries where hook = ''failures'' order by id desc limit 20;';
comment on column sluice.hook_deliveries.worker is 'Who delivers it; not held if that worker is not alive.';
comment on column sluice.hook_deliveries.due_at is 'Not before; of one that somebody delivers: after this it goes to others.';
comment on column sluice.hook_deliveries.begun_at is 'Of its first try.';
comment on column sluice.hook_deliveries.tries is 'Tries that were begun.';
comment on column sluice.hook_deliveries.held is 'It has waited for the limit of the hook.';
comment on column sluice.hook_deliveries.state is
  'waiting; same: not told, because the same was; sent; summed: told within another one; failed: given up.';
comment on column sluice.hook_deliveries.reason is 'Why the last try failed.';

create function sluice.note_run_end() returns trigger language plpgsql as $$
begin
  if exists (select from sluice.hooks) then
    insert into sluice.run_ends (at, run, state) values (clock_timestamp(), new.id, new.state::text);
  end if;
  return null;
end
$$;

create trigger run_ends_for_hooks after update of state on sluice.runs
for each row when (old.state = 'running' and new.state <> 'running')
execute function sluice.note_run_end();
