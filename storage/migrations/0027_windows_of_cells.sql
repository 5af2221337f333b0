-- What the key of a cell stood for when it was materialized: it may name another window of time since.
alter table sluice.cells add column windows text;
comment on column sluice.cells.windows is 'The calendar of its windows of time when it was materialized last; null: it has none, or is from before this was recorded.';
