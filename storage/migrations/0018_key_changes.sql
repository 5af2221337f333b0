create table sluice.key_changes (
  partition_set text collate "C" primary key,
  changes bigint not null
);

comment on table sluice.key_changes is
  'How often keys of a set were added or removed by hand, so that daemons notice it without a look at the keys.';
