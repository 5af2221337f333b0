alter table sluice.workers add column evaluates boolean not null default false;

comment on column sluice.workers.evaluates is 'A daemon that evaluates what assets ask for by themselves.';
