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

-- The same as engine/limit/Admission.ts, which says why; the two are compared by a test.
create function sluice.ask_limit(
  of_name text, of_scope text, of_machine text,
  me text, lease float8, my_calls integer[], my_per float8[], my_burst integer[], my_keep float8,
  my_want integer, my_least integer, my_open integer,
  answered_count integer[], answered_ago float8[], answered_spacing float8[],
  too_many_ago float8, retry_after float8, at_moment float8,
  out lot_count integer, out starts_in float8, out first_in float8, out lot_spacing float8,
  out again_in float8, out factor_now float8, out paused_for float8, out falls_now integer
) language plpgsql as $function$
#variable_conflict use_column
declare
  budget sluice.limits;
  moment float8;
  calls integer[];
  per float8[];
  burst integer[];
  waiting sluice.limit_holders;
  all_open integer;
  fewest integer;
  blocked float8;
  so_many integer;
  n integer[];
  w float8[];
  b integer;
  spacing_of float8;
  bursting integer;
  earliest float8;
  first_slot float8;
  start_slot float8;
  used integer;
  needed integer;
  release float8[];
  seen_until float8;
  until float8;
  mine sluice.limit_holders;
  paused_before float8;
  back float8;
  grain float8;
  segment_at float8;
  segment_end float8;
  last_answer sluice.limit_answers;
begin
  -- What is given has to be on disk before it is used: a server that crashed would give it again.
  perform set_config('synchronous_commit', 'local', true)
  where current_setting('synchronous_commit') = 'off';

  select * into budget from sluice.limits
  where name = of_name and scope = of_scope and machine = of_machine for no key update;
  if not found then
    insert into sluice.limits (name, scope, machine) values (of_name, of_scope, of_machine) on conflict do nothing;
    -- Of limits and machines that are no more; twice the longest window, so that nothing of them counts.
    delete from sluice.limits where number in (
      select number from sluice.limits where used_at < clock_timestamp() - interval '62 days' for update skip locked
    );
    select * into budget from sluice.limits
    where name = of_name and scope = of_scope and machine = of_machine for no key update;
  end if;
  -- After the wait for the lock.
  moment := coalesce(at_moment, extract(epoch from clock_timestamp()) * 1000);
  budget.keep := greatest(budget.keep, my_keep);

  -- The clock has been set back since the last ask: so is all that is known, as if no time had passed since then. What
  -- lies in the future would be waited for.
  back := extract(epoch from budget.used_at) * 1000 - moment;
  if at_moment is null and back > 1 then
    budget.next := budget.next - back;
    budget.fell_at := budget.fell_at - back;
    budget.paused_until := budget.paused_until - back;
    update sluice.limit_holders
    set alive_until = alive_until - back, since = since - back, asks_at = asks_at - back,
      lot_start = lot_start - back, lot_first = lot_first - back
    where budget = budget.number;
    update sluice.limit_answers set at = at - back where budget = budget.number;
  end if;

  -- The dead, and what is forgotten.
  with dead as (
    delete from sluice.limit_holders where budget = budget.number and alive_until <= moment returning open, alive_until
  )
  insert into sluice.limit_answers (budget, count, at, spacing)
  select budget.number, open, alive_until, 0 from dead where open > 0 and alive_until + budget.keep > moment;
  delete from sluice.limit_answers
  where budget = budget.number and at + (count - 1) * spacing + budget.keep <= moment;

  -- Too many calls: calls of one moment are refused together, and that is one fall.
  select max(p) into until from unnest(my_per) as p;
  if too_many_ago is not null then
    paused_before := budget.paused_until;
    budget.paused_until := greatest(budget.paused_until, moment + coalesce(retry_after, 0));
    if moment - too_many_ago > budget.fell_at then
      -- The pace before the fall, by the pause as it was then.
      budget.factor := greatest(1.0 / 64, 0.5 * case when budget.falls = 0 then 1 else least(1, budget.factor + greatest(0,
        moment - greatest(budget.fell_at, paused_before)
      ) * 0.05 / least(greatest(until, 1000), 10000)) end);
      budget.fell_at := moment;
      budget.falls := budget.falls + 1;
    end if;
  end if;

  -- Answers; those of one grain of time become one, later rather than sooner.
  select min(p) / 2000 into grain from unnest(my_per) as p;
  for i in 1 .. coalesce(cardinality(answered_count), 0) loop
    segment_at := moment - answered_ago[i];
    segment_end := segment_at + (answered_count[i] - 1) * answered_spacing[i];
    select * into last_answer from sluice.limit_answers where budget = budget.number order by number desc limit 1;
    if found and floor(segment_end / grain) = floor(segment_at / grain)
      and floor(last_answer.at / grain) = floor(segment_at / grain)
      and floor((last_answer.at + (last_answer.count - 1) * last_answer.spacing) / grain) = floor(segment_at / grain)
    then
      update sluice.limit_answers
      set count = last_answer.count + answered_count[i], spacing = 0,
        at = greatest(segment_at, segment_end, last_answer.at, last_answer.at + (last_answer.count - 1) * last_answer.spacing)
      where budget = budget.number and number = last_answer.number;
    else
      insert into sluice.limit_answers (budget, count, at, spacing)
      values (budget.number, answered_count[i], segment_at, answered_spacing[i]);
    end if;
  end loop;

  insert into sluice.limit_holders as holder (
    budget, id, alive_until, calls, per, burst, open, want, least, since, asks_at
  ) values (
    budget.number, me, moment + lease, my_calls, my_per, my_burst, my_open, my_want, my_least, moment, moment
  ) on conflict (budget, id) do update set
    alive_until = excluded.alive_until, calls = excluded.calls, per = excluded.per, burst = excluded.burst,
    open = excluded.open, least = excluded.least, asks_at = excluded.asks_at,
    since = case when holder.want > 0 then holder.since else excluded.since end,
    lot_count = case when excluded.want > 0 then holder.lot_count else 0 end,
    want = case when holder.lot_count > 0 then 0 else excluded.want end;

  select array_agg(rate.c), array_agg(rate.p), array_agg(rate.b) into calls, per, burst
  from (
    select distinct c, p, b from sluice.limit_holders as holder, unnest(holder.calls, holder.per, holder.burst) as rate (c, p, b)
    where holder.budget = budget.number
  ) as rate;
  select max(p) into until from unnest(per) as p;
  factor_now := case when budget.falls = 0 then 1 else least(1, budget.factor + greatest(0,
    moment - greatest(budget.fell_at, budget.paused_until)) * 0.05 / least(greatest(until, 1000), 10000)) end;

  -- The line, the longest waiting first, up to the first that has to wait.
  until := moment;
  for waiting in
    select * from sluice.limit_holders as holder
    where holder.budget = budget.number and holder.want > 0 and holder.lot_count = 0
    order by holder.since, holder.id
  loop
    -- A call that is heavier than the rate of another process allows waits until that one has gone, and holds up nobody.
    if least(waiting.least, waiting.want) > (select min(c) from unnest(calls) as c) then
      until := moment + 1000;
      continue;
    end if;
    select sum(holder.open + holder.lot_count) into all_open from sluice.limit_holders as holder where holder.budget = budget.number;
    fewest := greatest(1, least(waiting.least, waiting.want));
    so_many := waiting.want;
    blocked := null;
    spacing_of := -1;
    n := '{}';
    w := '{}';
    for i in 1 .. cardinality(calls) loop
      n[i] := greatest(least(fewest, calls[i]), floor(calls[i] * factor_now)::integer);
      w[i] := greatest(per[i], n[i] * per[i] / (calls[i] * factor_now));
      so_many := least(so_many, n[i] - all_open);
      if n[i] - all_open < fewest then blocked := least(blocked, w[i]); end if;
      bursting := least(n[i], greatest(1, floor(burst[i] * factor_now)::integer));
      if w[i] / n[i] > spacing_of or (w[i] / n[i] = spacing_of and bursting < b) then
        spacing_of := w[i] / n[i];
        b := bursting;
      end if;
    end loop;
    if blocked is not null then
      until := moment + 0.9 * blocked;
      exit;
    end if;
    earliest := greatest(moment, waiting.asks_at, budget.paused_until);
    first_slot := greatest(budget.next, earliest - (b - 1) * spacing_of);
    start_slot := greatest(earliest, first_slot);
    for i in 1 .. cardinality(calls) loop
      select coalesce(sum(sluice.limit_counting(count, at, spacing, moment - w[i])), 0) into used
      from sluice.limit_answers where budget = budget.number;
      needed := so_many + all_open + used - n[i];
      continue when needed <= 0;
      select min(ends) into seen_until from (
        select at + (count - 1) * spacing as ends,
          sum(sluice.limit_counting(count, at, spacing, moment - w[i])) over (order by at + (count - 1) * spacing) as seen
        from sluice.limit_answers where budget = budget.number
      ) as summed where seen >= needed;
      select array_agg(r order by r) into release from (
        select at + place * spacing + w[i] as r
        from sluice.limit_answers, generate_series(0, count - 1) as place
        where budget = budget.number and at <= seen_until and at + place * spacing + w[i] > moment
      ) as released;
      -- Permit j (from 0) of the lot needs j + 1 + open + used - n calls to have ceased to count.
      select greatest(start_slot, max(coalesce(release[j + 1 + all_open + used - n[i]], 'infinity') - greatest(0, j + 1 - b) * spacing_of))
      into start_slot
      from generate_series(greatest(0, n[i] - all_open - used), so_many - 1) as j
      where first_slot + j * spacing_of < coalesce(release[j + 1 + all_open + used - n[i]], 'infinity');
    end loop;
    if start_slot > moment + 1000 then
      until := start_slot - 500;
      exit;
    end if;
    first_slot := greatest(first_slot, start_slot - (b - 1) * spacing_of);
    budget.next := first_slot + so_many * spacing_of;
    update sluice.limit_holders as holder
    set want = 0, lot_count = so_many, lot_start = start_slot, lot_first = first_slot, lot_spacing = spacing_of
    where holder.budget = budget.number and holder.id = waiting.id;
  end loop;

  select * into mine from sluice.limit_holders as holder where holder.budget = budget.number and holder.id = me;
  if mine.lot_count > 0 then
    lot_count := mine.lot_count;
    starts_in := mine.lot_start - moment;
    first_in := mine.lot_first - moment;
    lot_spacing := mine.lot_spacing;
    update sluice.limit_holders as holder set open = mine.open + mine.lot_count, lot_count = 0, want = 0
    where holder.budget = budget.number and holder.id = me;
  elsif my_want > 0 then
    again_in := least(greatest(until - moment, 25), lease / 2);
    update sluice.limit_holders as holder set asks_at = moment + again_in
    where holder.budget = budget.number and holder.id = me;
  elsif mine.open = 0 then
    delete from sluice.limit_holders as holder where holder.budget = budget.number and holder.id = me;
  end if;

  select max(p) into until from unnest(my_per) as p;
  factor_now := case when budget.falls = 0 then 1 else least(1, budget.factor + greatest(0,
    moment - greatest(budget.fell_at, budget.paused_until)) * 0.05 / least(greatest(until, 1000), 10000)) end;
  paused_for := greatest(0, budget.paused_until - moment);
  falls_now := budget.falls;

  update sluice.limits
  set next = budget.next, keep = budget.keep, factor = budget.factor, fell_at = budget.fell_at,
    paused_until = budget.paused_until, falls = budget.falls, used_at = clock_timestamp()
  where number = budget.number;
end
$function$;

comment on function sluice.ask_limit is
  'All that a process says and asks about a budget, in one: what was answered, what is open, what it wants. '
  'at_moment is for tests; null: now.';
