-- The staff that a station had at the end of a month while it lay somewhere else: kept
-- when it moves away, because who reaches only the former place no longer reaches the
-- posts. Numbers, no records. A place's row: asks for an un-narrowed reach.
create table former_staff (
    network_id uuid not null default current_network(),
    division text not null collate "C",
    station_id uuid not null,
    month_end date not null,
    counts_for_two boolean not null,
    heads integer not null,
    full_time integer not null,
    certified integer not null,
    valid integer not null,
    -- How many count for the two-certified rule.
    of_two integer not null,
    constraint former_staff_pkey primary key (network_id, division, station_id, month_end),
    constraint former_staff_station foreign key (network_id, station_id) references stations (network_id, id)
);
create index former_staff_by_month on former_staff (network_id, month_end, division);
alter table former_staff enable row level security;
alter table former_staff force row level security;
create policy of_place on former_staff using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and (select reach_is_whole())
);
grant select, insert, update on former_staff to station_app;
