-- How many stations of a level a county is to build in a year, by build route
-- (年度建设任务). A place's row without a station: asks for an un-narrowed reach.
create table build_tasks (
    network_id uuid not null default current_network(),
    year integer not null
        constraint build_tasks_year_sane check (year between 2000 and 2100),
    division text not null collate "C",
    level text not null
        constraint build_tasks_level_known check (level in ('general', 'township', 'village')),
    build_route text not null default 'unstated'
        constraint build_tasks_route_known check (build_route in
            ('unstated', 'provincial_award', 'governance_pilot', 'civil_institution', 'county_built', 'existing_venue')),
    planned integer not null
        constraint build_tasks_planned_positive check (planned > 0),
    constraint build_tasks_pkey primary key (network_id, year, division, level, build_route),
    constraint build_tasks_division foreign key (network_id, division) references divisions (network_id, code)
);
create index build_tasks_by_division on build_tasks (network_id, division, year);
alter table build_tasks enable row level security;
alter table build_tasks force row level security;
create policy of_place on build_tasks using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and (select reach_is_whole())
);
grant select, insert, update, delete on build_tasks to station_app;

-- A division whose figures are to be computed again. Only appended; the worker
-- takes marks away as it works.
create table figure_marks (
    network_id uuid not null default current_network(),
    id uuid not null,
    division text not null collate "C",
    constraint figure_marks_pkey primary key (network_id, id)
);
alter table figure_marks enable row level security;
alter table figure_marks force row level security;
create policy of_network on figure_marks using (network_id = (select current_network()));
grant select, insert, delete on figure_marks to station_app;

-- A place's figures for a year, summed from its direct children and what lies in
-- itself. `basis`: 'then' counts a station where it lay at the end of that year,
-- 'now' where it lies today. Arrays run over general, township, village.
create table figures (
    network_id uuid not null default current_network(),
    year integer not null,
    division text not null collate "C",
    basis text not null
        constraint figures_basis_known check (basis in ('then', 'now')),
    parent text collate "C",
    planned integer[] not null,
    built integer[] not null,
    operating integer[] not null,
    -- Operating stations by readiness rung 0 to 3.
    readiness integer[] not null,
    provincial_pilots integer not null,
    governance_pilots integer not null,
    merged_areas integer not null,
    -- Townships: all, with a station of their own, covered by a neighbour's; then villages likewise.
    townships integer[] not null,
    villages integer[] not null,
    -- Place among siblings by built ÷ planned, their number, and their median in basis points.
    rank integer,
    siblings integer,
    median_bp integer,
    computed_at timestamptz not null,
    constraint figures_pkey primary key (network_id, year, basis, division)
) with (fillfactor = 70);
create index figures_by_division on figures (network_id, division, basis, year);
create index figures_by_parent on figures (network_id, year, basis, parent, division);
alter table figures enable row level security;
alter table figures force row level security;
create policy of_place on figures using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and (select reach_is_whole())
);
grant select, insert, update, delete on figures to station_app;
