-- An administrative division, copied for one network and limited to its root.
-- `parent` skips the statistics bureau's rows that are no place (市辖区, 省直辖
-- 县级行政区划, a city repeated as its own county). The code '' is the country.
create table divisions (
    network_id uuid not null default current_network(),
    code text not null collate "C"
        constraint divisions_code_digits check (code ~ '^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})?$'),
    parent text collate "C",
    level text not null
        constraint divisions_level_known check (level in ('country', 'province', 'city', 'county', 'township', 'village')),
    name text not null,
    initials text not null,
    since date not null,
    -- A division that was merged or got another code: its last day, and what followed it.
    until date,
    successor text collate "C",
    constraint divisions_pkey primary key (network_id, code),
    constraint divisions_network foreign key (network_id) references networks (id),
    constraint divisions_days_in_order check (until is null or until >= since),
    constraint divisions_ended_with_successor check ((until is null) = (successor is null))
);
create index divisions_by_parent on divisions (network_id, parent, code);
alter table divisions enable row level security;
alter table divisions force row level security;
create policy of_network on divisions using (network_id = (select current_network()));
grant select, insert, update on divisions to station_app;

-- A name a division once had, until the day before the next one.
create table division_names (
    network_id uuid not null default current_network(),
    code text not null collate "C",
    until date not null,
    name text not null,
    constraint division_names_pkey primary key (network_id, code, until),
    constraint division_names_division foreign key (network_id, code) references divisions (network_id, code)
);
alter table division_names enable row level security;
alter table division_names force row level security;
create policy of_network on division_names using (network_id = (select current_network()));
grant select, insert on division_names to station_app;
