-- A file that somebody uploaded. Its bytes lie in the file store, sealed, under its id.
-- Of the network, not of a place: nobody lists files; each is reached through the row
-- that names it (a certificate, an entry of education), under that row's policy.
create table files (
    network_id uuid not null default current_network(),
    id uuid not null,
    name text not null
        constraint files_name_length check (char_length(name) between 1 and 120),
    mime text not null
        constraint files_mime_known check (mime in ('image/jpeg', 'image/png', 'application/pdf')),
    bytes bigint not null
        constraint files_bytes_positive check (bytes > 0),
    sha256 bytea not null,
    account_id uuid,
    at timestamptz not null,
    -- Nobody names it any more; its bytes are taken away by a job.
    removed_at timestamptz,
    constraint files_pkey primary key (network_id, id),
    constraint files_account foreign key (network_id, account_id) references accounts (network_id, id)
);
create index files_kept on files (network_id) include (bytes) where removed_at is null;
alter table files enable row level security;
alter table files force row level security;
create policy of_network on files using (network_id = (select current_network()));
grant select, insert, update on files to station_app;

-- How much a network's files may take up.
alter table settings add column file_quota_mb integer not null default 5120
    constraint settings_quota_sane check (file_quota_mb between 100 and 10000000);

-- Work to be done outside a request: taken by one worker at a time, tried again later
-- when it fails, and, after `attempts` runs out, waiting for somebody to look at it.
create table jobs (
    network_id uuid not null default current_network(),
    id uuid not null,
    kind text not null,
    -- What it is about, in words.
    about text not null,
    payload jsonb not null,
    -- Two jobs of a kind with the same key are one job.
    once_key text,
    run_at timestamptz not null,
    attempts integer not null default 0,
    leased_until timestamptz,
    last_error text not null default '',
    done_at timestamptz,
    dropped_at timestamptz,
    created_at timestamptz not null,
    constraint jobs_pkey primary key (network_id, id),
    constraint jobs_once unique (network_id, kind, once_key),
    constraint jobs_ended_one_way check (done_at is null or dropped_at is null)
);
create index jobs_open on jobs (network_id, run_at) where done_at is null and dropped_at is null;
create index jobs_by_age on jobs (network_id, created_at);
alter table jobs enable row level security;
alter table jobs force row level security;
create policy of_network on jobs using (network_id = (select current_network()));
grant select, insert, update, delete on jobs to station_app;
