-- Purchased-service projects (购买服务项目): plan, funds, contract, payments, spending,
-- deliverables, appraisals, filings, and the rules that money of a source follows.

-- app.evaluator: who evaluates reaches the projects assigned to them, and no others.
create function reach_evaluator() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.evaluator', true), '')::uuid;

-- app.projects: the projects that this transaction has found within its reach. What
-- belongs to a project is open to whoever found it, and to who reaches its place whole.
create function reach_projects() returns uuid[]
language sql stable parallel safe
return case when current_setting('app.projects', true) like '{%' then current_setting('app.projects', true)::uuid[] end;

-- A rule that money follows, in a place and for a time. Shares in basis points.
create table fund_rules (
    network_id uuid not null default current_network(),
    id uuid not null,
    kind text not null
        constraint fund_rules_kind_known check (kind in
            ('assistance_cap', 'staff_growth', 'co_link', 'personnel_cap', 'lottery_purpose')),
    division text not null collate "C",
    since date not null,
    until date,
    is_hard boolean not null,
    share_bp integer
        constraint fund_rules_share_sane check (share_bp between 0 and 10000),
    purposes text[] not null default '{}',
    basis text not null,
    version integer not null default 1,
    changed_by text not null,
    constraint fund_rules_pkey primary key (network_id, id),
    constraint fund_rules_division foreign key (network_id, division) references divisions (network_id, code),
    constraint fund_rules_in_order check (until is null or until >= since),
    constraint fund_rules_says_how_much check ((kind = 'lottery_purpose') = (share_bp is null)),
    constraint fund_rules_one_at_a_time exclude using gist
        (network_id with =, kind with =, division with =, daterange(since, until, '[]') with &&)
);
alter table fund_rules enable row level security;
alter table fund_rules force row level security;
create policy of_network on fund_rules using (network_id = (select current_network()));
grant select, insert, update on fund_rules to station_app;

-- What a county spent in a year on people in need (困难群众救助支出).
create table assistance_spending (
    network_id uuid not null default current_network(),
    division text not null collate "C",
    year smallint not null
        constraint assistance_spending_year_sane check (year between 2000 and 2100),
    amount bigint not null
        constraint assistance_spending_amount_sane check (amount between 0 and 99999999999999),
    document text not null default '',
    entered_by text not null,
    entered_at timestamptz not null,
    constraint assistance_spending_pkey primary key (network_id, division, year),
    constraint assistance_spending_division foreign key (network_id, division) references divisions (network_id, code)
);
alter table assistance_spending enable row level security;
alter table assistance_spending force row level security;
create policy of_place on assistance_spending using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to()) and (select reach_is_whole())
    and (select reach_agency()) is null
);
grant select, insert, update on assistance_spending to station_app;

-- A project. `division` is the purchaser's place; `townships` are those of its host and
-- of the stations it covers. Money in fen. `position` moves by steps only; what is
-- suspended knows what it was.
create table projects (
    network_id uuid not null default current_network(),
    id uuid not null,
    number text not null collate "C"
        constraint projects_number_plain check (number ~ '^[0-9A-Za-z〔〕()（）_-]{2,40}$'),
    name text not null
        constraint projects_name_length check (char_length(name) between 2 and 80),
    year smallint not null
        constraint projects_year_sane check (year between 2000 and 2100),
    division text not null collate "C",
    township text collate "C",
    townships text[] not null default '{}',
    station_ids uuid[] not null default '{}'
        constraint projects_stations_bounded check (cardinality(station_ids) <= 500),
    agency_id uuid,
    evaluators uuid[] not null default '{}',
    category text not null
        constraint projects_category_known check (category in ('social_work', 'social_service', 'assistance', 'other')),
    method text not null
        constraint projects_method_known check (method in
            ('open', 'consultation', 'negotiation', 'inquiry', 'single', 'direct', 'other')),
    plan_number text not null default '',
    lot text not null default '',
    authority text not null default '',
    content text not null default '',
    budget bigint not null
        constraint projects_budget_sane check (budget between 1 and 99999999999),
    is_fixed_price boolean not null default false,
    for_small_enterprises boolean not null default false,
    lottery_purpose text not null default '',
    source_kinds text[] not null default '{}',
    notice_on date,
    awarded_on date,
    committed_hours integer,
    contract_number text not null default '',
    party_a text not null default '',
    party_a_address text not null default '',
    party_b text not null default '',
    party_b_address text not null default '',
    signed_on date,
    starts_on date,
    ends_on date,
    place text not null default '',
    payment_terms text not null default '',
    acceptance_terms text not null default '',
    liability_terms text not null default '',
    dispute_terms text not null default '',
    contract_sum bigint not null default 0
        constraint projects_contract_sum_sane check (contract_sum between 0 and 99999999999),
    paid bigint not null default 0,
    withheld bigint not null default 0,
    spent bigint not null default 0
        constraint projects_spent_sane check (spent >= 0),
    position text not null default 'planned' collate "C",
    state text not null generated always as (split_part(position, '>', 1)) stored,
    last_seq integer,
    search text not null,
    version integer not null default 1,
    created_by text not null,
    created_at timestamptz not null,
    constraint projects_pkey primary key (network_id, id),
    constraint projects_number_once unique (network_id, number),
    constraint projects_division foreign key (network_id, division) references divisions (network_id, code),
    constraint projects_township foreign key (network_id, township) references divisions (network_id, code),
    constraint projects_agency foreign key (network_id, agency_id) references agencies (network_id, id),
    constraint projects_term_in_order check (ends_on >= starts_on),
    constraint projects_moves_by_steps check (last_seq is not null or position = 'planned'),
    -- No yuan beyond the contract.
    constraint projects_paid_within_contract check (paid >= 0 and withheld >= 0 and paid + withheld <= contract_sum)
);
create index projects_by_division on projects (network_id, division, year);
create index projects_by_agency on projects (network_id, agency_id) where agency_id is not null;
alter table projects enable row level security;
alter table projects force row level security;
create policy of_project on projects using (
    network_id = (select current_network())
    and case
        when (select reach_agency()) is not null then agency_id = (select reach_agency())
        when (select reach_evaluator()) is not null then (select reach_evaluator()) = any (evaluators)
        when (select reach_is_whole()) then
            division >= (select reach_from()) and division < (select reach_to()) or (select reach_from()) = any (townships)
        else station_ids && (select reach_stations())::uuid[]
    end
);
grant select, insert, update on projects to station_app;

-- Every step of a project, one after the other. The same list stands in
-- src/features/projects/model/life.rs.
create table project_steps (
    network_id uuid not null default current_network(),
    project_id uuid not null,
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
    constraint project_steps_pkey primary key (network_id, project_id, seq),
    constraint project_steps_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint project_steps_to_once unique (network_id, project_id, seq, to_position),
    constraint project_steps_before foreign key (network_id, project_id, seq_before, from_position)
        references project_steps (network_id, project_id, seq, to_position),
    constraint project_steps_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint project_steps_in_order check (
        case when seq = 1 then seq_before is null and from_position = 'planned'
            else seq_before is not null and seq_before = seq - 1 end),
    constraint project_steps_allowed check (act || ' ' || from_position || ' ' || to_position in (
        'accept final accepted',
        'close accepted closed',
        'contract procuring contracted',
        'fail procuring filed',
        'file planned filed',
        'final active final',
        'final midterm final',
        'go_on midterm active',
        'midterm active midterm',
        'procure filed procuring',
        'resume suspended>active active',
        'resume suspended>contracted contracted',
        'resume suspended>final final',
        'resume suspended>midterm midterm',
        'start contracted active',
        'suspend active suspended>active',
        'suspend contracted suspended>contracted',
        'suspend final suspended>final',
        'suspend midterm suspended>midterm',
        'terminate active terminated',
        'terminate contracted terminated',
        'terminate filed terminated',
        'terminate final terminated',
        'terminate midterm terminated',
        'terminate planned terminated',
        'terminate procuring terminated',
        'terminate suspended>active terminated',
        'terminate suspended>contracted terminated',
        'terminate suspended>final terminated',
        'terminate suspended>midterm terminated',
        'unfile filed planned'))
);
create index project_steps_by_division on project_steps (network_id, division);
alter table project_steps enable row level security;
alter table project_steps force row level security;
create policy of_project on project_steps using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update (division) on project_steps to station_app;

alter table projects add constraint projects_last_step foreign key (network_id, id, last_seq, position)
    references project_steps (network_id, project_id, seq, to_position);

-- A source of funds (资金来源) and what was paid out of it.
create table project_sources (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    kind text not null
        constraint project_sources_kind_known check (kind in
            ('lottery', 'fiscal', 'provincial_pilot', 'assistance', 'charity', 'linked', 'departments')),
    amount bigint not null,
    year smallint not null,
    document text not null default '',
    paid bigint not null default 0,
    constraint project_sources_pkey primary key (network_id, project_id, seq),
    constraint project_sources_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint project_sources_paid_within check (amount > 0 and paid >= 0 and paid <= amount)
);
create index project_sources_by_division on project_sources (network_id, division);
alter table project_sources enable row level security;
alter table project_sources force row level security;
create policy of_project on project_sources using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update, delete on project_sources to station_app;

-- Why a soft rule is not kept.
create table project_waivers (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    rule_id uuid not null,
    reason text not null,
    given_by text not null,
    given_at timestamptz not null,
    constraint project_waivers_pkey primary key (network_id, project_id, rule_id),
    constraint project_waivers_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint project_waivers_rule foreign key (network_id, rule_id) references fund_rules (network_id, id)
);
create index project_waivers_by_division on project_waivers (network_id, division);
alter table project_waivers enable row level security;
alter table project_waivers force row level security;
create policy of_project on project_waivers using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update on project_waivers to station_app;

-- Who bid, at what price, with what score (hundredths).
create table project_bids (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    bidder text not null,
    price bigint not null,
    score_centi integer,
    won boolean not null,
    note text not null default '',
    constraint project_bids_pkey primary key (network_id, project_id, seq),
    constraint project_bids_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint project_bids_sane check (price > 0 and score_centi between 0 and 10000)
);
create index project_bids_by_division on project_bids (network_id, division);
alter table project_bids enable row level security;
alter table project_bids force row level security;
create policy of_project on project_bids using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update, delete on project_bids to station_app;

-- A line of the contract: unit price times quantity.
create table contract_items (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    name text not null,
    spec text not null default '',
    unit text not null,
    unit_price bigint not null,
    quantity integer not null,
    subtotal bigint not null,
    remark text not null default '',
    constraint contract_items_pkey primary key (network_id, project_id, seq),
    constraint contract_items_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint contract_items_subtotal_right check (unit_price > 0 and quantity > 0 and subtotal = unit_price * quantity)
);
create index contract_items_by_division on contract_items (network_id, division);
alter table contract_items enable row level security;
alter table contract_items force row level security;
create policy of_project on contract_items using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update, delete on contract_items to station_app;

-- A line of the budget; approved adjustments move money between lines, and no line is
-- overspent.
create table budget_lines (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    category text not null
        constraint budget_lines_category_known check (category in
            ('personnel', 'service', 'growth', 'volunteers', 'publicity', 'office', 'management', 'tax', 'other')),
    name text not null,
    amount bigint not null,
    adjusted bigint not null default 0,
    spent bigint not null default 0,
    constraint budget_lines_pkey primary key (network_id, project_id, seq),
    constraint budget_lines_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint budget_lines_within check (amount >= 0 and spent >= 0 and spent <= amount + adjusted)
);
create index budget_lines_by_division on budget_lines (network_id, division);
alter table budget_lines enable row level security;
alter table budget_lines force row level security;
create policy of_project on budget_lines using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update, delete on budget_lines to station_app;

-- A wish to move money from one line to another.
create table budget_adjustments (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    from_line smallint not null,
    to_line smallint not null,
    amount bigint not null,
    share_bp integer not null,
    grade text not null
        constraint budget_adjustments_grade_known check (grade in ('small', 'medium', 'large')),
    reason text not null,
    state text not null default 'asked'
        constraint budget_adjustments_state_known check (state in ('asked', 'approved', 'refused')),
    document text not null default '',
    words text not null default '',
    asked_by text not null,
    asker uuid,
    asked_at timestamptz not null,
    decided_by text,
    decider uuid,
    decided_on date,
    constraint budget_adjustments_pkey primary key (network_id, project_id, seq),
    constraint budget_adjustments_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint budget_adjustments_from_line foreign key (network_id, project_id, from_line) references budget_lines (network_id, project_id, seq),
    constraint budget_adjustments_to_line foreign key (network_id, project_id, to_line) references budget_lines (network_id, project_id, seq),
    constraint budget_adjustments_sane check (amount > 0 and from_line <> to_line),
    constraint budget_adjustments_decided check ((state = 'asked') = (decided_on is null)),
    constraint budget_adjustments_by_another check (decider is null or decider is distinct from asker),
    constraint budget_adjustments_large_has_document check (state <> 'approved' or grade <> 'large' or document <> '')
);
create index budget_adjustments_by_division on budget_adjustments (network_id, division);
alter table budget_adjustments enable row level security;
alter table budget_adjustments force row level security;
create policy of_project on budget_adjustments using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update on budget_adjustments to station_app;

-- Money spent on a line, with its voucher. A wrong entry is reversed, never changed.
create table expenditures (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq integer not null,
    line_seq smallint not null,
    spent_on date not null,
    voucher text not null,
    what text not null,
    payee text not null default '',
    amount bigint not null,
    file_id uuid,
    entered_by text not null,
    entered_at timestamptz not null,
    reversed_on date,
    reversed_by text,
    reversed_why text not null default '',
    constraint expenditures_pkey primary key (network_id, project_id, seq),
    constraint expenditures_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint expenditures_line foreign key (network_id, project_id, line_seq) references budget_lines (network_id, project_id, seq),
    constraint expenditures_file foreign key (network_id, file_id) references files (network_id, id),
    constraint expenditures_sane check (amount > 0),
    constraint expenditures_reversed check ((reversed_on is null) = (reversed_by is null))
);
create index expenditures_by_division on expenditures (network_id, division);
alter table expenditures enable row level security;
alter table expenditures force row level security;
create policy of_project on expenditures using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update on expenditures to station_app;

-- A mid-term or final evaluation or a spot check of a project. Scores in hundredths.
create table appraisals (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    kind text not null
        constraint appraisals_kind_known check (kind in ('midterm', 'final', 'spot')),
    held_on date not null,
    score_centi integer not null,
    grade text not null
        constraint appraisals_grade_known check (grade in ('excellent', 'good', 'pass', 'fail')),
    passed boolean not null,
    findings text not null,
    draw_id uuid,
    file_id uuid,
    entered_by text not null,
    entered_at timestamptz not null,
    constraint appraisals_pkey primary key (network_id, project_id, seq),
    constraint appraisals_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint appraisals_file foreign key (network_id, file_id) references files (network_id, id),
    constraint appraisals_score_sane check (score_centi between 0 and 10000),
    constraint appraisals_grade_fits check (passed = (grade <> 'fail'))
);
create index appraisals_by_division on appraisals (network_id, division);
alter table appraisals enable row level security;
alter table appraisals force row level security;
create policy of_project on appraisals using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update (division) on appraisals to station_app;

-- What is to be mended (整改), until when, with what proof, and how it looked again.
create table rectifications (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    appraisal_seq smallint not null,
    finding text not null,
    due_on date not null,
    state text not null default 'open'
        constraint rectifications_state_known check (state in ('open', 'submitted', 'passed')),
    proof text not null default '',
    file_id uuid,
    submitted_by text,
    submitted_on date,
    words text not null default '',
    checked_by text,
    checked_on date,
    rounds smallint not null default 0,
    constraint rectifications_pkey primary key (network_id, project_id, seq),
    constraint rectifications_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint rectifications_file foreign key (network_id, file_id) references files (network_id, id),
    constraint rectifications_appraisal foreign key (network_id, project_id, appraisal_seq) references appraisals (network_id, project_id, seq)
);
create index rectifications_by_division on rectifications (network_id, division);
alter table rectifications enable row level security;
alter table rectifications force row level security;
create policy of_project on rectifications using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update on rectifications to station_app;

-- A payment of the contract. One that waits for an evaluation names the one it passed
-- before it is approved; what is settled was paid or deducted to the last fen.
create table instalments (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    name text not null,
    amount bigint not null,
    share_bp integer,
    trigger text not null
        constraint instalments_trigger_known check (trigger in ('signing', 'midterm', 'final', 'date')),
    due_on date,
    state text not null default 'planned'
        constraint instalments_state_known check (state in ('planned', 'requested', 'approved', 'paid', 'withheld')),
    appraisal_seq smallint,
    invoice text not null default '',
    file_id uuid,
    requested_on date,
    requested_by text,
    requester uuid,
    approved_on date,
    approved_by text,
    settled_on date,
    settled_by text,
    paid bigint not null default 0,
    deduction bigint not null default 0,
    deduction_why text not null default '',
    voucher text not null default '',
    constraint instalments_pkey primary key (network_id, project_id, seq),
    constraint instalments_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint instalments_file foreign key (network_id, file_id) references files (network_id, id),
    constraint instalments_appraisal foreign key (network_id, project_id, appraisal_seq) references appraisals (network_id, project_id, seq),
    constraint instalments_sane check (amount > 0 and paid >= 0 and deduction >= 0),
    constraint instalments_settled_whole check (
        case when state in ('paid', 'withheld') then paid + deduction = amount and settled_on is not null else paid = 0 end),
    constraint instalments_deduction_has_reason check (deduction = 0 or deduction_why <> ''),
    constraint instalments_withheld_whole check ((state = 'withheld') = (deduction = amount)),
    constraint instalments_gated check (trigger not in ('midterm', 'final') or state not in ('approved', 'paid') or appraisal_seq is not null)
);
create index instalments_by_division on instalments (network_id, division);
alter table instalments enable row level security;
alter table instalments force row level security;
create policy of_project on instalments using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update, delete on instalments to station_app;

-- Out of which source an instalment was paid.
create table instalment_sources (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    source_seq smallint not null,
    amount bigint not null,
    constraint instalment_sources_pkey primary key (network_id, project_id, seq, source_seq),
    constraint instalment_sources_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint instalment_sources_instalment foreign key (network_id, project_id, seq) references instalments (network_id, project_id, seq),
    constraint instalment_sources_source foreign key (network_id, project_id, source_seq) references project_sources (network_id, project_id, seq),
    constraint instalment_sources_sane check (amount > 0)
);
create index instalment_sources_by_division on instalment_sources (network_id, division);
alter table instalment_sources enable row level security;
alter table instalment_sources force row level security;
create policy of_project on instalment_sources using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update (division) on instalment_sources to station_app;

-- What was done with an instalment, by whom, and why.
create table instalment_steps (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    id uuid not null,
    seq smallint not null,
    act text not null
        constraint instalment_steps_act_known check (act in ('request', 'return', 'approve', 'pay', 'withhold')),
    words text not null default '',
    actor text not null,
    at timestamptz not null,
    constraint instalment_steps_pkey primary key (network_id, project_id, id),
    constraint instalment_steps_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint instalment_steps_instalment foreign key (network_id, project_id, seq) references instalments (network_id, project_id, seq)
);
create index instalment_steps_by_division on instalment_steps (network_id, division);
alter table instalment_steps enable row level security;
alter table instalment_steps force row level security;
create policy of_project on instalment_steps using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update (division) on instalment_steps to station_app;

-- What the contract counts (服务指标), and how.
create table deliverables (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    name text not null,
    unit text not null,
    planned bigint not null,
    slot smallint,
    rule text not null default '',
    least_sessions smallint,
    least_people smallint,
    stage text not null
        constraint deliverables_stage_known check (stage in ('midterm', 'final')),
    constraint deliverables_pkey primary key (network_id, project_id, seq),
    constraint deliverables_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint deliverables_sane check (planned > 0)
);
create index deliverables_by_division on deliverables (network_id, division);
alter table deliverables enable row level security;
alter table deliverables force row level security;
create policy of_project on deliverables using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update, delete on deliverables to station_app;

-- What was done in a month, and how much of it counts by the contract.
create table deliverable_months (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    month date not null
        constraint deliverable_months_month check (extract(day from month) = 1),
    done bigint not null,
    counted bigint not null,
    source text not null
        constraint deliverable_months_source_known check (source in ('typed', 'reports')),
    words text not null default '',
    noted_by text not null,
    noted_at timestamptz not null,
    constraint deliverable_months_pkey primary key (network_id, project_id, seq, month),
    constraint deliverable_months_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint deliverable_months_deliverable foreign key (network_id, project_id, seq) references deliverables (network_id, project_id, seq),
    constraint deliverable_months_counts_what_was_done check (counted >= 0 and counted <= done)
);
create index deliverable_months_by_division on deliverable_months (network_id, division);
alter table deliverable_months enable row level security;
alter table deliverable_months force row level security;
create policy of_project on deliverable_months using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update on deliverable_months to station_app;

-- Who works on a project, from a day to a last day (变更记录).
create table project_team (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    seq smallint not null,
    name text not null,
    role text not null
        constraint project_team_role_known check (role in ('lead', 'worker', 'supervisor', 'finance', 'assistant')),
    is_full_time boolean not null,
    certificate text not null default '',
    since date not null,
    until date,
    why text not null default '',
    entered_by text not null,
    constraint project_team_pkey primary key (network_id, project_id, seq),
    constraint project_team_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint project_team_in_order check (until is null or until >= since)
);
create index project_team_by_division on project_team (network_id, division);
alter table project_team enable row level security;
alter table project_team force row level security;
create policy of_project on project_team using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update on project_team to station_app;

-- A document of a project, at the stage it belongs to.
create table project_documents (
    network_id uuid not null default current_network(),
    project_id uuid not null,
    division text not null collate "C",
    file_id uuid not null,
    kind text not null
        constraint project_documents_kind_known check (kind in
            ('survey', 'design', 'review', 'notice', 'award', 'contract', 'supplement', 'midterm', 'final', 'acceptance', 'audit', 'other')),
    name text not null,
    note text not null default '',
    entered_by text not null,
    entered_at timestamptz not null,
    constraint project_documents_pkey primary key (network_id, project_id, file_id),
    constraint project_documents_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint project_documents_file foreign key (network_id, file_id) references files (network_id, id)
);
create index project_documents_by_division on project_documents (network_id, division);
alter table project_documents enable row level security;
alter table project_documents force row level security;
create policy of_project on project_documents using (
    network_id = (select current_network())
    and (project_id = any ((select reach_projects())::uuid[])
        or (select reach_is_whole()) and (select reach_agency()) is null and (select reach_evaluator()) is null
            and division >= (select reach_from()) and division < (select reach_to()))
);
grant select, insert, update (division), delete on project_documents to station_app;

-- What a county files with the authority above (备案): the year's plan, a signed agreement.
create table filings (
    network_id uuid not null default current_network(),
    id uuid not null,
    division text not null collate "C",
    kind text not null
        constraint filings_kind_known check (kind in ('plan', 'agreement')),
    year smallint not null,
    project_id uuid,
    state text not null
        constraint filings_state_known check (state in ('submitted', 'acknowledged', 'returned')),
    document text not null default '',
    words text not null default '',
    -- What was filed, as it was then.
    content jsonb not null,
    submitted_by text not null,
    submitted_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    reason text not null default '',
    rounds smallint not null default 1,
    constraint filings_pkey primary key (network_id, id),
    constraint filings_division foreign key (network_id, division) references divisions (network_id, code),
    constraint filings_project foreign key (network_id, project_id) references projects (network_id, id),
    constraint filings_of_a_project check ((kind = 'agreement') = (project_id is not null)),
    constraint filings_decided check ((state = 'submitted') = (decided_at is null)),
    constraint filings_returned_with_reason check (state <> 'returned' or reason <> '')
);
create unique index filings_plan_once on filings (network_id, division, year) where kind = 'plan';
create unique index filings_agreement_once on filings (network_id, project_id) where kind = 'agreement';
alter table filings enable row level security;
alter table filings force row level security;
create policy of_place on filings using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to()) and (select reach_is_whole())
    and (select reach_agency()) is null
);
grant select, insert, update on filings to station_app;

-- A draw of projects for spot checks: anybody can draw again from the seed.
create table project_draws (
    network_id uuid not null default current_network(),
    id uuid not null,
    division text not null collate "C",
    year smallint not null,
    seed text not null,
    share_bp integer not null
        constraint project_draws_share_sane check (share_bp between 1 and 10000),
    candidates uuid[] not null,
    picked uuid[] not null,
    drawn_by text not null,
    drawn_at timestamptz not null,
    constraint project_draws_pkey primary key (network_id, id),
    constraint project_draws_division foreign key (network_id, division) references divisions (network_id, code)
);
create index project_draws_by_division on project_draws (network_id, division, year);
alter table project_draws enable row level security;
alter table project_draws force row level security;
create policy of_place on project_draws using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to()) and (select reach_is_whole())
    and (select reach_agency()) is null
);
grant select, insert, update (division) on project_draws to station_app;
