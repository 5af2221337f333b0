create sequence sluice.partition_key_position;

create table sluice.partition_keys (
  position bigint not null default nextval('sluice.partition_key_position'),
  by_hand boolean not null default false,
  partition_set text collate "C" not null,
  key text collate "C" not null,
  primary key (partition_set, key)
);

comment on table sluice.partition_keys is
  'Every key that a dynamic partition set ever had. A key is live while it was added by hand or has a source.';
comment on column sluice.partition_keys.position is 'The order in which keys were first added.';

create table sluice.partition_key_sources (
  partition_set text collate "C" not null,
  source text collate "C" not null,
  key text collate "C" not null,
  primary key (partition_set, source, key)
);

comment on table sluice.partition_key_sources is
  'Which partitions of the source asset have rows that give a key.';
