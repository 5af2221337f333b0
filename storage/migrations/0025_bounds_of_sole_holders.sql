-- Who is alone with permits of a budget reckons their slots by its own clock, so one bound for all of a lot is enough. With
-- a slot reckoned for each permit, and answers told row by row, an ask for 300 took 6.6 ms, round trip included; now 3.1.
drop function if exists sluice.ask_limit;

-- The same as engine/limit/Admission.ts, which says why; the two are compared by a test.
create function sluice.ask_limit(
  of_name text, of_scope text, of_machine text,
  me text, lease float8, my_calls integer[], my_per float8[], my_burst integer[], my_keep float8,
  my_want integer, my_least integer, my_open integer,
  my_reckoning boolean, sent_by float8, answered_count integer[], answered_at float8[], answered_spacing float8[],
  too_many_ago float8, retry_after float8, at_moment float8,
  out moment float8, out lot_counts integer[], out lot_starts float8[], out lot_spacings float8[],
  out again_in float8, out is_alone boolean, out factor_now float8, out paused_for float8, out falls_now integer
) language plpgsql as $function$
#variable_conflict use_column
declare
  budget sluice.limits;
  sent_at float8;
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
  due float8[];
  next_slot float8;
  tolerance float8;
  slot float8;
  needed integer;
  j integer;
  seen_until float8;
  is_bounded boolean;
  slot_counts integer[];
  slot_starts float8[];
  slot_spacings float8[];
  until float8;
  mine sluice.limit_holders;
  pace_before float8;
  back float8;
  grain float8;
  segment_at float8;
  segment_end float8;
  last_answer sluice.limit_answers;
  counts integer[];
  starts float8[];
  spacings float8[];
  k integer := 1;
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
  sent_at := least(moment, sent_by);
  budget.keep := greatest(budget.keep, my_keep);

  -- The clock has been set back since the last ask: so is all that is known, as if no time had passed since then. What
  -- lies in the future would be waited for.
  back := extract(epoch from budget.used_at) * 1000 - moment;
  if at_moment is null and back > 1 then
    budget.next := budget.next - back;
    budget.fell_at := budget.fell_at - back;
    budget.paused_until := budget.paused_until - back;
    budget.sole_since := budget.sole_since - back;
    update sluice.limit_holders
    set alive_until = alive_until - back, since = since - back, asks_at = asks_at - back,
      lot_starts = array(select lot_start - back from unnest(lot_starts) with ordinality as given (lot_start, place) order by place)
    where budget = budget.number;
    update sluice.limit_answers set at = at - back where budget = budget.number;
  end if;

  -- What others told is no later than the last ask at which they were there.
  select max(alive_until) into until from sluice.limit_holders as holder where holder.budget = budget.number and holder.id <> me;
  if until > moment then
    budget.sole := '';
  elsif until is not null or budget.sole <> me then
    budget.sole := me;
    budget.sole_since := moment;
  end if;
  is_alone := budget.sole = me and budget.sole_since + budget.keep <= moment;

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
    if budget.falls = 0 or moment - too_many_ago > budget.fell_at + least(until, 10000) then
      -- The pace before the fall, by the pause as it was then.
      pace_before := sluice.limit_factor(budget, until, moment);
      if budget.falls > 0 and sluice.limit_windows(budget, until, moment - too_many_ago) >= 2 then
        budget.factor := greatest(1.0 / 64, pace_before * 0.9);
        budget.refused := pace_before;
      else
        budget.factor := greatest(1.0 / 64, pace_before * case
          when budget.falls > 0 and budget.factor > 0.75 * budget.refused then 0.75 else 0.5 end);
        budget.refused := greatest(pace_before, budget.refused);
      end if;
      budget.fell_at := moment;
      budget.falls := budget.falls + 1;
    end if;
    budget.paused_until := greatest(budget.paused_until, moment + retry_after);
  end if;

  -- Answers; those of one grain of time become one, later rather than sooner.
  select min(p) / 2000 into grain from unnest(my_per) as p;
  select * into last_answer from sluice.limit_answers where budget = budget.number order by number desc limit 1;
  counts := array[last_answer.count];
  starts := array[last_answer.at];
  spacings := array[last_answer.spacing];
  for i in 1 .. coalesce(cardinality(answered_count), 0) loop
    segment_at := sent_at + answered_at[i];
    segment_end := segment_at + (answered_count[i] - 1) * answered_spacing[i];
    if floor(segment_end / grain) = floor(segment_at / grain)
      and floor(starts[k] / grain) = floor(segment_at / grain)
      and floor((starts[k] + (counts[k] - 1) * spacings[k]) / grain) = floor(segment_at / grain)
    then
      starts[k] := greatest(segment_at, segment_end, starts[k], starts[k] + (counts[k] - 1) * spacings[k]);
      counts[k] := counts[k] + answered_count[i];
      spacings[k] := 0;
    else
      k := k + 1;
      starts[k] := segment_at;
      counts[k] := answered_count[i];
      spacings[k] := answered_spacing[i];
    end if;
  end loop;
  update sluice.limit_answers set count = counts[1], at = starts[1], spacing = spacings[1]
  where budget = budget.number and number = last_answer.number and count <> counts[1];
  insert into sluice.limit_answers (budget, count, at, spacing)
  select budget.number, told.c, told.a, told.s
  from unnest(counts[2:], starts[2:], spacings[2:]) with ordinality as told (c, a, s, place) order by place;

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
  factor_now := sluice.limit_factor(budget, until, moment);

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
    -- Who reckons for itself needs no more than a bound, unless it were so late that it has to wait.
    is_bounded := my_reckoning and is_alone and factor_now = 1 and budget.paused_until <= moment and cardinality(calls) = 1;
    if is_bounded then
      select min(ends) into seen_until from (
        select ends, sum(counting) over (order by ends) as seen, so_many + all_open - n[1] + sum(counting) over () as needed
        from (
          select at + (count - 1) * spacing as ends, sluice.limit_counting(count, at, spacing, moment - w[1]) as counting
          from sluice.limit_answers where budget = budget.number
        ) as counted
      ) as summed where needed > 0 and seen >= needed;
      next_slot := greatest(budget.next, earliest - (b - 1) * spacing_of);
      slot := greatest(earliest, next_slot, seen_until + w[1]);
      is_bounded := slot <= moment + 1000;
    end if;
    if is_bounded then
      budget.next := greatest(next_slot, slot - (b - 1) * spacing_of) + so_many * spacing_of;
      update sluice.limit_holders as holder
      set want = 0, lot_count = so_many, lot_counts = array[so_many], lot_starts = array[slot], lot_spacings = array[spacing_of]
      where holder.budget = budget.number and holder.id = waiting.id;
      continue;
    end if;
    due := array_fill(earliest, array[so_many]);
    for i in 1 .. cardinality(calls) loop
      -- So many calls have to cease to count for the last of these permits, one less for the one before it.
      select so_many + all_open - n[i] + coalesce(sum(sluice.limit_counting(count, at, spacing, moment - w[i])), 0) into needed
      from sluice.limit_answers where budget = budget.number;
      continue when needed <= 0;
      select min(ends) into seen_until from (
        select at + (count - 1) * spacing as ends,
          sum(sluice.limit_counting(count, at, spacing, moment - w[i])) over (order by at + (count - 1) * spacing) as seen
        from sluice.limit_answers where budget = budget.number
      ) as summed where seen >= needed;
      for j, slot in
        select so_many - needed + row_number() over (order by r), r from (
          select at + place * spacing + w[i] as r
          from sluice.limit_answers, generate_series(0, count - 1) as place
          where budget = budget.number and at <= seen_until and at + place * spacing + w[i] > moment
        ) as released
        order by r
        limit needed
      loop
        if j > 0 then due[j] := greatest(due[j], slot); end if;
      end loop;
    end loop;
    next_slot := greatest(budget.next, earliest - (b - 1) * spacing_of);
    for j in 1 .. so_many loop
      due[j] := greatest(due[j], next_slot);
      -- What is late is made up for, as far as a burst goes.
      next_slot := greatest(next_slot, due[j] - (b - 1) * spacing_of) + spacing_of;
    end loop;
    select min(p) / 2000 into tolerance from unnest(w) as p;
    select array_agg(count), array_agg(at), array_agg(spacing) into slot_counts, slot_starts, slot_spacings
    from sluice.limit_segments(due, tolerance, case when b > 1 then 0 else spacing_of end);
    if slot_starts[1] > moment + 1000 then
      until := slot_starts[1] - 500;
      exit;
    end if;
    slot := slot_starts[cardinality(slot_starts)] + (slot_counts[cardinality(slot_counts)] - 1) * slot_spacings[cardinality(slot_spacings)];
    budget.next := greatest(next_slot, slot - (b - 1) * spacing_of + spacing_of);
    update sluice.limit_holders as holder
    set want = 0, lot_count = so_many, lot_counts = slot_counts, lot_starts = slot_starts, lot_spacings = slot_spacings
    where holder.budget = budget.number and holder.id = waiting.id;
  end loop;

  select * into mine from sluice.limit_holders as holder where holder.budget = budget.number and holder.id = me;
  if mine.lot_count > 0 then
    lot_counts := mine.lot_counts;
    lot_starts := array(select given.at - moment from unnest(mine.lot_starts) with ordinality as given (at, place) order by place);
    lot_spacings := mine.lot_spacings;
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
  factor_now := sluice.limit_factor(budget, until, moment);
  paused_for := greatest(0, budget.paused_until - moment);
  falls_now := budget.falls;

  update sluice.limits
  set next = budget.next, keep = budget.keep, factor = budget.factor, refused = budget.refused, fell_at = budget.fell_at,
    paused_until = budget.paused_until, falls = budget.falls, sole = budget.sole, sole_since = budget.sole_since, used_at = clock_timestamp()
  where number = budget.number;
end
$function$;

comment on function sluice.ask_limit is
  'All that a process says and asks about a budget, in one: what was answered, what is open, what it wants. '
  'at_moment is for tests; null: now.';
