create table sluice.automations (
  asset text collate "C" primary key,
  version integer not null,
  state jsonb not null
);

comment on table sluice.automations is
  'What the last evaluation of an automation left for the next one, by the first asset of its computation.';
comment on column sluice.automations.version is
  'An evaluation is recorded only where this is what it was when it began: of several daemons one asks.';

create table sluice.automation_asks (
  run integer primary key,
  cells integer not null,
  at timestamptz not null default clock_timestamp(),
  asset text collate "C" not null,
  numbering text collate "C" not null,
  partitions text not null
);

create index automation_asks_of_asset on sluice.automation_asks (asset, run);

comment on table sluice.automation_asks is 'Cells that automation has asked for: one row a run, written together with the run.';
comment on column sluice.automation_asks.partitions is 'As in cell_sets.';
