-- Ten thousand people at the stations of one city, with posts, certificates and validity,
-- and an officer who keeps them. Run as superuser; :network is the network's id.
\set ON_ERROR_STOP on
begin;
create temporary table made on commit drop as
select gen_random_uuid() as id, gen_random_uuid() as certificate, at, station.id as station_id, station.division,
       s.name || g.name as name, s.sound || g.sound || ' ' || left(s.sound, 1) || g.short as sounds
from generate_series(0, 9999) as at
join (
    select id, division, row_number() over (order by division, id) - 1 as place, count(*) over () as places
    from stations where network_id = :'network' and division like '5104%'
) as station on station.place = at % station.places
join (
    select *, row_number() over () - 1 as place
    from (values ('赵', 'zhao'), ('钱', 'qian'), ('孙', 'sun'), ('李', 'li'), ('周', 'zhou'), ('吴', 'wu'), ('郑', 'zheng'),
        ('王', 'wang'), ('冯', 'feng'), ('陈', 'chen'), ('杨', 'yang')) as of (name, sound)
) as s on s.place = at % 11
join (
    select *, row_number() over () - 1 as place
    from (values ('明川', 'mingchuan', 'mc'), ('晓禾', 'xiaohe', 'xh'), ('若溪', 'ruoxi', 'rx'), ('志恒', 'zhiheng', 'zh'),
        ('云舒', 'yunshu', 'ys'), ('南星', 'nanxing', 'nx'), ('怀瑾', 'huaijin', 'hj')) as of (name, sound, short)
) as g on g.place = at % 7;
insert into persons (network_id, id, division, station_id, name, search, sex, born_on, education, political_status,
    employer, created_at)
select :'network', id, division, station_id, name, name || ' ' || sounds, 'female', date '1970-01-01' + at, 'bachelor',
       'none', '示例单位', '2026-01-01'
from made;
insert into posts (network_id, id, person_id, station_id, division, person_name, role, is_full_time, is_main, kind,
    route, rank, since, until, created_at)
select :'network', gen_random_uuid(), id, station_id, division, name, 'social_worker', true, true, 'service', 'unified',
       'none', date '2021-01-01' + at % 1500, case when at % 10 = 9 then date '2025-12-31' end, '2026-01-01'
from made;
insert into certificates (network_id, id, person_id, level, issued_on, created_at)
select :'network', certificate, id, (array['assistant', 'intermediate', 'assistant', 'senior'])[1 + at % 4],
       date '2020-06-01', '2026-01-01'
from made where at % 5 < 3;
insert into registrations (network_id, id, certificate_id, person_id, kind, state, seq, valid_from, valid_to, created_at)
select :'network', gen_random_uuid(), certificate, id, 'first', 'issued', 1, date '2024-01-01' + at % 900,
       (date '2024-01-01' + at % 900 + interval '3 years')::date, '2026-01-01'
from made where at % 5 < 3;
insert into grants (network_id, id, account_id, role, division, since, granted_by, granted_at)
values (:'network', '01900000-0000-7000-8000-000000000105', '01900000-0000-7000-8000-000000000001', 'county_officer',
    '5104', '2020-01-01', 'bench', '2026-01-01');
insert into sessions (network_id, id, token_hash, account_id, grant_id, began_at, seen_at, address, browser)
values (:'network', '01900000-0000-7000-8000-000000000205', sha256('bench5'::bytea),
    '01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000105', transaction_timestamp(),
    transaction_timestamp() + interval '10 minutes', '', '');
commit;
vacuum analyze;
