-- The staff register (人员), and what it needs of the ground: reach by agency, spans of
-- days that may not overlap, an account that knows whose it is.

-- Trusted since PostgreSQL 13: the database's owner may install it. Apart from public,
-- whose functions are ours.
create schema extensions;
create extension btree_gist schema extensions;

-- app.agency: who works for an agency reaches its own people, wherever they stand, and
-- no other's.
create function reach_agency() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.agency', true), '')::uuid;

-- A person who works, or worked, at stations. `division` and `station_id` are where the
-- person lies: at the main post, or, without one, where the employer registered them.
-- The numbers are sealed; the print finds the same number again.
create table persons (
    network_id uuid not null default current_network(),
    id uuid not null,
    division text not null collate "C",
    station_id uuid,
    name text not null
        constraint persons_name_length check (char_length(name) between 1 and 40),
    search text not null,
    sex text not null
        constraint persons_sex_known check (sex in ('male', 'female')),
    born_on date not null,
    id_number bytea,
    id_number_print bytea,
    phone bytea,
    education text not null
        constraint persons_education_known check (education in
            ('unstated', 'secondary', 'college', 'bachelor', 'master', 'doctor')),
    political_status text not null
        constraint persons_political_status_known check (political_status in
            ('unstated', 'party', 'probationary', 'league', 'democratic', 'none')),
    agency_id uuid,
    employer text not null default '',
    photo_id uuid,
    version integer not null default 1,
    created_at timestamptz not null,
    constraint persons_pkey primary key (network_id, id),
    constraint persons_division foreign key (network_id, division) references divisions (network_id, code),
    constraint persons_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint persons_agency foreign key (network_id, agency_id) references agencies (network_id, id),
    constraint persons_photo foreign key (network_id, photo_id) references files (network_id, id),
    constraint persons_id_number_whole check ((id_number is null) = (id_number_print is null)),
    constraint persons_employer_one_kind check (agency_id is null or employer = '')
);
create unique index persons_id_number_once on persons (network_id, id_number_print) where id_number_print is not null;
create index persons_by_division on persons (network_id, division, id);
create index persons_by_station on persons (network_id, station_id);
create index persons_by_agency on persons (network_id, agency_id) where agency_id is not null;
alter table persons enable row level security;
alter table persons force row level security;
create policy of_place on persons using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and case
        when (select reach_agency()) is not null then agency_id = (select reach_agency())
        else (select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[])
    end
);
grant select, insert, update on persons to station_app;

-- A post (任职): a person at a station, in a role, from a day to a last day. It has the
-- station's place, and the person's name for the card by which colleagues elsewhere know
-- them. A last day ahead is a planned leave.
create table posts (
    network_id uuid not null default current_network(),
    id uuid not null,
    person_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    person_name text not null,
    role text not null
        constraint posts_role_known check (role in
            ('head', 'social_worker', 'supervisor', 'volunteer_coordinator', 'assistant')),
    is_full_time boolean not null,
    is_main boolean not null,
    kind text not null
        constraint posts_kind_known check (kind in ('affairs', 'service')),
    route text not null
        constraint posts_route_known check (route in ('unified', 'dispatch', 'purchased', 'other')),
    rank text not null
        constraint posts_rank_known check (rank in ('none', 'junior', 'middle', 'senior')),
    since date not null,
    until date,
    contract_until date,
    end_reason text not null default '',
    version integer not null default 1,
    created_at timestamptz not null,
    constraint posts_pkey primary key (network_id, id),
    constraint posts_person foreign key (network_id, person_id) references persons (network_id, id),
    constraint posts_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint posts_days_in_order check (until is null or until >= since),
    constraint posts_head_is_full_time check (role <> 'head' or is_full_time),
    constraint posts_one_full_time_at_a_time exclude using gist (
        network_id extensions.gist_uuid_ops with =, person_id extensions.gist_uuid_ops with =,
        daterange(since, until, '[]') with &&) where (is_full_time),
    constraint posts_one_main_at_a_time exclude using gist (
        network_id extensions.gist_uuid_ops with =, person_id extensions.gist_uuid_ops with =,
        daterange(since, until, '[]') with &&) where (is_main),
    constraint posts_one_head_at_a_time exclude using gist (
        network_id extensions.gist_uuid_ops with =, station_id extensions.gist_uuid_ops with =,
        daterange(since, until, '[]') with &&) where (role = 'head'),
    constraint posts_one_at_a_station_at_a_time exclude using gist (
        network_id extensions.gist_uuid_ops with =, person_id extensions.gist_uuid_ops with =,
        station_id extensions.gist_uuid_ops with =, daterange(since, until, '[]') with &&)
);
create index posts_by_person on posts (network_id, person_id, since);
create index posts_by_station on posts (network_id, station_id, since);
create index posts_by_division on posts (network_id, division, station_id);
alter table posts enable row level security;
alter table posts force row level security;
create policy of_place on posts using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update, delete on posts to station_app;

-- A certificate (职业资格), its registrations and the education that keeps it are of the
-- network, not of a place: a station a person has left still counts them in its past, and
-- no row here says who the person is. Pages reach them through `persons` or `posts`.
create table certificates (
    network_id uuid not null default current_network(),
    id uuid not null,
    person_id uuid not null,
    level text not null
        constraint certificates_level_known check (level in ('associate', 'assistant', 'intermediate', 'senior')),
    number bytea,
    number_print bytea,
    issued_on date not null,
    scan_id uuid,
    version integer not null default 1,
    created_at timestamptz not null,
    constraint certificates_pkey primary key (network_id, id),
    constraint certificates_level_once unique (network_id, person_id, level),
    constraint certificates_person foreign key (network_id, person_id) references persons (network_id, id),
    constraint certificates_scan foreign key (network_id, scan_id) references files (network_id, id)
);
create unique index certificates_number_once on certificates (network_id, number_print) where number_print is not null;
alter table certificates enable row level security;
alter table certificates force row level security;
create policy of_network on certificates using (network_id = (select current_network()));
grant select, insert, update, delete on certificates to station_app;

-- A registration (登记) of a certificate: asked for, reviewed twice, valid for three years.
create table registrations (
    network_id uuid not null default current_network(),
    id uuid not null,
    certificate_id uuid not null,
    person_id uuid not null,
    kind text not null
        constraint registrations_kind_known check (kind in ('first', 'renewal')),
    state text not null
        constraint registrations_state_known check (state in ('not_applied', 'pending', 'first_passed', 'first_failed',
            'final_passed', 'final_failed', 'completed', 'issued')),
    seq integer not null,
    valid_from date,
    valid_to date,
    version integer not null default 1,
    created_at timestamptz not null,
    constraint registrations_pkey primary key (network_id, id),
    constraint registrations_certificate foreign key (network_id, certificate_id) references certificates (network_id, id),
    constraint registrations_person foreign key (network_id, person_id) references persons (network_id, id),
    constraint registrations_valid_when_complete check ((state in ('completed', 'issued')) = (valid_from is not null)),
    constraint registrations_days_in_order check ((valid_from is null) = (valid_to is null) and valid_to >= valid_from),
    constraint registrations_do_not_overlap exclude using gist (
        network_id extensions.gist_uuid_ops with =, certificate_id extensions.gist_uuid_ops with =,
        daterange(valid_from, valid_to, '[]') with &&) where (valid_from is not null)
);
create index registrations_by_person on registrations (network_id, person_id, valid_to);
create index registrations_by_end on registrations (network_id, valid_to) where valid_to is not null;
create index registrations_by_certificate on registrations (network_id, certificate_id);
alter table registrations enable row level security;
alter table registrations force row level security;
create policy of_network on registrations using (network_id = (select current_network()));
grant select, insert, update on registrations to station_app;

-- The steps a registration took; the first may be any, as it was found in the national
-- system, each next one is allowed after the one before.
create table registration_steps (
    network_id uuid not null default current_network(),
    registration_id uuid not null,
    seq integer not null,
    state text not null,
    seq_before integer,
    state_before text,
    at timestamptz not null,
    by text not null,
    constraint registration_steps_pkey primary key (network_id, registration_id, seq),
    constraint registration_steps_state_once unique (network_id, registration_id, seq, state),
    constraint registration_steps_registration foreign key (network_id, registration_id)
        references registrations (network_id, id),
    constraint registration_steps_before foreign key (network_id, registration_id, seq_before, state_before)
        references registration_steps (network_id, registration_id, seq, state),
    constraint registration_steps_in_order check ((seq = 1) = (seq_before is null) and seq_before = seq - 1),
    constraint registration_steps_allowed check (state_before is null or (state_before, state) in (
        ('not_applied', 'pending'), ('pending', 'first_passed'), ('pending', 'first_failed'),
        ('first_failed', 'pending'), ('first_passed', 'final_passed'), ('first_passed', 'final_failed'),
        ('final_failed', 'pending'), ('final_passed', 'completed'), ('completed', 'issued')))
);
alter table registration_steps enable row level security;
alter table registration_steps force row level security;
create policy of_network on registration_steps using (network_id = (select current_network()));
grant select, insert on registration_steps to station_app;

-- An entry of continuing education (继续教育). Hours are kept in tenths. What a worker
-- enters counts once the head has confirmed it.
create table education_entries (
    network_id uuid not null default current_network(),
    id uuid not null,
    person_id uuid not null,
    held_on date not null,
    tenths integer not null
        constraint education_entries_hours_sane check (tenths between 1 and 9999),
    title text not null,
    provider text not null,
    category text not null
        constraint education_entries_category_known check (category in ('training', 'course', 'degree', 'points')),
    file_id uuid,
    confirmed_at timestamptz,
    confirmed_by text not null default '',
    refused_why text not null default '',
    entered_by text not null,
    created_at timestamptz not null,
    constraint education_entries_pkey primary key (network_id, id),
    constraint education_entries_person foreign key (network_id, person_id) references persons (network_id, id),
    constraint education_entries_file foreign key (network_id, file_id) references files (network_id, id),
    constraint education_entries_judged_one_way check (confirmed_at is null or refused_why = '')
);
create index education_entries_by_person on education_entries (network_id, person_id, held_on);
create unique index education_entries_degree_once on education_entries (network_id, person_id)
    where category = 'degree' and refused_why = '';
alter table education_entries enable row level security;
alter table education_entries force row level security;
create policy of_network on education_entries using (network_id = (select current_network()));
grant select, insert, update, delete on education_entries to station_app;

-- Hours that a validity period beginning on or after a day asks for, where the network
-- sets them otherwise than the rule does.
create table education_requirements (
    network_id uuid not null default current_network(),
    level text not null
        constraint education_requirements_level_known check (level in ('associate', 'assistant', 'intermediate', 'senior')),
    since date not null,
    tenths integer not null
        constraint education_requirements_hours_sane check (tenths between 0 and 9999),
    constraint education_requirements_pkey primary key (network_id, level, since),
    constraint education_requirements_network foreign key (network_id) references networks (id)
);
alter table education_requirements enable row level security;
alter table education_requirements force row level security;
create policy of_network on education_requirements using (network_id = (select current_network()));
grant select, insert, update, delete on education_requirements to station_app;

-- A person asked for beyond one's own reach (调出): carried out by who reaches both.
create table transfers (
    network_id uuid not null default current_network(),
    id uuid not null,
    person_id uuid not null,
    person_name text not null,
    station_id uuid,
    division text not null collate "C",
    to_division text not null collate "C",
    reason text not null,
    asked_by text not null,
    asked_at timestamptz not null,
    state text not null
        constraint transfers_state_known check (state in ('asked', 'carried_out', 'refused', 'withdrawn')),
    decided_by text not null default '',
    decided_at timestamptz,
    decision text not null default '',
    constraint transfers_pkey primary key (network_id, id),
    constraint transfers_person foreign key (network_id, person_id) references persons (network_id, id),
    constraint transfers_to foreign key (network_id, to_division) references divisions (network_id, code),
    constraint transfers_decided_when_not_asked check ((state = 'asked') = (decided_at is null))
);
create unique index transfers_one_asked on transfers (network_id, person_id) where state = 'asked';
create index transfers_by_division on transfers (network_id, division, asked_at);
alter table transfers enable row level security;
alter table transfers force row level security;
create policy of_place on transfers using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on transfers to station_app;

-- What somebody should not miss about a person: made once for each occasion, settled when
-- it no longer matters.
create table reminders (
    network_id uuid not null default current_network(),
    id uuid not null,
    person_id uuid not null,
    station_id uuid,
    division text not null collate "C",
    kind text not null
        constraint reminders_kind_known check (kind in
            ('lapse_90', 'lapse_30', 'lapse_7', 'window', 'education', 'unregistered')),
    -- The day it is about: the last day of validity, the day the window opened, …
    due_on date not null,
    made_at timestamptz not null,
    settled_at timestamptz,
    constraint reminders_pkey primary key (network_id, id),
    constraint reminders_once unique (network_id, person_id, kind, due_on),
    constraint reminders_person foreign key (network_id, person_id) references persons (network_id, id)
);
create index reminders_open on reminders (network_id, division, due_on) where settled_at is null;
alter table reminders enable row level security;
alter table reminders force row level security;
create policy of_place on reminders using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on reminders to station_app;

-- Whose account it is, on the staff register.
alter table accounts add column person_id uuid;
alter table accounts add constraint accounts_person foreign key (network_id, person_id) references persons (network_id, id);
create unique index accounts_one_for_person on accounts (network_id, person_id)
    where person_id is not null and left_at is null;

-- As before, and the agency of a manager's grant and the person whose account it is.
drop function find_session(uuid, bytea);
create function find_session(network uuid, token bytea)
returns table (
    at timestamptz, session_id uuid, seen_at timestamptz, began_at timestamptz,
    account_id uuid, display_name text, password_is_code boolean, grant_count bigint,
    role text, division text, division_name text, since date, until date, acting_for text,
    stations uuid[], agency_id uuid, person_id uuid,
    network_code text, network_name text, network_root text, authority text, logo_text text, contact text,
    general_label text, township_label text, village_label text
)
language plpgsql volatile
as $$
begin
    perform set_config('app.network', network::text, true),
            set_config('app.reach_from', '', true),
            set_config('app.reach_to', '~', true),
            set_config('app.stations', 'all', true),
            set_config('app.agency', '', true);
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
        g.agency_id, a.person_id,
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
