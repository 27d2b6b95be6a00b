-- What is made of results (结果运用): final grades and what they hold back, rectification
-- orders, plaques.

-- Whether projects of stations with the lowest grade of a round wait for the rectification.
alter table evaluation_rounds
    add column holds_payment boolean not null default true,
    add column holds_renewal boolean not null default true;

-- A station's final grade in a round, for who must know without reading the round: payments
-- and contracts of projects. Grades are public in their network once they are released.
create table station_grades (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    station_id uuid not null,
    station_name text not null,
    round_name text not null,
    year smallint not null,
    grade text not null,
    total bigint,
    -- The lowest grade of the round.
    is_failed boolean not null,
    holds_payment boolean not null,
    holds_renewal boolean not null,
    -- Rectification orders that came of it, and how many of them are not closed.
    orders smallint not null default 0,
    open_orders smallint not null default 0,
    finalized_at timestamptz not null,
    constraint station_grades_pkey primary key (network_id, evaluation_id),
    constraint station_grades_of foreign key (network_id, evaluation_id) references evaluations (network_id, id),
    constraint station_grades_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint station_grades_orders_sane check (open_orders between 0 and orders),
    constraint station_grades_holds_failed check (is_failed or not (holds_payment or holds_renewal))
);
create index station_grades_by_station on station_grades (network_id, station_id, year);
alter table station_grades enable row level security;
alter table station_grades force row level security;
create policy of_network on station_grades using (network_id = (select current_network()));
grant select, insert, update on station_grades to station_app;

-- A rectification order (整改) to a station, from a line of an evaluation.
create table rectification_orders (
    network_id uuid not null default current_network(),
    id uuid not null,
    evaluation_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    code text not null collate "C",
    line text not null,
    -- What was found, and what is asked for.
    finding text not null,
    demand text not null,
    due_on date not null,
    position text not null default 'new' collate "C",
    last_seq integer,
    version integer not null default 1,
    issued_by text not null,
    issued_on date not null,
    closed_on date,
    constraint rectification_orders_pkey primary key (network_id, id),
    constraint rectification_orders_grade foreign key (network_id, evaluation_id) references station_grades (network_id, evaluation_id),
    constraint rectification_orders_station foreign key (network_id, station_id) references stations (network_id, id),
    constraint rectification_orders_line_once unique (network_id, evaluation_id, code),
    constraint rectification_orders_moves_by_steps check (last_seq is not null or position = 'new'),
    constraint rectification_orders_closed_whole check ((position in ('closed', 'withdrawn')) = (closed_on is not null))
);
create index rectification_orders_by_division on rectification_orders (network_id, division, due_on);
create index rectification_orders_by_station on rectification_orders (network_id, station_id);
alter table rectification_orders enable row level security;
alter table rectification_orders force row level security;
create policy of_place on rectification_orders using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update on rectification_orders to station_app;

-- Every step of an order, one after the other. The same list stands in
-- src/features/consequences/model.rs.
create table rectification_order_steps (
    network_id uuid not null default current_network(),
    order_id uuid not null,
    station_id uuid not null,
    division text not null collate "C",
    seq integer not null,
    act text not null,
    from_position text not null collate "C",
    to_position text not null collate "C",
    seq_before integer,
    words text not null default '',
    due_on date,
    file_id uuid,
    actor text not null,
    at timestamptz not null,
    constraint rectification_order_steps_pkey primary key (network_id, order_id, seq),
    constraint rectification_order_steps_of foreign key (network_id, order_id) references rectification_orders (network_id, id),
    constraint rectification_order_steps_file foreign key (network_id, file_id) references files (network_id, id),
    constraint rectification_order_steps_to_once unique (network_id, order_id, seq, to_position),
    constraint rectification_order_steps_before foreign key (network_id, order_id, seq_before, from_position)
        references rectification_order_steps (network_id, order_id, seq, to_position),
    constraint rectification_order_steps_in_order check (
        case when seq = 1 then seq_before is null and from_position = 'new'
            else seq_before is not null and seq_before = seq - 1 end),
    constraint rectification_order_steps_allowed check (act || ' ' || from_position || ' ' || to_position in (
        'close reported closed',
        'extend ordered ordered',
        'extend planned planned',
        'order new ordered',
        'plan ordered planned',
        'plan planned planned',
        'report planned reported',
        'return reported planned',
        'withdraw ordered withdrawn',
        'withdraw planned withdrawn',
        'withdraw reported withdrawn'))
);
alter table rectification_order_steps enable row level security;
alter table rectification_order_steps force row level security;
create policy of_place on rectification_order_steps using (
    network_id = (select current_network())
    and division >= (select reach_from()) and division < (select reach_to())
    and ((select reach_is_whole()) or station_id = any ((select reach_stations())::uuid[]))
);
grant select, insert, update (division) on rectification_order_steps to station_app;

alter table rectification_orders add constraint rectification_orders_last_step foreign key (network_id, id, last_seq, position)
    references rectification_order_steps (network_id, order_id, seq, to_position);

-- A plaque (牌匾) that a station was given for a grade.
create table plaques (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    round_id uuid not null,
    station_id uuid not null,
    number text not null,
    grade text not null,
    awarded_on date not null,
    valid_until date,
    awarded_by text not null,
    revoked_on date,
    revoked_why text not null default '',
    constraint plaques_pkey primary key (network_id, evaluation_id),
    constraint plaques_of foreign key (network_id, evaluation_id) references station_grades (network_id, evaluation_id),
    constraint plaques_round foreign key (network_id, round_id) references evaluation_rounds (network_id, id),
    constraint plaques_number_once unique (network_id, round_id, number),
    constraint plaques_days_in_order check (valid_until > awarded_on),
    constraint plaques_revoked_whole check ((revoked_on is null) = (revoked_why = ''))
);
alter table plaques enable row level security;
alter table plaques force row level security;
create policy of_network on plaques using (network_id = (select current_network()));
grant select, insert, update on plaques to station_app;

-- A result letter (结果通知书) to a station. Who holds it may have its code checked without
-- signing in; of the code only a hash lies here.
create table result_letters (
    network_id uuid not null default current_network(),
    evaluation_id uuid not null,
    round_id uuid not null,
    station_id uuid not null,
    number text not null
        constraint result_letters_number_length check (char_length(number) between 2 and 60),
    hash bytea not null,
    issued_on date not null,
    issued_by text not null,
    constraint result_letters_pkey primary key (network_id, evaluation_id),
    constraint result_letters_of foreign key (network_id, evaluation_id) references station_grades (network_id, evaluation_id),
    constraint result_letters_round foreign key (network_id, round_id) references evaluation_rounds (network_id, id),
    constraint result_letters_number_once unique (network_id, number),
    constraint result_letters_hash_once unique (network_id, hash)
);
alter table result_letters enable row level security;
alter table result_letters force row level security;
create policy of_network on result_letters using (network_id = (select current_network()));
grant select, insert on result_letters to station_app;
