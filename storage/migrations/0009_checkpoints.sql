create table sluice.checkpoints (
  computation text collate "C" not null,
  partition text collate "C" not null,
  id text not null,
  basis text not null,
  run integer not null,
  position jsonb not null,
  records bigint not null,
  rows jsonb not null,
  at timestamptz not null,
  primary key (computation, partition)
) with (fillfactor = 50);

comment on table sluice.checkpoints is
  'How far cells are that are not whole yet: a later try goes on from the position. The rows until there are in the schema '
  'sluice_partial, in tables of their own, and were committed together with it.';
comment on column sluice.checkpoints.computation is 'The key of the asset, or of the assets that are computed together.';
comment on column sluice.checkpoints.id is 'Another with every commit: a commit that is not the next one is refused.';
comment on column sluice.checkpoints.basis is
  'Code versions, versions of the inputs and of the cells themselves: where these have changed, the cell starts anew.';
comment on column sluice.checkpoints.run is 'The run that began it.';
comment on column sluice.checkpoints.records is 'Elements of the input that are done, over all tries.';
comment on column sluice.checkpoints.rows is 'Rows put aside, by asset.';
