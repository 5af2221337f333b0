alter table sluice.cells add column claimed_for integer;

comment on column sluice.cells.claimed_for is 'The run that it is computed for: a daemon is one worker with several runs.';
