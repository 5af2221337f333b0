create table sluice.call_sums (
  run integer not null references sluice.runs (id),
  worker integer not null references sluice.workers (number),
  resource text collate "C" not null,
  route text collate "C" not null,
  calls bigint not null,
  errors jsonb not null,
  latencies jsonb not null,
  millis double precision not null,
  wait_millis double precision not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  rate_limit jsonb,
  primary key (run, worker, resource, route)
);

comment on table sluice.call_sums is
  'Calls of outside APIs, summed up by run, worker, API and route; each worker replaces its own rows as it goes on.';
comment on column sluice.call_sums.errors is 'How many calls ended in which error: {"TimedOut": 3}.';
comment on column sluice.call_sums.latencies is
  'How many calls took how long: bucket n is from 1.1^(n-1) to 1.1^n milliseconds, bucket 0 up to 1 ms.';

create view sluice.calls as
with bucket as (
  select run, resource, route, entry.key::integer as number, sum(entry.value::bigint) as calls
  from sluice.call_sums, jsonb_each_text(latencies) as entry
  group by run, resource, route, entry.key
), ranked as (
  select
    run, resource, route, number,
    sum(calls) over (partition by run, resource, route order by number) as seen,
    sum(calls) over (partition by run, resource, route) as total
  from bucket
), quantile as (
  select
    run, resource, route,
    min(number) filter (where seen >= 0.5 * total) as p50,
    min(number) filter (where seen >= 0.9 * total) as p90,
    min(number) filter (where seen >= 0.99 * total) as p99
  from ranked
  group by run, resource, route
), error as (
  select run, resource, route, sum(count) as failed, jsonb_object_agg(kind, count) as errors
  from (
    select run, resource, route, entry.key as kind, sum(entry.value::bigint) as count
    from sluice.call_sums, jsonb_each_text(errors) as entry
    group by run, resource, route, entry.key
  ) as kinds
  group by run, resource, route
), total as (
  select
    run, resource, route, sum(calls) as calls, sum(millis) as millis, sum(wait_millis) as wait_millis,
    min(first_at) as first_at, max(last_at) as last_at
  from sluice.call_sums
  group by run, resource, route
)
select
  total.run,
  total.resource,
  total.route,
  total.calls::bigint as calls,
  coalesce(error.failed, 0)::bigint as failed,
  coalesce(error.errors, '{}') as errors,
  round(total.millis::numeric / total.calls, 1) as mean_ms,
  round(power(1.1, greatest(0, quantile.p50 - 0.5))::numeric, 1) as p50_ms,
  round(power(1.1, greatest(0, quantile.p90 - 0.5))::numeric, 1) as p90_ms,
  round(power(1.1, greatest(0, quantile.p99 - 0.5))::numeric, 1) as p99_ms,
  round(total.wait_millis::numeric / total.calls, 1) as mean_wait_ms,
  total.first_at,
  total.last_at
from total
join quantile using (run, resource, route)
left join error using (run, resource, route);

comment on view sluice.calls is
  'Calls of outside APIs by run, API and route: how many, their errors by kind, how long they took (to about 5 %) and '
  'waited. Example: select resource, route, calls, failed, p50_ms, p99_ms from sluice.calls where run = 7;';
