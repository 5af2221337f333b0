-- Permits are given as segments, like answers, and follow the answers that they wait for each by itself: a line through
-- all of a lot that was nowhere before one of them was 4 ms late in the mean, of 1,000. And the limiter says what this
-- database's clock showed at most when it asked, so that answers count from when they came and not from when they were told.
alter table sluice.limit_holders
  drop column lot_start,
  drop column lot_first,
  drop column lot_spacing,
  add column lot_counts integer[] not null default '{}',
  add column lot_starts float8[] not null default '{}',
  add column lot_spacings float8[] not null default '{}';

comment on column sluice.limit_holders.lot_counts is 'With lot_starts and lot_spacings: the slots of these permits, as segments.';

-- The same as `cover` in engine/limit/Segment.ts, which says why.
create function sluice.limit_segments(moments float8[], tolerance float8, apart float8)
returns table (count integer, at float8, spacing float8) language plpgsql immutable as $function$
declare
  free float8 := '-infinity';
  place integer := 1;
  start float8;
  narrowest float8;
  widest float8;
  needed float8;
  allowed float8;
  early float8;
begin
  while place <= cardinality(moments) loop
    start := greatest(moments[place] + tolerance / 2, free);
    narrowest := apart;
    widest := 'infinity';
    count := 1;
    while place + count <= cardinality(moments) loop
      needed := greatest(narrowest, (moments[place + count] - start) / count);
      allowed := least(widest, (moments[place + count] + tolerance - start) / count);
      exit when needed > allowed;
      narrowest := needed;
      widest := allowed;
      count := count + 1;
    end loop;
    spacing := apart;
    if count > 1 then
      spacing := least(widest, greatest(narrowest, (moments[place + count - 1] - moments[place]) / (count - 1)));
    end if;
    early := 'infinity';
    for i in 0 .. count - 1 loop
      early := least(early, start + i * spacing - moments[place + i]);
    end loop;
    at := greatest(free, start - early);
    return next;
    free := at + (count - 1) * spacing + apart;
    place := place + count;
  end loop;
end
$function$;

comment on function sluice.limit_segments is 'Few segments through moments: none before its moment, none later than the tolerance.';

drop function if exists sluice.ask_limit;

-- It is made anew by a later migration: a function stands only where it was made last.
