-- A country's network: a general station in every county, a station in every
-- township, rooms in one village of ten; and people to look at it. Run as the
-- superuser on a database that has the divisions; :network is the network's id.
\set ON_ERROR_STOP on
begin;
create temporary table made on commit drop as
select gen_random_uuid() as id, d.code as division, d.level,
       case d.level when 'county' then 'general' when 'township' then 'township' else 'village' end as station_level,
       d.name, date '2021-01-01' + (abs(hashtext(d.code)) % 1800) as opened_on
from divisions d
where d.network_id = :'network'
  and (d.level in ('county', 'township') or d.level = 'village' and abs(hashtext(d.code)) % 10 = 0);
insert into stations (network_id, id, code, name, level, division, state, opened_on, state_since, build_route, search, readiness, area_m2, created_at)
select :'network', id, division || '-01', left(name, 50) || '社工站', station_level, division, 'operating', opened_on, opened_on,
       (array['unstated', 'provincial_award', 'county_built', 'existing_venue'])[1 + abs(hashtext(division)) % 4],
       lower(division || ' ' || name), abs(hashtext(division)) % 4, 60 + abs(hashtext(division)) % 300, '2026-01-01'
from made;
insert into station_periods (network_id, station_id, since, division_then, level, name, state, division)
select :'network', id, opened_on, division, station_level, left(name, 50) || '社工站', 'operating', division from made;
insert into build_tasks (network_id, year, division, level, planned)
select :'network', year, d.code, plan.level, planned
from divisions d
cross join generate_series(2021, 2025) as year
cross join (values ('township', 3), ('village', 8)) as plan (level, planned)
where d.network_id = :'network' and d.level = 'county';
insert into figure_marks (network_id, id, division)
select :'network', gen_random_uuid(), code from divisions where network_id = :'network' and level <> 'village';

insert into accounts (network_id, id, user_name, display_name, password_hash, password_is_code, created_at)
values (:'network', '01900000-0000-7000-8000-000000000001', 'bench', '压测', '-', false, '2026-01-01');
insert into grants (network_id, id, account_id, role, division, since, granted_by, granted_at)
select :'network', ('01900000-0000-7000-8000-00000000010' || at)::uuid, '01900000-0000-7000-8000-000000000001', 'leader', division,
       '2020-01-01', 'bench', '2026-01-01'
from (values (0, ''), (1, '51'), (2, '5104'), (3, '510411'), (4, '510411100')) as reach (at, division);
insert into sessions (network_id, id, token_hash, account_id, grant_id, began_at, seen_at, address, browser)
select :'network', ('01900000-0000-7000-8000-00000000020' || at)::uuid, sha256(('bench' || at)::bytea),
       '01900000-0000-7000-8000-000000000001', ('01900000-0000-7000-8000-00000000010' || at)::uuid,
       transaction_timestamp(), transaction_timestamp() + interval '10 minutes', '', ''
from generate_series(0, 4) as at;
commit;
analyze;
select count(*) as stations from stations where network_id = :'network';
