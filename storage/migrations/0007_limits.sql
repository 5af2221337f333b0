-- Rate limits that processes share. Moments are milliseconds since 1970 by the clock of this database, as numbers: they
-- are added up and divided far more often than they are read.
create table sluice.limits (
  number integer generated always as identity primary key,
  name text not null,
  scope text not null,
  machine text not null,
  next float8 not null default '-infinity',
  keep float8 not null default 0,
  factor float8 not null default 1,
  fell_at float8 not null default '-infinity',
  paused_until float8 not null default '-infinity',
  falls integer not null default 0,
  used_at timestamptz not null default now(),
  unique (name, scope, machine)
) with (fillfactor = 50);

comment on table sluice.limits is
  'Budgets of rate limits: one for all, or one a machine. The row is locked by who asks for permits.';
comment on column sluice.limits.machine is 'Of a limit with the scope node, else empty.';
comment on column sluice.limits.next is 'The slot after the last one given.';
comment on column sluice.limits.keep is 'How long answered calls are remembered: the longest window that the limit has.';
comment on column sluice.limits.factor is 'Of the declared rate, at fell_at; it recovers from then on.';
comment on column sluice.limits.falls is 'How often a server has said that there were too many calls.';

create table sluice.limit_holders (
  budget integer not null references sluice.limits (number) on delete cascade,
  id text not null,
  alive_until float8 not null,
  calls integer[] not null,
  per float8[] not null,
  burst integer[] not null,
  open integer not null,
  want integer not null,
  least integer not null,
  since float8 not null,
  asks_at float8 not null,
  lot_count integer not null default 0,
  lot_start float8,
  lot_first float8,
  lot_spacing float8,
  primary key (budget, id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

comment on table sluice.limit_holders is
  'Processes that use a budget. When alive_until is over, what is open counts as if it had arrived then.';
comment on column sluice.limit_holders.calls is 'With per and burst: the rates that the process holds to; the lowest of all holds for each.';
comment on column sluice.limit_holders.open is 'Permits whose calls are not answered yet, or not made yet.';
comment on column sluice.limit_holders.want is 'Permits it waits for, since when; 0: none.';
comment on column sluice.limit_holders.asks_at is 'When it asks again; a lot given to it meanwhile begins no sooner.';
comment on column sluice.limit_holders.lot_count is 'Permits that were given while it waited; it fetches them with its next ask.';

create table sluice.limit_answers (
  budget integer not null references sluice.limits (number) on delete cascade,
  number bigint generated always as identity,
  count integer not null,
  at float8 not null,
  spacing float8 not null,
  primary key (budget, number)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

comment on table sluice.limit_answers is
  'Calls that still count: the first was answered at this moment, each further one a spacing later, or before that.';

create function sluice.limit_counting(count integer, at float8, spacing float8, horizon float8) returns integer
language sql immutable parallel safe as $function$
  select case
    when at + (count - 1) * spacing <= horizon then 0
    when spacing <= 0 or at > horizon then count
    else count - least(count, floor((horizon - at) / spacing)::integer + 1)
  end
$function$;

comment on function sluice.limit_counting is 'How many of the calls of a row of limit_answers were answered after a moment.';
