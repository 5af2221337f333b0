-- One value a session (cache 1): with a cache, a later commit of a cell in another session could get a smaller version.
create sequence sluice.data_version cache 1;

-- A cell is inserted small by its first claim and grows by its commit, in the free space of its page: at 30, 89 % of
-- 200,000 commits were heap-only updates, at 60 34 %, at 100 none, with an index of twice the size and 10 % fewer cells
-- a second. For the same reason no column but the key is indexed.
create table sluice.cells (
  asset text collate "C" not null,
  partition text collate "C" not null,
  data_version bigint,
  materialized_at timestamptz,
  materialized_by integer,
  claimed_by integer,
  failed boolean not null default false,
  code_version text,
  content_hash text,
  inputs jsonb,
  error text,
  primary key (asset, partition)
) with (fillfactor = 30);

comment on table sluice.cells is
  'The present state of every cell (an asset at a partition) that was ever claimed; unpartitioned assets have the '
  'partition ''''. No foreign keys here and in steps: each would be one more look-up for every row of a batch.';
comment on column sluice.cells.data_version is
  'Grows whenever the content changes, over all cells; equal content keeps it. Null: never materialized.';
comment on column sluice.cells.materialized_by is 'The run.';
comment on column sluice.cells.claimed_by is 'The worker that is computing it; not held if that worker is not alive.';
comment on column sluice.cells.failed is 'The last step of the cell failed, with this error.';
comment on column sluice.cells.content_hash is 'Hash of the stored content, where the IO manager knows one.';
comment on column sluice.cells.inputs is 'The versions of the upstream cells that it was computed from; null: none.';

create type sluice.step_state as enum ('materialized', 'failed', 'skipped');

create table sluice.steps (
  started_at timestamptz not null,
  finished_at timestamptz not null,
  rows bigint,
  data_version bigint,
  run integer not null,
  worker integer,
  attempts integer not null,
  state sluice.step_state not null,
  asset text collate "C" not null,
  partition text collate "C" not null,
  reason text not null,
  code_version text not null,
  error text,
  inputs jsonb,
  metadata jsonb,
  primary key (asset, partition, run)
);

create index steps_of_run on sluice.steps (run, finished_at, state);

comment on table sluice.steps is
  'What became of a cell in a run: one row for each run and cell, replaced when a resumed run tries it again.';
comment on column sluice.steps.worker is 'The worker that ended it.';
comment on column sluice.steps.reason is 'Why it was planned (missing, stale, forced …), or why it was skipped.';
comment on column sluice.steps.rows is 'Number of rows stored; 1 for a document; null if nothing was stored.';
comment on column sluice.steps.started_at is 'By the clock of the worker, as finished_at.';
