create view sluice.materializations as
select
  step.asset,
  step.partition,
  step.run,
  step.started_at,
  step.finished_at,
  step.finished_at - step.started_at as duration,
  worker.host,
  worker.pid,
  step.rows,
  step.data_version,
  step.code_version,
  step.reason,
  step.attempts,
  step.inputs,
  step.metadata
from sluice.steps as step
left join sluice.workers as worker on worker.number = step.worker
where step.state = 'materialized';

comment on view sluice.materializations is
  'Which partitions were processed, when, by which machine, how long it took and how many rows it gave. Example: '
  'select partition, finished_at, host, duration, rows from sluice.materializations where asset = ''nhl/games'' '
  'order by finished_at desc limit 20;';

create view sluice.failures as
select
  step.asset,
  step.partition,
  step.run,
  step.started_at,
  step.finished_at,
  step.finished_at - step.started_at as duration,
  worker.host,
  worker.pid,
  step.attempts,
  step.error
from sluice.steps as step
left join sluice.workers as worker on worker.number = step.worker
where step.state = 'failed';

comment on view sluice.failures is
  'Which steps failed, with what error, when and on which machine. Example: '
  'select asset, partition, error from sluice.failures where run = 7;';

create view sluice.cell_states as
select
  cell.asset,
  cell.partition,
  case
    when holder.number is not null then 'running'
    when cell.failed then 'failed'
    when cell.data_version is not null then 'materialized'
    else 'missing'
  end as state,
  cell.materialized_at,
  cell.materialized_by as run,
  cell.data_version,
  cell.code_version,
  holder.host as running_on,
  cell.error
from sluice.cells as cell
left join sluice.workers as holder
  on holder.number = cell.claimed_by and holder.stopped_at is null and holder.expires_at > now();

comment on view sluice.cell_states is
  'How every partition stands now: running, failed, materialized or missing. Example: '
  'select asset, state, count(*) from sluice.cell_states group by asset, state order by asset, state;';

create view sluice.run_states as
select
  run.id as run,
  case
    when run.state = 'running' and (worker.stopped_at is not null or worker.expires_at <= now()) then 'lost'
    else run.state::text
  end as state,
  run.request ->> 'selection' as selection,
  run.request ->> 'partitions' as partitions,
  run.started_at,
  run.finished_at,
  coalesce(run.finished_at, now()) - run.started_at as duration,
  worker.host,
  worker.pid
from sluice.runs as run
join sluice.workers as worker on worker.number = run.worker;

comment on view sluice.run_states is
  'Runs with what was asked for, how they stand and where they run; lost: the worker of a running run is not alive.';
