-- Permits that have to wait for answers follow these answers, each by itself: a lot begins no later than its first one may,
-- and what was late once is made up for by a burst. Of 5,000 calls/s with bursts of 100 and pauses of 10 ms four times a
-- second 98.7 % are used, before 98.3; without pauses 99.3, before 99.0.

-- The same as engine/limit/Admission.ts, which says why; the two are compared by a test.
create or replace function sluice.ask_limit(
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
  due float8[];
  is_awaited boolean;
  pace float8;
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

  -- Too many calls: calls of one moment are refused together, and so are those that follow while the server still counts
  -- the ones before the fall; that is one fall.
  select max(p) into until from unnest(my_per) as p;
  if too_many_ago is not null then
    paused_before := budget.paused_until;
    budget.paused_until := greatest(budget.paused_until, moment + coalesce(retry_after, 0));
    if budget.falls = 0 or moment - too_many_ago > budget.fell_at + least(until, 10000) then
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
    due := array(select greatest(earliest, first_slot + j * spacing_of) from generate_series(0, so_many - 1) as j order by j);
    is_awaited := false;
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
      select array_agg(greatest(due[j + 1], r) order by j), is_awaited or bool_or(r > due[j + 1]) into due, is_awaited
      from generate_series(0, so_many - 1) as j, lateral (
        select case when j + 1 + all_open + used - n[i] <= 0 then '-infinity'
          else coalesce(release[j + 1 + all_open + used - n[i]], 'infinity') end as r
      ) as needed;
    end loop;
    start_slot := greatest(earliest, first_slot);
    pace := spacing_of;
    if is_awaited then
      -- A line that is nowhere before what is awaited.
      if b > 1 and so_many > 1 then pace := least(spacing_of, (due[so_many] - due[1]) / (so_many - 1)); end if;
      select max(moment_of - (j - 1) * pace) into start_slot from unnest(due) with ordinality as slot (moment_of, j);
    end if;
    if start_slot > moment + 1000 then
      until := start_slot - 500;
      exit;
    end if;
    budget.next := first_slot + so_many * spacing_of;
    if is_awaited then
      -- What was late is made up for, as far as a burst goes.
      budget.next := greatest(budget.next, start_slot + (so_many - 1) * pace + spacing_of - (b - 1) * spacing_of);
      first_slot := start_slot;
    end if;
    update sluice.limit_holders as holder
    set want = 0, lot_count = so_many, lot_start = start_slot, lot_first = first_slot, lot_spacing = pace
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
