alter table sluice.run_ends rename to happenings;
alter index sluice.run_ends_pkey rename to happenings_pkey;
alter index sluice.run_ends_to_see rename to happenings_to_see;
alter index sluice.run_ends_lost rename to happenings_lost;
alter index sluice.run_ends_by_time rename to happenings_by_time;
alter table sluice.happenings
  add column name text collate "C",
  add column reason text,
  drop constraint run_ends_state_check,
  add constraint happenings_state_check check (state in (
    'succeeded', 'failed', 'cancelled', 'lost', 'checked', 'too old', 'in time', 'tick failed', 'tick started', 'sensor failed', 'sensor works'
  ));

comment on table sluice.happenings is
  'What hooks may be told of: ends of runs, checks that were asked for by themselves, assets that became too old, ticks and '
  'sensors that failed, and what works again. Written in the transaction in which it happens, while there are hooks. Kept for a month.';
comment on column sluice.happenings.run is 'Null: no run has ended.';
comment on column sluice.happenings.name is 'The asset, schedule or sensor; null: it is of a run or of checks.';
comment on column sluice.happenings.reason is 'Why it failed.';

create or replace function sluice.note_run_end() returns trigger language plpgsql as $$
begin
  if exists (select from sluice.hooks) then
    insert into sluice.happenings (at, run, state) values (clock_timestamp(), new.id, new.state::text);
  end if;
  return null;
end
$$;

alter table sluice.hook_deliveries rename column run_end to happening;
alter table sluice.hook_deliveries rename column selection to subject;
alter table sluice.hook_deliveries rename constraint hook_deliveries_hook_run_end_key to hook_deliveries_hook_happening_key;
alter index sluice.deliveries_of_selections rename to deliveries_of_subjects;
update sluice.hook_deliveries set event = event || '{"subject": null}';

comment on table sluice.hook_deliveries is
  'What hooks were told of what happened, or will be. One row for each hook and happening, however many processes are up. Example: '
  'select recorded_at, state, event ->> ''title'', reason from sluice.hook_deliveries where hook = ''failures'' order by id desc limit 20;';
comment on column sluice.hook_deliveries.subject is
  'What it is about: the selection of a run, or an asset, schedule or sensor. Of the same subject something good follows something bad.';

alter table sluice.schedules add column failing boolean not null default false;
alter table sluice.sensors add column failing boolean not null default false;
comment on column sluice.schedules.failing is 'Its last tick that was not skipped has failed without a run.';
comment on column sluice.sensors.failing is 'It has failed several times in a row, and not observed since.';

create table sluice.asset_ages (
  asset text collate "C" primary key,
  since timestamptz not null default clock_timestamp(),
  too_old boolean not null default false,
  deadline timestamptz,
  as_of timestamptz not null default '-infinity'
);

comment on table sluice.asset_ages is
  'Assets that say how old they may be, while there are hooks that are told when they are older: so that of any number of '
  'processes one notes it.';
comment on column sluice.asset_ages.since is 'Since when somebody looks: the age of an asset without any data is counted from then.';
comment on column sluice.asset_ages.deadline is 'The deadline that it missed, where its freshness has deadlines.';
comment on column sluice.asset_ages.as_of is 'The moment of which this is known; what is known of an earlier one changes nothing.';
