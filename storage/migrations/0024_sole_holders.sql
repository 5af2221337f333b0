-- Who is the only one with permits of a budget is told so: it knows by its own clock how soon it can use them, and loses
-- less of the limit than with slots that are on the safe side of two clocks.
alter table sluice.limits
  add column sole text not null default '',
  add column sole_since float8 not null default '-infinity';

comment on column sluice.limits.sole is 'The only holder, since sole_since; empty: there were several at the last ask.';

drop function if exists sluice.ask_limit;

-- It is made anew by a later migration: a function stands only where it was made last.
