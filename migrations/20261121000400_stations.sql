-- An agency that operates stations (承接机构).
create table agencies (
    network_id uuid not null default current_network(),
    id uuid not null,
    name text not null
        constraint agencies_name_length check (char_length(name) between 1 and 60),
    credit_code text not null default '' collate "C",
    contact text not null default '',
    phone text not null default '',
    version integer not null default 1,
    created_at timestamptz not null,
    constraint agencies_pkey primary key (network_id, id),
    constraint agencies_name_once unique (network_id, name),
    constraint agencies_network foreign key (network_id) references networks (id)
);
create unique index agencies_credit_code_once on agencies (network_id, credit_code) where credit_code <> '';
alter table agencies enable row level security;
alter table agencies force row level security;
create policy of_network on agencies using (network_id = (select current_network()));
grant select, insert, update on agencies to station_app;

-- A station as it is now: general station (总站), township station (站) or village
-- room (室). Its past is in `station_periods`; `division` also says who reaches it.
create table stations (
    network_id uuid not null default current_network(),
    id uuid not null,
    code text not null collate "C"
        constraint stations_code_plain check (code ~ '^[0-9A-Za-z-]{2,24}$'),
    name text not null
        constraint stations_name_length check (char_length(name) between 2 and 60),
    level text not null
        constraint stations_level_known check (level in ('general', 'township', 'village')),
    division text not null collate "C",
    parent_id uuid,
    state text not null
        constraint stations_state_known check (state in ('planned', 'preparing', 'operating', 'suspended', 'closed')),
    opened_on date,
    -- The day from which it has been in its present state.
    state_since date not null,
    operation_mode text not null default 'self_run'
        constraint stations_operation_mode_known check (operation_mode in ('self_run', 'purchased')),
    agency_id uuid,
    build_route text not null default 'unstated'
        constraint stations_build_route_known check (build_route in
            ('unstated', 'provincial_award', 'governance_pilot', 'civil_institution', 'county_built', 'existing_venue')),
    is_provincial_pilot boolean not null default false,
    is_governance_pilot boolean not null default false,
    is_merged_area boolean not null default false,
    recognition text not null default 'none'
        constraint stations_recognition_known check (recognition in
            ('none', 'demonstration', 'benchmark', 'star3', 'star4', 'star5')),
    address text not null default '',
    -- Position in millionths of a degree (GCJ-02, as Chinese maps show it).
    longitude_e6 integer,
    latitude_e6 integer,
    phone text not null default '',
    venue text not null default '',
    -- Floor area in whole square metres.
    area_m2 integer,
    -- What search looks in: code, name, pinyin and initials, lower case.
    search text not null,
    -- Readiness rung reached: 0 planned, 1 five haves, 2 compliant, 3 professional.
    readiness smallint not null default 0
        constraint stations_readiness_rung check (readiness between 0 and 3),
    version integer not null default 1,
    created_at timestamptz not null,
    constraint stations_pkey primary key (network_id, id),
    constraint stations_code_once unique (network_id, code),
    constraint stations_division foreign key (network_id, division) references divisions (network_id, code),
    constraint stations_parent foreign key (network_id, parent_id) references stations (network_id, id),
    constraint stations_agency foreign key (network_id, agency_id) references agencies (network_id, id),
    constraint stations_not_own_parent check (parent_id is null or parent_id <> id),
    constraint stations_purchased_has_agency check (operation_mode = 'self_run' or agency_id is not null),
    constraint stations_opened_when_running check (state in ('planned', 'preparing', 'closed') or opened_on is not null),
    constraint stations_position_whole check ((longitude_e6 is null) = (latitude_e6 is null)),
    constraint stations_area_positive check (area_m2 is null or area_m2 > 0)
);
-- One general station for a county, one township station for a township, unless closed.
create unique index stations_one_general on stations (network_id, division)
    where level = 'general' and state <> 'closed';
create index stations_by_division on stations (network_id, division, level);
create index stations_by_opening on stations (network_id, opened_on);
create index stations_by_parent on stations (network_id, parent_id);
create index stations_by_agency on stations (network_id, agency_id) where agency_id is not null;
alter table stations enable row level security;
alter table stations force row level security;
create policy of_place on stations using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on stations to station_app;

-- A stretch of a station's life in which division, level, name, parent and state
-- stayed the same. `division_then` counts for the figures of that time; `division`
-- is where the station lies now, and says who reaches the row.
create table station_periods (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    since date not null,
    until date,
    division_then text not null collate "C",
    level text not null,
    name text not null,
    parent_id uuid,
    state text not null,
    -- Why it began, as it was told.
    reason text not null default '',
    division text not null collate "C",
    constraint station_periods_pkey primary key (network_id, station_id, since),
    constraint station_periods_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint station_periods_division foreign key (network_id, division_then) references divisions (network_id, code),
    constraint station_periods_parent foreign key (network_id, parent_id) references stations (network_id, id),
    constraint station_periods_days_in_order check (until is null or until >= since)
);
create unique index station_periods_one_open on station_periods (network_id, station_id) where until is null;
create index station_periods_by_division_then on station_periods (network_id, division_then);
create index station_periods_by_division on station_periods (network_id, division);
alter table station_periods enable row level security;
alter table station_periods force row level security;
create policy of_place on station_periods using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on station_periods to station_app;

-- A division that a station serves beyond its own (片区), with the card its people
-- may see. Reached from both ends, so it has a policy of its own: `division` is the
-- served one, `station_division` where the station lies.
create table served_divisions (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    division text not null collate "C",
    station_division text not null collate "C",
    station_name text not null,
    station_address text not null,
    station_phone text not null,
    constraint served_divisions_pkey primary key (network_id, station_id, division),
    constraint served_divisions_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint served_divisions_division foreign key (network_id, division) references divisions (network_id, code)
);
create index served_divisions_by_division on served_divisions (network_id, division);
create index served_divisions_by_station_division on served_divisions (network_id, station_division);
alter table served_divisions enable row level security;
alter table served_divisions force row level security;
create policy of_both_ends on served_divisions using (
    network_id = (select current_network())
    and ((division >= (select reach_from()) and division < (select reach_to()))
        or (station_division >= (select reach_from()) and station_division < (select reach_to())))
);
grant select, insert, update, delete on served_divisions to station_app;

-- One check of a station's readiness, as last judged.
create table station_checks (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    code text not null collate "C",
    division text not null collate "C",
    passed boolean not null,
    note text not null,
    checked_by text not null,
    checked_on date not null,
    constraint station_checks_pkey primary key (network_id, station_id, code),
    constraint station_checks_station foreign key (network_id, station_id) references stations (network_id, id)
);
create index station_checks_by_division on station_checks (network_id, division);
alter table station_checks enable row level security;
alter table station_checks force row level security;
create policy of_place on station_checks using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update, delete on station_checks to station_app;

-- The stations a head's, worker's or evaluator's grant is narrowed to.
create table grant_stations (
    network_id uuid not null default current_network(),
    grant_id uuid not null,
    station_id uuid not null,
    constraint grant_stations_pkey primary key (network_id, grant_id, station_id),
    constraint grant_stations_grant foreign key (network_id, grant_id) references grants (network_id, id),
    constraint grant_stations_station foreign key (network_id, station_id) references stations (network_id, id)
);
create index grant_stations_by_station on grant_stations (network_id, station_id);
alter table grant_stations enable row level security;
alter table grant_stations force row level security;
create policy of_network on grant_stations using (network_id = (select current_network()));
grant select, insert on grant_stations to station_app;

-- The agency whose stations an agency manager's grant is narrowed to.
alter table grants add column agency_id uuid;
alter table grants add constraint grants_agency foreign key (network_id, agency_id) references agencies (network_id, id);
alter table grants add constraint grants_agency_for_managers check ((role = 'agency_manager') = (agency_id is not null));

-- Who is behind a token: enters the network, then looks, in one statement. Runs
-- with the caller's rights, under the same policies as everything else. Heads
-- reach their station and its rooms; agency managers what their agency operates.
create function find_session(network uuid, token bytea)
returns table (
    at timestamptz, session_id uuid, seen_at timestamptz, began_at timestamptz,
    account_id uuid, display_name text, password_is_code boolean, grant_count bigint,
    role text, division text, division_name text, since date, until date, acting_for text,
    stations uuid[], network_code text, network_name text, network_root text, authority text, logo_text text, contact text,
    general_label text, township_label text, village_label text
)
language plpgsql volatile
as $$
begin
    perform set_config('app.network', network::text, true),
            set_config('app.reach_from', '', true),
            set_config('app.reach_to', '~', true),
            set_config('app.stations', 'all', true);
    return query
    select transaction_timestamp(), s.id, s.seen_at, s.began_at,
        a.id, a.display_name, a.password_is_code,
        (select count(*) from grants o
         where o.network_id = a.network_id and o.account_id = a.id and o.ended_at is null),
        g.role, g.division,
        (select d.name from divisions d where d.network_id = g.network_id and d.code = g.division),
        g.since, g.until,
        (select b.display_name from accounts b where b.network_id = g.network_id and b.id = g.acting_for),
        case
            when g.role in ('station_head', 'social_worker', 'evaluator') then array(
                select t.id from stations t
                join grant_stations l on l.network_id = t.network_id and l.grant_id = g.id
                    and (t.id = l.station_id or (t.parent_id = l.station_id and t.level = 'village'))
                where t.network_id = g.network_id)
            when g.role = 'agency_manager' then array(
                select t.id from stations t where t.network_id = g.network_id and t.agency_id = g.agency_id)
        end,
        n.code, n.name, n.root, c.authority, c.logo_text, c.contact, c.general_label, c.township_label, c.village_label
    from sessions s
    join accounts a on a.network_id = s.network_id and a.id = s.account_id
    join grants g on g.network_id = s.network_id and g.id = s.grant_id
    join networks n on n.id = s.network_id
    join settings c on c.network_id = s.network_id
    where s.network_id = $1 and s.token_hash = $2 and s.ended_at is null and g.ended_at is null
        and a.locked_at is null and a.left_at is null;
end
$$;
