-- How a rate falls and comes back: quickly to the level at which it was refused, slowly past it. In simulated minutes a
-- server that takes half of the limit is used to 91 to 97 %, before 74 to 80.
alter table sluice.limits add column refused float8 not null default 1;

comment on column sluice.limits.factor is 'Of the declared rate, at fell_at; it recovers from a window after that on.';
comment on column sluice.limits.refused is 'Of the declared rate: at this level the server refused.';

-- These are the same as in engine/limit/Falling.ts, which says why.
create function sluice.limit_windows(budget sluice.limits, longest float8, moment float8) returns float8
language sql immutable parallel safe as $function$
  select greatest(0, moment - greatest(budget.fell_at + least(longest, 10000), budget.paused_until))
    / least(greatest(longest, 1000), 10000)
$function$;

comment on function sluice.limit_windows is 'Windows that a rate has recovered for, where this is its longest one.';

create function sluice.limit_factor(budget sluice.limits, longest float8, moment float8) returns float8
language plpgsql immutable parallel safe as $function$
declare
  windows float8;
  x float8;
begin
  if budget.falls = 0 then return 1; end if;
  windows := sluice.limit_windows(budget, longest, moment);
  if windows = 0 then return budget.factor; end if;
  x := windows / 40 - sqrt(sqrt(budget.refused - budget.factor));
  return least(1, budget.refused + sign(x) * x * x * x * x, budget.factor * (1 + windows * windows / 8));
end
$function$;

comment on function sluice.limit_factor is 'The share of the declared rate that applies at a moment.';

-- sluice.ask_limit, which uses them, is made by a later migration: a function stands only where it was made last.
