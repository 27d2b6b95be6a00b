-- What a bureau must know of an agency before it awards work to it.
alter table agencies
    add column legal_person text not null default '',
    add column grade text not null default 'none'
        constraint agencies_grade_known check (grade in ('none', '1a', '2a', '3a', '4a', '5a')),
    add column founded_on date,
    add column registered_with text not null default '',
    add column domains text[] not null default '{}',
    add column status text not null default 'active'
        constraint agencies_status_known check (status in ('active', 'suspended', 'barred')),
    add column status_reason text not null default '',
    add constraint agencies_reason_when_not_active check (status = 'active' or status_reason <> '');

-- The result of an agency's annual inspection (年检, 年度报告) for a year.
create table agency_inspections (
    network_id uuid not null default current_network(),
    agency_id uuid not null,
    year integer not null
        constraint agency_inspections_year_sane check (year between 1990 and 2100),
    result text not null
        constraint agency_inspections_result_known check (result in ('qualified', 'basic', 'unqualified', 'missed')),
    constraint agency_inspections_pkey primary key (network_id, agency_id, year),
    constraint agency_inspections_agency foreign key (network_id, agency_id) references agencies (network_id, id)
);
alter table agency_inspections enable row level security;
alter table agency_inspections force row level security;
create policy of_network on agency_inspections using (network_id = (select current_network()));
grant select, insert, update on agency_inspections to station_app;
