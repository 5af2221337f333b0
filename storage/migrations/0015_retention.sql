create table sluice.retention (
  one boolean primary key default true check (one),
  at timestamptz not null
);

comment on table sluice.retention is
  'When a daemon last had the turn to forget old records, as its deployment says: however many are up, one does so a day.';
