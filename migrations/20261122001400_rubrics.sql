-- Rubrics (评分细则): what stations are scored by, as data. A rubric is a row of versions;
-- a version is a draft until it is published, and never changes after that.

create table rubrics (
    network_id uuid not null default current_network(),
    id uuid not null,
    -- The first version's id: what the versions have in common.
    series_id uuid not null,
    number smallint not null
        constraint rubrics_number_sane check (number between 1 and 999),
    -- Whose it is. Everybody in the network may read what is published.
    division text not null collate "C",
    name text not null
        constraint rubrics_name_length check (char_length(name) between 2 and 60),
    state text not null default 'draft'
        constraint rubrics_state_known check (state in ('draft', 'published', 'retired')),
    bonus_over boolean not null,
    -- Label and lowest points (thousandths), best first.
    grades jsonb not null,
    note text not null default '',
    version integer not null default 1,
    changed_by text not null,
    changed_at timestamptz not null,
    constraint rubrics_pkey primary key (network_id, id),
    constraint rubrics_series foreign key (network_id, series_id) references rubrics (network_id, id),
    constraint rubrics_number_once unique (network_id, series_id, number),
    constraint rubrics_division foreign key (network_id, division) references divisions (network_id, code)
);
create unique index rubrics_one_draft on rubrics (network_id, series_id) where state = 'draft';
alter table rubrics enable row level security;
alter table rubrics force row level security;
create policy of_network on rubrics using (network_id = (select current_network()));
grant select, insert, update, delete on rubrics to station_app;

-- A line. Points in thousandths. `setting` is written as people type it.
create table rubric_lines (
    network_id uuid not null default current_network(),
    rubric_id uuid not null,
    code text not null collate "C"
        constraint rubric_lines_code_plain check (code ~ '^[0-9A-Za-z.-]{1,12}$'),
    seq smallint not null,
    parent text collate "C",
    kind text not null
        constraint rubric_lines_kind_known check (kind in ('scored', 'bonus', 'deduction', 'veto', 'cap', 'ineligible')),
    text text not null,
    points bigint not null
        constraint rubric_lines_points_sane check (points between 0 and 10000000),
    method text
        constraint rubric_lines_method_known check (method in ('composite', 'degree', 'ratio_band', 'linear',
            'condition_count', 'threshold', 'per_unit_add', 'per_unit_deduct', 'matrix', 'factor', 'boolean')),
    setting text not null default '',
    zero_on text[] not null default '{}',
    note text not null default '',
    evidence text not null default '',
    source text,
    constraint rubric_lines_pkey primary key (network_id, rubric_id, code),
    constraint rubric_lines_rubric foreign key (network_id, rubric_id) references rubrics (network_id, id),
    constraint rubric_lines_parent foreign key (network_id, rubric_id, parent)
        references rubric_lines (network_id, rubric_id, code) deferrable initially deferred,
    constraint rubric_lines_seq_once unique (network_id, rubric_id, seq),
    constraint rubric_lines_not_own_parent check (parent is null or parent <> code),
    constraint rubric_lines_points_by_kind check ((kind in ('scored', 'bonus', 'deduction')) = (points > 0)
        and (points > 0 or method is null))
);
alter table rubric_lines enable row level security;
alter table rubric_lines force row level security;
create policy of_network on rubric_lines using (network_id = (select current_network()));
grant select, insert, update, delete on rubric_lines to station_app;
