-- A month of reports of every station of the country's network, approved, to be added up;
-- and reports of one county that wait to be submitted. Run as the superuser; :network is
-- the network's id.
\set ON_ERROR_STOP on
analyze reports;
begin;
create temporary table due on commit drop as
select station_id, division, level, (date_trunc('month', transaction_timestamp() at time zone 'Asia/Shanghai') - interval '1 month')::date as month,
       array[12]::bigint[] || array_fill(0::bigint, array[40]) || array[7]::bigint[] || array_fill(0::bigint, array[20]) as vals,
       array_fill(null::bigint, array[321]) || array[12, 8, 5]::bigint[] as parts
from station_periods where network_id = :'network' and state = 'operating' and until is null;
insert into report_months (network_id, month, due_on, frozen_at)
select distinct :'network'::uuid, month, month + 37, transaction_timestamp() from due on conflict do nothing;
-- The server may have frozen the month already.
delete from reports where network_id = :'network' and last_seq is null;
with entered as (
    insert into reports (network_id, station_id, month, division, division_then, level, route, expected, position, last_seq,
        vals, parts, filled, asked, submitted_at, submitted_seq, on_time, receipt, edition, approved_at, approved_seq,
        approved_vals, approved_na, approved_parts, approved_texts, saved_at, saved_by)
    select :'network', station_id, month, division, division, level, 'general', true, 'approved', 2, vals, parts, 62, 62,
           transaction_timestamp(), 1, true, 'B' || station_id, 1, transaction_timestamp(), 1, vals, '{}', parts, '{}',
           transaction_timestamp(), ''
    from due
)
insert into report_steps (network_id, station_id, month, seq, division, route, act, from_position, to_position, seq_before, actor, at)
select :'network', station_id, month, seq, division, 'general', act, was, becomes, nullif(seq - 1, 0), '压测', transaction_timestamp()
from due cross join (values (1, 'submit', 'draft', 'county'), (2, 'pass', 'county', 'approved')) as step (seq, act, was, becomes);
insert into report_marks (network_id, id, month, division)
select :'network', gen_random_uuid(), month, left(division, 9) from due group by month, left(division, 9);

-- Two years of a county's township stations, filled in and not submitted.
insert into reports (network_id, station_id, month, division, division_then, level, route, vals, notes, filled, asked, saved_at, saved_by)
select :'network', s.id, (date_trunc('month', transaction_timestamp()) - make_interval(months => 2 + ago))::date, s.division, s.division,
       'township', 'station', due.vals, '{"14": "压测", "15": "压测", "16": "压测"}', 62, 62, transaction_timestamp(), ''
from stations s
join due on due.station_id = s.id
cross join generate_series(0, 39) as ago
where s.network_id = :'network' and s.level = 'township' and s.division >= '510411' and s.division < '510411~';
update station_periods set since = '2018-01-01'
where network_id = :'network' and level = 'township' and division >= '510411' and division < '510411~';
insert into accounts (network_id, id, user_name, display_name, password_hash, password_is_code, created_at)
values (:'network', '01900000-0000-7000-8000-000000000011', 'benchhead', '压测', '-', false, '2026-01-01'),
       (:'network', '01900000-0000-7000-8000-000000000012', 'benchcounty', '压测', '-', false, '2026-01-01');
insert into grants (network_id, id, account_id, role, division, since, granted_by, granted_at)
values (:'network', '01900000-0000-7000-8000-000000000111', '01900000-0000-7000-8000-000000000011', 'station_head', '510411', '2020-01-01', 'bench', '2026-01-01'),
       (:'network', '01900000-0000-7000-8000-000000000112', '01900000-0000-7000-8000-000000000012', 'county_officer', '510411', '2020-01-01', 'bench', '2026-01-01');
insert into grant_stations (network_id, grant_id, station_id)
select :'network', '01900000-0000-7000-8000-000000000111', id from stations
where network_id = :'network' and level = 'township' and division >= '510411' and division < '510411~';
insert into sessions (network_id, id, token_hash, account_id, grant_id, began_at, seen_at, address, browser)
select :'network', ('01900000-0000-7000-8000-0000000002' || at)::uuid, sha256(('bench' || at)::bytea),
       ('01900000-0000-7000-8000-0000000000' || at)::uuid, ('01900000-0000-7000-8000-0000000001' || at)::uuid,
       transaction_timestamp(), transaction_timestamp() + interval '10 minutes', '', ''
from generate_series(11, 12) as at;
create sequence bench_turn;
create table bench_reports as
select row_number() over (order by month, station_id) as n, station_id, month, version from reports
where network_id = :'network' and position = 'draft';
alter table bench_reports add primary key (n);
grant usage on sequence bench_turn to station_app;
grant select on bench_reports to station_app;
commit;
analyze;
select count(*) as waiting from bench_reports;
