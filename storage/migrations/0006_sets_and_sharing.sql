-- A run may be executed by several workers at once: a backfill that processes share.
create table sluice.run_workers (
  run integer not null references sluice.runs (id),
  worker integer not null references sluice.workers (number),
  joined_at timestamptz not null default clock_timestamp(),
  left_at timestamptz,
  running integer not null default 0,
  primary key (run, worker)
);

insert into sluice.run_workers (run, worker, joined_at) select id, worker, started_at from sluice.runs;

comment on table sluice.run_workers is
  'Which workers execute a run, or did: one, but for backfills. A running run none of whose workers is alive is lost.';
comment on column sluice.run_workers.left_at is 'Null while the worker takes part.';
comment on column sluice.run_workers.running is 'Steps under way, as the worker last reported.';

drop view sluice.run_states;
alter table sluice.runs drop column worker;

alter table sluice.steps add column error_class text, add column transient boolean;
comment on column sluice.steps.error_class is 'The tag or class of the error of a failed step.';
comment on column sluice.steps.transient is 'Whether that error says that another try may succeed.';

alter table sluice.attempts
  add column transient boolean not null default false,
  add column next_try_at timestamptz;
comment on column sluice.attempts.next_try_at is 'When the next try begins; null: there is none.';
create index attempts_followed on sluice.attempts (next_try_at) where next_try_at is not null;

-- Positions of partition keys are dense, so that sets of them are ranges.
drop index if exists sluice.partition_keys_position;
update sluice.partition_keys as key
set position = dense.position
from (
  select partition_set, key, row_number() over (partition by partition_set order by position) - 1 as position
  from sluice.partition_keys
) as dense
where dense.partition_set = key.partition_set and dense.key = key.key;
alter table sluice.partition_keys alter column position drop default;
alter table sluice.partition_keys alter column position type integer;
drop sequence sluice.partition_key_position;
create unique index partition_keys_position on sluice.partition_keys (partition_set, position);
comment on column sluice.partition_keys.position is
  'The place in the order in which the keys of the set were first added, from 0; it is never given to another key.';

create table sluice.numberings (
  asset text collate "C" primary key,
  numbering text collate "C" not null
);

create table sluice.cell_sets (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  is_base boolean not null default false,
  asset text collate "C" not null,
  numbering text collate "C" not null,
  kind text not null check (kind in ('materialized', 'failed', 'stray')),
  basis text,
  partitions text not null
);

create index cell_sets_of_asset on sluice.cell_sets (asset, id);

comment on table sluice.numberings is
  'Assets whose cells are counted in cell_sets, and by which numbering of their partitions. Where an asset is absent, or '
  'numbered otherwise than its definition now says, its sets are made anew from the table cells.';
comment on table sluice.cell_sets is
  'A log of what became of sets of cells, so that a million cells that are alike are a few rows: each commit adds a row, '
  'and now and then they are folded into base rows. All that it says follows from the table cells.';
comment on column sluice.cell_sets.is_base is
  'Folded from older rows: to be read before all others, whatever its id.';
comment on column sluice.cell_sets.basis is 'Of materialized cells: the code version and the upstream asset of each input.';
comment on column sluice.cell_sets.partitions is
  'JSON: the number of dimensions, then segments of positions, each [from, to, rest]; see PartitionSet.';

create table sluice.backfills (
  run integer primary key references sluice.runs (id),
  name text,
  paused boolean not null default false,
  round integer not null default 1,
  later jsonb not null default '[]',
  stop_reason text
);

comment on table sluice.backfills is 'Runs over many partitions that can be paused, and that several workers may share.';
comment on column sluice.backfills.paused is 'Once this is committed as true, no cell is claimed for the run.';
comment on column sluice.backfills.round is 'Grows with each retry of its failed cells.';
comment on column sluice.backfills.later is 'Assets that are planned once their partition keys are known, with the source of these.';
comment on column sluice.backfills.stop_reason is 'Why it stopped by itself.';

create table sluice.backfill_sets (
  id bigint generated always as identity primary key,
  run integer not null,
  cells integer not null,
  committed_in xid8 not null default pg_current_xact_id(),
  asset text collate "C" not null,
  numbering text collate "C" not null,
  kind text not null check (kind in ('planned', 'materialized', 'unchanged', 'failed', 'skipped')),
  partitions text not null
);

create index backfill_sets_of_run on sluice.backfill_sets (run, committed_in);

comment on table sluice.backfill_sets is
  'What is planned in a backfill and what became of it, as sets of cells; sets of one kind are to be united.';
comment on column sluice.backfill_sets.committed_in is
  'The transaction that wrote it. Who asks again for all that was written since the oldest transaction that was open '
  'when he last asked misses nothing, however the commits overtake each other.';

create table sluice.lots (
  number integer generated always as identity primary key,
  run integer not null,
  worker integer not null references sluice.workers (number),
  taken_at timestamptz not null default now(),
  asset text collate "C" not null,
  numbering text collate "C" not null,
  partitions text not null
);

create index lots_of_run on sluice.lots (run);

comment on table sluice.lots is
  'Which cells of a backfill each worker does next, so that workers keep out of each other''s way. That no cell is done '
  'twice at a time is the work of cells.claimed_by.';

create view sluice.run_states as
select
  run.id as run,
  case
    when run.state <> 'running' then run.state::text
    when not exists (
      select
      from sluice.run_workers as member
      join sluice.workers as worker on worker.number = member.worker
      where member.run = run.id and member.left_at is null and worker.stopped_at is null and worker.expires_at > now()
    ) then 'lost'
    when backfill.paused then 'paused'
    else 'running'
  end as state,
  run.request ->> 'selection' as selection,
  run.request ->> 'partitions' as partitions,
  backfill.run is not null as is_backfill,
  backfill.name,
  run.started_at,
  run.finished_at,
  coalesce(run.finished_at, now()) - run.started_at as duration,
  last.host,
  last.pid
from sluice.runs as run
left join sluice.backfills as backfill on backfill.run = run.id
left join lateral (
  select worker.host, worker.pid
  from sluice.run_workers as member
  join sluice.workers as worker on worker.number = member.worker
  where member.run = run.id
  order by member.joined_at desc
  limit 1
) as last on true;

comment on view sluice.run_states is
  'Runs and backfills with what was asked for, how they stand and where they run (of several workers, the one that '
  'joined last); lost: none of its workers is alive. Example: select run, state, selection, started_at, duration from '
  'sluice.run_states where state in (''running'', ''paused'', ''lost'') order by run desc;';

create view sluice.ledger as
select
  step.asset,
  step.partition,
  step.state::text as state,
  step.run,
  backfill.name as backfill,
  worker.host as node,
  worker.pid,
  step.started_at,
  step.finished_at,
  step.finished_at - step.started_at as duration,
  step.rows,
  step.attempts,
  step.reason,
  step.error_class,
  step.transient,
  step.error,
  next.at as next_try_at
from sluice.steps as step
left join sluice.workers as worker on worker.number = step.worker
left join sluice.backfills as backfill on backfill.run = step.run
left join (
  select run, asset, partition, max(next_try_at) as at
  from sluice.attempts
  where next_try_at > now()
  group by run, asset, partition
) as next on step.state = 'failed' and next.run = step.run and next.asset = step.asset and next.partition = step.partition;

comment on view sluice.ledger is
  'What became of every partition in every run: when, on which node (machine, or --node-id), how long it took, how many '
  'rows it gave, or with what error it failed. Example: select partition, state, finished_at, node, duration, rows, error '
  'from sluice.ledger where asset = ''nhl/live_feed'' order by finished_at desc limit 20;';

create view sluice.retries as
select
  attempt.asset,
  attempt.partition,
  attempt.run,
  attempt.attempt,
  attempt.error as error_class,
  attempt.transient,
  attempt.message,
  attempt.finished_at as failed_at,
  attempt.next_try_at
from sluice.attempts as attempt
where attempt.next_try_at is not null;

comment on view sluice.retries is
  'Failed attempts that were, or will be, followed by another one. Example: select asset, partition, message, next_try_at '
  'from sluice.retries where next_try_at > now() order by next_try_at;';

create view sluice.backfill_states as
select
  run.id as backfill,
  backfill.name,
  state.state,
  state.selection,
  state.started_at,
  state.finished_at,
  state.duration,
  counted.planned,
  counted.materialized,
  counted.unchanged,
  counted.failed,
  counted.skipped,
  greatest(
    counted.planned - counted.materialized - counted.unchanged - counted.failed - counted.skipped, 0
  ) as remaining,
  backfill.stop_reason
from sluice.backfills as backfill
join sluice.runs as run on run.id = backfill.run
join sluice.run_states as state on state.run = run.id
cross join lateral (
  select
    coalesce(sum(cells) filter (where kind = 'planned'), 0) as planned,
    coalesce(sum(cells) filter (where kind = 'materialized'), 0) as materialized,
    coalesce(sum(cells) filter (where kind = 'unchanged'), 0) as unchanged,
    coalesce(sum(cells) filter (where kind = 'failed'), 0) as failed,
    coalesce(sum(cells) filter (where kind = 'skipped'), 0) as skipped
  from sluice.backfill_sets
  where run = backfill.run
) as counted;

comment on view sluice.backfill_states is
  'Backfills with their progress in cells; a cell that several workers told of may be counted more than once for a '
  'while. Example: select backfill, state, materialized, failed, remaining from '
  'sluice.backfill_states order by backfill desc;';
