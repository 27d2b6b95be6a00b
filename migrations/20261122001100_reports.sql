-- Monthly reports (月报): when they are due, what they ask, what they say, who has passed
-- them, and what they add up to.

-- On which working day of the next month a report is due.
alter table settings add column due_working_day smallint not null default 5
    constraint settings_due_working_day_sane check (due_working_day between 1 and 20);

-- Days that a network says are worked or free, before what was published.
create table calendar_days (
    network_id uuid not null default current_network(),
    day date not null,
    works boolean not null,
    name text not null default '',
    constraint calendar_days_pkey primary key (network_id, day)
);
alter table calendar_days enable row level security;
alter table calendar_days force row level security;
create policy of_network on calendar_days using (network_id = (select current_network()));
grant select, insert, update, delete on calendar_days to station_app;

-- What a network makes of an indicator from a month on. A slot is an indicator for good:
-- its place in the arrays of values.
create table indicator_versions (
    network_id uuid not null default current_network(),
    slot smallint not null
        constraint indicator_versions_slot_sane check (slot between 1 and 200),
    since date not null
        constraint indicator_versions_since_month check (extract(day from since) = 1),
    code text not null collate "C",
    name text not null,
    unit text not null,
    aggregation text not null
        constraint indicator_versions_aggregation_known check (aggregation in ('sum', 'distinct', 'stock', 'ratio')),
    scale smallint not null
        constraint indicator_versions_scale_sane check (scale between 0 and 2),
    section text not null,
    definition text not null,
    by_domain boolean not null,
    by_category boolean not null,
    most bigint not null,
    is_retired boolean not null,
    changed_by text not null,
    constraint indicator_versions_pkey primary key (network_id, slot, since),
    constraint indicator_versions_code_once unique (network_id, code, since)
);
alter table indicator_versions enable row level security;
alter table indicator_versions force row level security;
create policy of_network on indicator_versions using (network_id = (select current_network()));
grant select, insert, update on indicator_versions to station_app;

-- Which indicators the form of a level has from a month on.
create table form_versions (
    network_id uuid not null default current_network(),
    level text not null
        constraint form_versions_level_known check (level in ('general', 'township', 'village')),
    since date not null
        constraint form_versions_since_month check (extract(day from since) = 1),
    slots smallint[] not null,
    changed_by text not null,
    constraint form_versions_pkey primary key (network_id, level, since)
);
alter table form_versions enable row level security;
alter table form_versions force row level security;
create policy of_network on form_versions using (network_id = (select current_network()));
grant select, insert, update on form_versions to station_app;

-- A month whose expected reports are frozen, with the day they are due.
create table report_months (
    network_id uuid not null default current_network(),
    month date not null
        constraint report_months_month check (extract(day from month) = 1),
    due_on date not null,
    frozen_at timestamptz not null,
    constraint report_months_pkey primary key (network_id, month)
);
alter table report_months enable row level security;
alter table report_months force row level security;
create policy of_network on report_months using (network_id = (select current_network()));
grant select, insert on report_months to station_app;

-- A station's report of a month. `division_then` is where the station lay at the end of
-- that month and counts for figures; `division` is where it lies now and says who reaches
-- the row. Values lie by slot: null is blank, or not applicable where `na` says so. What
-- was approved stands beside what is being corrected, and counts until that is approved.
create table reports (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    month date not null
        constraint reports_month check (extract(day from month) = 1),
    division text not null collate "C",
    division_then text not null collate "C",
    level text not null
        constraint reports_level_known check (level in ('general', 'township', 'village')),
    route text not null
        constraint reports_route_known check (route in ('room', 'station', 'general')),
    -- Counted among those the month asks for.
    expected boolean not null default false,
    position text not null default 'draft' collate "C",
    state text not null generated always as (split_part(position, '>', 1)) stored,
    last_seq integer,
    vals bigint[] not null default '{}'
        constraint reports_vals_bounded check (cardinality(vals) <= 200),
    na smallint[] not null default '{}',
    parts bigint[] not null default '{}'
        constraint reports_parts_bounded check (cardinality(parts) <= 12800),
    -- What was typed and could not be read, by field.
    unread jsonb not null default '{}',
    texts jsonb not null default '{}',
    notes jsonb not null default '{}',
    filled smallint not null default 0,
    asked smallint not null default 0,
    -- How many cells were unusual when it was submitted.
    odd smallint not null default 0,
    submitted_at timestamptz,
    submitted_seq integer,
    submitted_by uuid,
    submitter text not null default '',
    on_time boolean,
    receipt text not null default '' collate "C",
    edition integer not null default 0,
    approved_at timestamptz,
    approved_seq integer,
    approved_vals bigint[],
    approved_na smallint[],
    approved_parts bigint[],
    approved_texts jsonb,
    version integer not null default 1,
    saved_at timestamptz not null,
    saved_by text not null,
    constraint reports_pkey primary key (network_id, station_id, month),
    constraint reports_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint reports_division_then foreign key (network_id, division_then) references divisions (network_id, code),
    constraint reports_submitted_by foreign key (network_id, submitted_by) references accounts (network_id, id),
    constraint reports_moves_by_steps check (last_seq is not null or position = 'draft'),
    constraint reports_approved_whole check (
        (approved_at is null) = (approved_vals is null) and (approved_at is null) = (approved_na is null)
        and (approved_at is null) = (approved_parts is null) and (approved_at is null) = (approved_texts is null)
        and (approved_at is null) = (approved_seq is null)
        and (edition = 0) = (approved_at is null)),
    constraint reports_approved_says_so check (split_part(position, '>', 1) not in ('approved', 'asked', 'amending') or edition > 0),
    constraint reports_submitted_whole check (
        (submitted_at is null) = (on_time is null) and (submitted_at is null) = (submitted_seq is null))
);
create index reports_by_division on reports (network_id, month, division);
create index reports_by_division_then on reports (network_id, month, division_then);
create index reports_by_approval on reports (network_id, approved_at) where approved_at is not null;
create unique index reports_receipt_once on reports (network_id, receipt) where receipt <> '';
alter table reports enable row level security;
alter table reports force row level security;
create policy of_place on reports using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on reports to station_app;

-- Every step of a report, one after the other; the way it may go is checked here as well
-- (src/features/reports/model/chain.rs), and nobody reviews what they submitted.
create table report_steps (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    month date not null,
    seq integer not null,
    division text not null collate "C",
    route text not null,
    act text not null,
    from_position text not null collate "C",
    to_position text not null collate "C",
    seq_before integer,
    account_id uuid,
    actor text not null,
    -- Who submitted what is reviewed.
    author_id uuid,
    -- The desk whose work it was, and whether another did it because nobody sits there.
    desk text,
    in_place boolean not null default false,
    reason text not null default '',
    words text not null default '',
    -- The fields that are meant.
    cells text[] not null default '{}',
    at timestamptz not null,
    constraint report_steps_pkey primary key (network_id, station_id, month, seq),
    constraint report_steps_to_once unique (network_id, station_id, month, seq, to_position),
    constraint report_steps_report foreign key (network_id, station_id, month)
        references reports (network_id, station_id, month),
    constraint report_steps_before foreign key (network_id, station_id, month, seq_before, from_position)
        references report_steps (network_id, station_id, month, seq, to_position),
    constraint report_steps_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint report_steps_in_order check (
        case when seq = 1 then seq_before is null and from_position = 'draft'
            else seq_before is not null and seq_before = seq - 1 end),
    constraint report_steps_nobody_reviews_their_own check (
        act not in ('pass', 'return', 'consent', 'refuse') or account_id is null or account_id is distinct from author_id),
    constraint report_steps_allowed check (route || ' ' || act || ' ' || from_position || ' ' || to_position in (
        'general abandon amending approved',
        'general abandon asked approved',
        'general ask approved asked',
        'general consent asked amending',
        'general pass county approved',
        'general refuse asked approved',
        'general return county returned>county',
        'general submit amending county',
        'general submit draft county',
        'general submit returned>county county',
        'general withdraw county amending',
        'general withdraw county draft',
        'general withdraw county returned>county',
        'room abandon amending approved',
        'room abandon asked approved',
        'room ask approved asked',
        'room consent asked amending',
        'room pass county approved',
        'room pass station township',
        'room pass station>county county',
        'room pass station>township township',
        'room pass station>township>county township>county',
        'room pass township county',
        'room pass township>county county',
        'room refuse asked approved',
        'room return county returned>county',
        'room return county station>county',
        'room return county township>county',
        'room return station returned>station',
        'room return station>county returned>station>county',
        'room return station>township returned>station>township',
        'room return station>township>county returned>station>township>county',
        'room return township returned>township',
        'room return township station>township',
        'room return township>county returned>township>county',
        'room return township>county station>township>county',
        'room submit amending station',
        'room submit draft station',
        'room submit returned>county county',
        'room submit returned>station station',
        'room submit returned>station>county station>county',
        'room submit returned>station>township station>township',
        'room submit returned>station>township>county station>township>county',
        'room submit returned>township township',
        'room submit returned>township>county township>county',
        'room withdraw county returned>county',
        'room withdraw station amending',
        'room withdraw station draft',
        'room withdraw station returned>station',
        'room withdraw station>county returned>station>county',
        'room withdraw station>township returned>station>township',
        'room withdraw station>township>county returned>station>township>county',
        'room withdraw township returned>township',
        'room withdraw township>county returned>township>county',
        'station abandon amending approved',
        'station abandon asked approved',
        'station ask approved asked',
        'station consent asked amending',
        'station pass county approved',
        'station pass township county',
        'station pass township>county county',
        'station refuse asked approved',
        'station return county returned>county',
        'station return county township>county',
        'station return township returned>township',
        'station return township>county returned>township>county',
        'station submit amending township',
        'station submit draft township',
        'station submit returned>county county',
        'station submit returned>township township',
        'station submit returned>township>county township>county',
        'station withdraw county returned>county',
        'station withdraw township amending',
        'station withdraw township draft',
        'station withdraw township returned>township',
        'station withdraw township>county returned>township>county'))
);
create index report_steps_by_division on report_steps (network_id, division);
alter table report_steps enable row level security;
alter table report_steps force row level security;
create policy of_place on report_steps using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update (division) on report_steps to station_app;

alter table reports add constraint reports_last_step foreign key (network_id, station_id, month, last_seq, position)
    references report_steps (network_id, station_id, month, seq, to_position);

-- What a report said each time it was submitted.
create table report_rounds (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    month date not null,
    seq integer not null,
    division text not null collate "C",
    vals bigint[] not null,
    na smallint[] not null,
    parts bigint[] not null,
    texts jsonb not null,
    notes jsonb not null,
    constraint report_rounds_pkey primary key (network_id, station_id, month, seq),
    constraint report_rounds_step foreign key (network_id, station_id, month, seq)
        references report_steps (network_id, station_id, month, seq)
);
create index report_rounds_by_division on report_rounds (network_id, division);
alter table report_rounds enable row level security;
alter table report_rounds force row level security;
create policy of_place on report_rounds using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update (division) on report_rounds to station_app;

-- A station that got longer for a month.
create table report_extensions (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    month date not null,
    division text not null collate "C",
    extended_to date not null,
    reason text not null,
    granted_by text not null,
    granted_at timestamptz not null,
    constraint report_extensions_pkey primary key (network_id, station_id, month),
    constraint report_extensions_station foreign key (network_id, station_id) references stations (network_id, id)
);
create index report_extensions_by_division on report_extensions (network_id, division);
alter table report_extensions enable row level security;
alter table report_extensions force row level security;
create policy of_place on report_extensions using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on report_extensions to station_app;

-- A block of the form that the head gave to a worker to fill in.
create table report_hands (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    section text not null,
    division text not null collate "C",
    account_id uuid not null,
    constraint report_hands_pkey primary key (network_id, station_id, section),
    constraint report_hands_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint report_hands_account foreign key (network_id, account_id) references accounts (network_id, id)
);
create index report_hands_by_division on report_hands (network_id, division);
alter table report_hands enable row level security;
alter table report_hands force row level security;
create policy of_place on report_hands using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update, delete on report_hands to station_app;

-- A photo or document that belongs to a report.
create table report_files (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    month date not null,
    file_id uuid not null,
    division text not null collate "C",
    name text not null,
    added_by text not null,
    added_at timestamptz not null,
    constraint report_files_pkey primary key (network_id, station_id, month, file_id),
    constraint report_files_report foreign key (network_id, station_id, month)
        references reports (network_id, station_id, month),
    constraint report_files_file foreign key (network_id, file_id) references files (network_id, id)
);
create index report_files_by_division on report_files (network_id, division);
alter table report_files enable row level security;
alter table report_files force row level security;
create policy of_place on report_files using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update, delete on report_files to station_app;

-- Up to when somebody has read what was approved.
create table report_readers (
    network_id uuid not null default current_network(),
    account_id uuid not null,
    read_to timestamptz not null,
    constraint report_readers_pkey primary key (network_id, account_id),
    constraint report_readers_account foreign key (network_id, account_id) references accounts (network_id, id)
);
alter table report_readers enable row level security;
alter table report_readers force row level security;
create policy of_network on report_readers using (network_id = (select current_network()));
grant select, insert, update on report_readers to station_app;

-- A place whose sums of a month are to be computed again. Only appended; the worker takes
-- marks away as it works.
create table report_marks (
    network_id uuid not null default current_network(),
    id uuid not null,
    month date not null,
    division text not null collate "C",
    constraint report_marks_pkey primary key (network_id, id)
);
alter table report_marks enable row level security;
alter table report_marks force row level security;
create policy of_network on report_marks using (network_id = (select current_network()));
grant select, insert, delete on report_marks to station_app;

-- A place's month, summed from its direct children and from what lies in itself: how many
-- reports were expected, received, in time, approved (by general, township, village), and
-- the approved values by slot.
create table report_rollups (
    network_id uuid not null default current_network(),
    month date not null,
    division text not null collate "C",
    parent text collate "C",
    expected integer[] not null,
    received integer[] not null,
    on_time integer[] not null,
    approved integer[] not null,
    vals bigint[] not null,
    parts bigint[] not null,
    -- Place among siblings by timeliness, their number, and their median in basis points.
    rank integer,
    siblings integer,
    median_bp integer,
    computed_at timestamptz not null,
    constraint report_rollups_pkey primary key (network_id, month, division)
) with (fillfactor = 70);
create index report_rollups_by_division on report_rollups (network_id, division, month);
create index report_rollups_by_parent on report_rollups (network_id, month, parent, division);
alter table report_rollups enable row level security;
alter table report_rollups force row level security;
create policy of_place on report_rollups using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and (select reach_is_whole())
);
grant select, insert, update, delete on report_rollups to station_app;

-- The medians of submitted values among a county's stations of a level: what a reviewer
-- below the county compares with, without seeing whose they are.
create table report_medians (
    network_id uuid not null default current_network(),
    month date not null,
    division text not null collate "C",
    level text not null,
    stations integer not null,
    vals bigint[] not null,
    constraint report_medians_pkey primary key (network_id, month, division, level)
);
alter table report_medians enable row level security;
alter table report_medians force row level security;
create policy of_network on report_medians using (network_id = (select current_network()));
grant select, insert, update, delete on report_medians to station_app;

-- Word to somebody, once.
alter table accounts add column email text not null default '';
create table notices (
    network_id uuid not null default current_network(),
    id uuid not null,
    account_id uuid not null,
    -- What it is about; the same is never said twice to the same.
    once_key text not null collate "C",
    -- The place it is about, for the log; nothing where it is about no place.
    division text not null default '' collate "C",
    title text not null,
    path text not null,
    at timestamptz not null,
    read_at timestamptz,
    mailed_at timestamptz,
    constraint notices_pkey primary key (network_id, id),
    constraint notices_once unique (network_id, account_id, once_key),
    constraint notices_account foreign key (network_id, account_id) references accounts (network_id, id)
);
create index notices_by_account on notices (network_id, account_id, at);
create index notices_by_place on notices (network_id, at, division) where division <> '';
alter table notices enable row level security;
alter table notices force row level security;
create policy of_network on notices using (network_id = (select current_network()));
grant select, insert, update, delete on notices to station_app;
