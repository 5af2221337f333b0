alter table sluice.automations alter column state drop not null;
alter table sluice.automations add column running boolean not null default true;
alter table sluice.automations add column since timestamptz not null default clock_timestamp();

comment on column sluice.automations.state is 'Null: it was stopped before it was evaluated.';
comment on column sluice.automations.running is 'False: it was stopped by hand, and no daemon evaluates it.';
comment on column sluice.automations.since is 'Since when it is known, running or stopped.';
