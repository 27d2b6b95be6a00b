-- What every later migration stands on: whose rows a transaction may touch.
--
-- A transaction says for whom it works by four settings (src/db/tx.rs):
--   app.network     the network, a uuid
--   app.reach_from  where the range of division codes within reach begins
--   app.reach_to    where it ends, itself excluded
--   app.stations    'all', or the uuids of the only stations within reach: '{…}'
-- Unset, each of them reads as null, and null compares to nothing: no row is seen.

do $$
begin
    if not exists (select from pg_roles where rolname = 'station_app') then
        raise exception 'the role station_app is missing: create it first (README, "Your own PostgreSQL")';
    end if;
end
$$;

revoke all on schema public from public;
grant usage on schema public to station_app;

create function current_network() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.network', true), '')::uuid;

create function reach_from() returns text
language sql stable parallel safe
return current_setting('app.reach_from', true);

create function reach_to() returns text
language sql stable parallel safe
return current_setting('app.reach_to', true);

-- Whether the reach is not narrowed to a list of stations.
create function reach_is_whole() returns boolean
language sql stable parallel safe
return current_setting('app.stations', true) = 'all';

-- The list, where there is one.
create function reach_stations() returns uuid[]
language sql stable parallel safe
return case when current_setting('app.stations', true) like '{%' then current_setting('app.stations', true)::uuid[] end;

-- Chinese as people look it up: by sound, and 第2 before 第10.
create collation zh (provider = icu, locale = 'zh-u-co-pinyin-kn-true');

-- One authority's tree of stations: the tenant. Read before it is known whose
-- request this is, so it stands outside row level security (docs/architecture.md).
create table networks (
    id uuid not null,
    code text not null collate "C"
        constraint networks_code_plain check (code ~ '^[a-z][a-z0-9-]{1,31}$'),
    name text not null
        constraint networks_name_length check (char_length(name) between 1 and 60),
    -- The division at the top: '' for the whole country.
    root text not null collate "C",
    created_at timestamptz not null,
    constraint networks_pkey primary key (id),
    constraint networks_code_once unique (code)
);
grant select, insert on networks to station_app;

-- How a network is called and speaks; one row each.
create table settings (
    network_id uuid not null default current_network(),
    authority text not null,
    general_label text not null,
    township_label text not null,
    village_label text not null,
    logo_text text not null
        constraint settings_logo_length check (char_length(logo_text) between 1 and 2),
    contact text not null,
    version integer not null default 1,
    constraint settings_pkey primary key (network_id),
    constraint settings_network foreign key (network_id) references networks (id)
);
alter table settings enable row level security;
alter table settings force row level security;
create policy of_network on settings using (network_id = (select current_network()));
grant select, insert, update on settings to station_app;

-- What was done, by whom, from what to what: written in the transaction that did
-- it, one row per object, never changed. A month is a partition; partitions are
-- made ahead by `station-network migrate`. `xid` tells when a row is final.
create table audit (
    network_id uuid not null default current_network(),
    at timestamptz not null,
    id uuid not null,
    event uuid not null,
    xid xid8 not null default pg_current_xact_id(),
    account_id uuid,
    actor text not null,
    act text not null,
    object_kind text not null,
    object_id text not null,
    object_label text not null,
    before jsonb,
    after jsonb,
    request_id text not null,
    address text not null,
    constraint audit_pkey primary key (network_id, at, id)
) partition by range (at);
create index audit_by_object on audit (network_id, object_kind, object_id, at);
alter table audit enable row level security;
alter table audit force row level security;
create policy of_network on audit using (network_id = (select current_network()));
grant select, insert on audit to station_app;

-- The hash chain over a network's audit rows, laid about once a minute over rows
-- that are final: each link holds the hash of the link before it and of its row.
create table audit_chain (
    network_id uuid not null default current_network(),
    seq bigint not null,
    at timestamptz not null,
    audit_id uuid not null,
    hash bytea not null,
    constraint audit_chain_pkey primary key (network_id, seq),
    constraint audit_chain_row_once unique (network_id, audit_id)
);
alter table audit_chain enable row level security;
alter table audit_chain force row level security;
create policy of_network on audit_chain using (network_id = (select current_network()));
grant select, insert on audit_chain to station_app;
