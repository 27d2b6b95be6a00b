-- Satisfaction surveys (满意度调查) of a round: questions, slips with a token each, answers
-- that nobody can be told by.

-- app.survey: the evaluation whose slip this transaction holds (src/db/open.rs).
create function reach_survey() returns uuid
language sql stable parallel safe
return nullif(current_setting('app.survey', true), '')::uuid;

-- How much each party counts in a station's satisfaction as a whole, in percent.
alter table evaluation_rounds
    add column weight_clients smallint not null default 60,
    add column weight_purchasers smallint not null default 25,
    add column weight_executors smallint not null default 15,
    add constraint evaluation_rounds_weights_whole check (
        weight_clients >= 0 and weight_purchasers >= 0 and weight_executors >= 0
        and weight_clients + weight_purchasers + weight_executors = 100);

-- A round has one survey at most. Questions by party, as they are asked.
create table surveys (
    network_id uuid not null default current_network(),
    round_id uuid not null,
    opens_on date not null,
    closes_on date not null,
    questions jsonb not null,
    closed_at timestamptz,
    closed_by text,
    version integer not null default 1,
    created_by text not null,
    created_at timestamptz not null,
    constraint surveys_pkey primary key (network_id, round_id),
    constraint surveys_round foreign key (network_id, round_id) references evaluation_rounds (network_id, id),
    constraint surveys_days_in_order check (opens_on <= closes_on),
    constraint surveys_closed_whole check ((closed_at is null) = (closed_by is null))
);
alter table surveys enable row level security;
alter table surveys force row level security;
create policy of_network on surveys using (network_id = (select current_network()));
grant select, insert, update on surveys to station_app;

-- A slip: one answer. Of its token only a hash lies here, and nothing leads from an answer
-- back to its slip.
create table survey_slips (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    party text not null
        constraint survey_slips_party_known check (party in ('clients', 'purchasers', 'executors')),
    serial smallint not null
        constraint survey_slips_serial_sane check (serial between 1 and 500),
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    hash bytea not null,
    is_used boolean not null default false,
    constraint survey_slips_pkey primary key (network_id, evaluation_id, party, serial),
    constraint survey_slips_hash_once unique (network_id, hash),
    constraint survey_slips_survey foreign key (network_id, round_id) references surveys (network_id, round_id),
    constraint survey_slips_of foreign key (network_id, evaluation_id) references evaluations (network_id, id)
);
alter table survey_slips enable row level security;
alter table survey_slips force row level security;
create policy of_place on survey_slips using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on survey_slips to station_app;

-- An answer. Ratings from 1 to 5 in the order of the questions, null where somebody can't
-- say. It opens with the scores of its round, and can be put down by who holds a slip.
create table survey_answers (
    network_id uuid not null default current_network(),
    id uuid not null,
    evaluation_id uuid not null,
    party text not null
        constraint survey_answers_party_known check (party in ('clients', 'purchasers', 'executors')),
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    channel text not null
        constraint survey_answers_channel_known check (channel in ('slip', 'paper', 'phone', 'interview')),
    ratings smallint[] not null,
    words text not null default '',
    -- Who asked or typed it; '' for what came by slip.
    entered_by text not null default '',
    constraint survey_answers_pkey primary key (network_id, id),
    constraint survey_answers_survey foreign key (network_id, round_id) references surveys (network_id, round_id),
    constraint survey_answers_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint survey_answers_ratings_sane check (
        (1 <= all (ratings)) is not false and (5 >= all (ratings)) is not false and cardinality(ratings) between 1 and 20),
    constraint survey_answers_slip_is_nobodys check ((channel = 'slip') = (entered_by = ''))
);
create index survey_answers_of_evaluation on survey_answers (network_id, evaluation_id);
alter table survey_answers enable row level security;
alter table survey_answers force row level security;
create policy of_place on survey_answers using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
    and (round_id = any ((select reach_scores())::uuid[]) or evaluation_id = any ((select reach_scores())::uuid[])
        or evaluation_id = (select reach_survey()))
);
grant select, insert, update (division) on survey_answers to station_app;

-- What the answers about a station came to when the survey was closed. Of fewer than five
-- only how many they are.
create table survey_results (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    party text not null
        constraint survey_results_party_known check (party in ('clients', 'purchasers', 'executors')),
    round_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    answers integer not null,
    -- The sum of all ratings, and how many ratings they are.
    sum integer,
    ratings integer,
    constraint survey_results_pkey primary key (network_id, evaluation_id, party),
    constraint survey_results_survey foreign key (network_id, round_id) references surveys (network_id, round_id),
    constraint survey_results_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint survey_results_hides_few check (answers >= 5 or sum is null),
    constraint survey_results_whole check ((sum is null) = (ratings is null) and (ratings is null or ratings > 0))
);
alter table survey_results enable row level security;
alter table survey_results force row level security;
create policy of_place on survey_results using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update (division) on survey_results to station_app;
