-- Annual evaluations of stations (年度评估): rounds, the stations in them, their self-scores
-- with evidence, who scores them and who must not, scores, settlements, results, appeals.

-- app.scores: the rounds or evaluations whose scores and results this transaction has
-- opened. Before a round is released only who leads it may open it (src/db/tx.rs).
create function reach_scores() returns uuid[]
language sql stable parallel safe
return case when current_setting('app.scores', true) like '{%' then current_setting('app.scores', true)::uuid[] end;

-- A year's round of a place. Points in thousandths, shares in basis points.
create table evaluation_rounds (
    network_id uuid not null default current_network(),
    id uuid not null,
    division text not null collate "C",
    year smallint not null
        constraint evaluation_rounds_year_sane check (year between 2000 and 2100),
    name text not null
        constraint evaluation_rounds_name_length check (char_length(name) between 2 and 60),
    rubric_id uuid not null,
    self_until date not null,
    onsite_from date not null,
    onsite_until date not null,
    notice_days smallint not null
        constraint evaluation_rounds_notice_sane check (notice_days between 1 and 60),
    appeal_days smallint not null
        constraint evaluation_rounds_appeal_sane check (appeal_days between 1 and 60),
    -- The accounts of its scorers end on this day.
    ends_on date not null,
    scorers smallint not null
        constraint evaluation_rounds_scorers_sane check (scorers between 1 and 15),
    needs_finance boolean not null,
    combination text not null
        constraint evaluation_rounds_combination_known check (combination in ('mean', 'trimmed', 'drop_extremes')),
    spread_bp integer not null
        constraint evaluation_rounds_spread_sane check (spread_bp between 0 and 10000),
    -- Label, lowest points, and the share of stations that may have it at most.
    bands jsonb not null,
    opened_at timestamptz,
    seed text not null default '',
    released_at timestamptz,
    released_by text,
    notice_until date,
    appeal_until date,
    heard_at timestamptz,
    finalized_at timestamptz,
    archived_at timestamptz,
    version integer not null default 1,
    created_by text not null,
    created_at timestamptz not null,
    constraint evaluation_rounds_pkey primary key (network_id, id),
    constraint evaluation_rounds_division foreign key (network_id, division) references divisions (network_id, code),
    constraint evaluation_rounds_rubric foreign key (network_id, rubric_id) references rubrics (network_id, id),
    constraint evaluation_rounds_name_once unique (network_id, division, year, name),
    constraint evaluation_rounds_days_in_order check (
        self_until <= onsite_until and onsite_from <= onsite_until and onsite_until <= ends_on),
    constraint evaluation_rounds_released_whole check (
        (released_at is null) = (released_by is null) and (released_at is null) = (notice_until is null)
        and (released_at is null) = (appeal_until is null)),
    constraint evaluation_rounds_in_order check (
        (released_at is null or opened_at is not null) and (heard_at is null or released_at is not null)
        and (finalized_at is null or heard_at is not null) and (archived_at is null or finalized_at is not null))
);
alter table evaluation_rounds enable row level security;
alter table evaluation_rounds force row level security;
create policy of_network on evaluation_rounds using (
    network_id = (select current_network())
);
grant select, insert, update, delete on evaluation_rounds to station_app;

-- A station in a round.
create table evaluations (
    network_id uuid not null default current_network(),
    id uuid not null,
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    -- Stations of the same kind, among which it is ranked.
    peers text not null,
    position text not null default 'scheduled' collate "C",
    last_seq integer,
    self_until date not null,
    extended_why text not null default '',
    summary text not null default '',
    submitted_at timestamptz,
    submitted_by text not null default '',
    visit_on date,
    visit_note text not null default '',
    version integer not null default 1,
    constraint evaluations_pkey primary key (network_id, id),
    constraint evaluations_round foreign key (network_id, round_id) references evaluation_rounds (network_id, id),
    constraint evaluations_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint evaluations_station_once unique (network_id, round_id, station_id),
    constraint evaluations_moves_by_steps check (last_seq is not null or position = 'scheduled')
);
create index evaluations_by_station on evaluations (network_id, station_id);
create index evaluations_by_division on evaluations (network_id, division);
alter table evaluations enable row level security;
alter table evaluations force row level security;
create policy of_place on evaluations using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update, delete on evaluations to station_app;

-- Every step of an evaluation, one after the other. The same list stands in
-- src/features/evaluations/model/life.rs.
create table evaluation_steps (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    seq integer not null,
    act text not null,
    from_position text not null collate "C",
    to_position text not null collate "C",
    seq_before integer,
    words text not null default '',
    account_id uuid,
    actor text not null,
    at timestamptz not null,
    constraint evaluation_steps_pkey primary key (network_id, evaluation_id, seq),
    constraint evaluation_steps_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint evaluation_steps_to_once unique (network_id, evaluation_id, seq, to_position),
    constraint evaluation_steps_before foreign key (network_id, evaluation_id, seq_before, from_position)
        references evaluation_steps (network_id, evaluation_id, seq, to_position),
    constraint evaluation_steps_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint evaluation_steps_in_order check (
        case when seq = 1 then seq_before is null and from_position = 'scheduled'
            else seq_before is not null and seq_before = seq - 1 end),
    constraint evaluation_steps_allowed check (act || ' ' || from_position || ' ' || to_position in (
        'archive final archived',
        'exclude moderated excluded',
        'exclude on_site excluded',
        'exclude scheduled excluded',
        'exclude scored excluded',
        'exclude self_scoring excluded',
        'exclude submitted excluded',
        'finalize appeals final',
        'hear public_notice appeals',
        'moderate scored moderated',
        'open scheduled self_scoring',
        'reconsider moderated scored',
        'release moderated public_notice',
        'reopen scored on_site',
        'return submitted self_scoring',
        'score on_site scored',
        'submit self_scoring submitted',
        'visit submitted on_site'))
);
alter table evaluation_steps enable row level security;
alter table evaluation_steps force row level security;
create policy of_place on evaluation_steps using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update (division) on evaluation_steps to station_app;

alter table evaluations add constraint evaluations_last_step foreign key (network_id, id, last_seq, position)
    references evaluation_steps (network_id, evaluation_id, seq, to_position);

-- What a station says of itself at a line. Points in thousandths.
create table self_scores (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    code text not null collate "C",
    station_id uuid not null,
    division text not null collate "C",
    rubric_id uuid not null,
    answer jsonb not null,
    points bigint,
    words text not null default '',
    -- What the system's own figure is, in words; '' where it has none.
    figure text not null default '',
    changed_by text not null,
    changed_at timestamptz not null,
    constraint self_scores_pkey primary key (network_id, evaluation_id, code),
    constraint self_scores_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint self_scores_line foreign key (network_id, rubric_id, code) references rubric_lines (network_id, rubric_id, code)
);
alter table self_scores enable row level security;
alter table self_scores force row level security;
create policy of_place on self_scores using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update, delete on self_scores to station_app;

-- What proves it: a file, or a page of the system.
create table evaluation_evidence (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    code text not null collate "C",
    seq smallint not null,
    station_id uuid not null,
    division text not null collate "C",
    label text not null,
    file_id uuid,
    path text not null default '',
    added_by text not null,
    added_at timestamptz not null,
    constraint evaluation_evidence_pkey primary key (network_id, evaluation_id, code, seq),
    constraint evaluation_evidence_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint evaluation_evidence_file foreign key (network_id, file_id) references files (network_id, id),
    constraint evaluation_evidence_one_of_two check ((file_id is null) <> (path = ''))
);
alter table evaluation_evidence enable row level security;
alter table evaluation_evidence force row level security;
create policy of_place on evaluation_evidence using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update (division), delete on evaluation_evidence to station_app;

-- Who evaluates, and what they are.
create table evaluator_profiles (
    network_id uuid not null default current_network(),
    account_id uuid not null,
    employer text not null default '',
    agency_id uuid,
    background text not null
        constraint evaluator_profiles_background_known check (background in
            ('scholar', 'practitioner', 'official', 'finance', 'other')),
    is_finance boolean not null,
    certified text not null default 'none'
        constraint evaluator_profiles_certified_known check (certified in ('none', 'assistant', 'intermediate', 'senior')),
    -- Where they live or serve: stations there are another's to score.
    place text collate "C",
    version integer not null default 1,
    changed_by text not null,
    changed_at timestamptz not null,
    constraint evaluator_profiles_pkey primary key (network_id, account_id),
    constraint evaluator_profiles_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint evaluator_profiles_agency foreign key (network_id, agency_id) references agencies (network_id, id),
    constraint evaluator_profiles_place foreign key (network_id, place) references divisions (network_id, code)
);
alter table evaluator_profiles enable row level security;
alter table evaluator_profiles force row level security;
create policy of_network on evaluator_profiles using (
    network_id = (select current_network())
);
grant select, insert, update on evaluator_profiles to station_app;

-- Somebody should not score a station: declared by themselves, requested by the station,
-- or entered by who leads the round.
create table recusals (
    network_id uuid not null default current_network(),
    station_id uuid not null,
    account_id uuid not null,
    seq smallint not null,
    division text not null collate "C",
    reason text not null
        constraint recusals_reason_known check (reason in
            ('interest', 'employed', 'kinship', 'supervisor', 'partner', 'other')),
    origin text not null
        constraint recusals_origin_known check (origin in ('declared', 'requested', 'entered')),
    words text not null,
    state text not null default 'asked'
        constraint recusals_state_known check (state in ('asked', 'approved', 'rejected')),
    asked_by text not null,
    asked_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    decision text not null default '',
    constraint recusals_pkey primary key (network_id, station_id, account_id, seq),
    constraint recusals_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint recusals_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint recusals_decided_whole check ((state = 'asked') = (decided_at is null))
);
create index recusals_by_account on recusals (network_id, account_id);
alter table recusals enable row level security;
alter table recusals force row level security;
create policy of_place on recusals using (
    network_id = (select current_network())
    and (account_id = (select reach_evaluator())
        or (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to())
            and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[])))
);
grant select, insert, update on recusals to station_app;

-- Whether somebody may score a station of a round, as it was found when the panel was made.
-- A seat refers to a clearance that is clear; so a pair in conflict has none, whoever asks.
create table clearances (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    account_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    is_clear boolean not null,
    why text not null default '',
    checked_at timestamptz not null,
    constraint clearances_pkey primary key (network_id, evaluation_id, account_id),
    constraint clearances_clear_once unique (network_id, evaluation_id, account_id, is_clear),
    constraint clearances_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint clearances_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint clearances_says_why check (is_clear or why <> '')
);
alter table clearances enable row level security;
alter table clearances force row level security;
create policy of_place on clearances using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
    and (select reach_evaluator()) is null
);
grant select, insert, update on clearances to station_app;

-- Somebody's seat on the panel of a station.
create table panel_seats (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    account_id uuid not null,
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    is_clear boolean not null default true
        constraint panel_seats_are_clear check (is_clear),
    comment text not null default '',
    submitted_at timestamptz,
    seated_by text not null,
    seated_at timestamptz not null,
    constraint panel_seats_pkey primary key (network_id, evaluation_id, account_id),
    constraint panel_seats_clearance foreign key (network_id, evaluation_id, account_id, is_clear)
        references clearances (network_id, evaluation_id, account_id, is_clear),
    constraint panel_seats_round foreign key (network_id, round_id) references evaluation_rounds (network_id, id)
);
create index panel_seats_by_account on panel_seats (network_id, account_id);
alter table panel_seats enable row level security;
alter table panel_seats force row level security;
create policy of_place on panel_seats using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update, delete on panel_seats to station_app;

-- What a member of the panel scores at a line. `key` is that of the press that wrote it, so
-- that what is sent twice is written once.
create table evaluation_scores (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    account_id uuid not null,
    code text not null collate "C",
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    rubric_id uuid not null,
    answer jsonb not null,
    points bigint not null,
    reason text not null default '',
    version integer not null default 1,
    key uuid not null,
    changed_at timestamptz not null,
    constraint evaluation_scores_pkey primary key (network_id, evaluation_id, account_id, code),
    constraint evaluation_scores_seat foreign key (network_id, evaluation_id, account_id)
        references panel_seats (network_id, evaluation_id, account_id),
    constraint evaluation_scores_line foreign key (network_id, rubric_id, code)
        references rubric_lines (network_id, rubric_id, code)
);
alter table evaluation_scores enable row level security;
alter table evaluation_scores force row level security;
create policy of_place on evaluation_scores using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
    and (account_id = (select reach_evaluator())
        or round_id = any ((select reach_scores())::uuid[]) or evaluation_id = any ((select reach_scores())::uuid[]))
);
grant select, insert, update, delete on evaluation_scores to station_app;

-- What the committee settles at a line.
create table settlements (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    code text not null collate "C",
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    points bigint not null,
    words text not null
        constraint settlements_says_why check (words <> ''),
    settled_by text not null,
    settled_at timestamptz not null,
    constraint settlements_pkey primary key (network_id, evaluation_id, code),
    constraint settlements_of foreign key (network_id, evaluation_id) references evaluations (network_id, id)
);
alter table settlements enable row level security;
alter table settlements force row level security;
create policy of_place on settlements using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
    and (round_id = any ((select reach_scores())::uuid[]) or evaluation_id = any ((select reach_scores())::uuid[]))
);
grant select, insert, update, delete on settlements to station_app;

-- What an evaluation came to: first, and after appeals.
create table evaluation_results (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    edition text not null
        constraint evaluation_results_edition_known check (edition in ('first', 'final')),
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    total bigint,
    grade text not null,
    -- Among its peers; null where it is not ranked.
    rank integer,
    outcome jsonb not null,
    is_released boolean not null default false,
    computed_at timestamptz not null,
    constraint evaluation_results_pkey primary key (network_id, evaluation_id, edition),
    constraint evaluation_results_of foreign key (network_id, evaluation_id) references evaluations (network_id, id)
);
create index evaluation_results_by_station on evaluation_results (network_id, station_id);
alter table evaluation_results enable row level security;
alter table evaluation_results force row level security;
create policy of_place on evaluation_results using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
    and (is_released
        or round_id = any ((select reach_scores())::uuid[]) or evaluation_id = any ((select reach_scores())::uuid[]))
);
grant select, insert, update, delete on evaluation_results to station_app;

-- An appeal against a line, decided by somebody who did not score it.
create table appeals (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    code text not null collate "C",
    station_id uuid not null,
    division text not null collate "C",
    words text not null,
    file_id uuid,
    asked_by text not null,
    asked_at timestamptz not null,
    state text not null default 'asked'
        constraint appeals_state_known check (state in ('asked', 'upheld', 'rejected')),
    -- What the line had, and what it has if the appeal is upheld.
    before bigint not null,
    after bigint,
    answer text not null default '',
    decided_by text,
    decider uuid,
    -- Who scored it.
    scorers uuid[] not null default '{}',
    decided_at timestamptz,
    constraint appeals_pkey primary key (network_id, evaluation_id, code),
    constraint appeals_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint appeals_file foreign key (network_id, file_id) references files (network_id, id),
    constraint appeals_decided_whole check ((state = 'asked') = (decided_at is null)
        and (state = 'upheld') = (after is not null) and (state = 'asked' or answer <> '')),
    constraint appeals_by_another check (decider is null or decider <> all (scorers))
);
alter table appeals enable row level security;
alter table appeals force row level security;
create policy of_place on appeals using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on appeals to station_app;

-- Who scores a station reads the projects that cover it.
alter policy of_project on projects using (
    network_id = (select current_network())
    and case
        when (select reach_agency()) is not null then agency_id = (select reach_agency())
        when (select reach_evaluator()) is not null then
            (select reach_evaluator()) = any (evaluators) or station_ids && (select reach_stations())::uuid[]
        when (select reach_is_whole()) then
            division >= (select reach_from()) and division < (select reach_to()) or (select reach_from()) = any (townships)
        else station_ids && (select reach_stations())::uuid[]
    end
);

-- A grant that somebody holds because of their seats in a round, and only as long.
alter table grants add column round_id uuid;
alter table grants add constraint grants_round foreign key (network_id, round_id)
    references evaluation_rounds (network_id, id);
grant delete on grant_stations to station_app;
