-- One account is never two of the three administrators on the same day (三员分立), whoever
-- grants, and however many at once.
alter table grants add constraint grants_one_administrator
    exclude using gist (network_id with =, account_id with =, role with <>, daterange(since, until, '[]') with &&)
    where (role in ('system_admin', 'security_admin', 'audit_admin') and ended_at is null);
